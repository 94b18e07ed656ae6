/** A quotation that is not closed, or a backslash with nothing behind it. */
export class CommandSyntaxError extends Error {
  override readonly name = 'CommandSyntaxError';
  readonly code = 'command_syntax';
}

const WHITESPACE = ' \t\r\n';

/**
 * Splits a command as the worker's `shlex.split` does: by POSIX quoting alone. No variables, no globs, no operators, no comments, since no shell
 * runs it. Libraries for shells give meaning to more than that.
 */
export function commandWords(command: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let at = 0; at < command.length; at += 1) {
    const character = command.charAt(at);
    if (quote !== null) {
      if (character === quote) quote = null;
      else if (quote === '"' && character === '\\') {
        const next = command.charAt(++at);
        if (next === '') throw new CommandSyntaxError('a command ends within a quotation');
        // Within double quotes a backslash protects only these two; before anything else it stays.
        word += next === '"' || next === '\\' ? next : `\\${next}`;
      } else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (character === '\\') {
      const next = command.charAt(++at);
      if (next === '') throw new CommandSyntaxError('a command ends with a backslash');
      word = (word ?? '') + next;
    } else if (WHITESPACE.includes(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + character;
  }
  if (quote !== null) throw new CommandSyntaxError('a command ends within a quotation');
  return word === null ? words : [...words, word];
}
