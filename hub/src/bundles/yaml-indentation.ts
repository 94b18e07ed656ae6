/** A text with more indentation, line for line the same. */
export interface Indented {
  text: string;
  /** Spaces put in front of each line, by its place from 0. */
  added: number[];
}

/**
 * PyYAML lets quoted text and flow collections (`[…]`, `{…}`) go on at any column; the grammar, and the library, want them further in than what
 * they belong to. White space at the start of such lines means nothing, so it may be put there.
 * @returns null when there is nothing to put right
 */
export function indentContinuations(text: string): Indented | null {
  const scanner = new Scanner();
  const added: number[] = [];
  const lines = text.split('\n').map((line) => {
    const missing = line.trim() === '' ? 0 : Math.max(0, scanner.indentation - indentationOf(line));
    added.push(missing);
    scanner.read(line);
    return ' '.repeat(missing) + line;
  });
  return added.some((count) => count > 0) ? { text: lines.join('\n'), added } : null;
}

const BLOCK_SCALAR = /^[|>][-+0-9]*\s*(?:\s#.*)?$/;

/** What stands before a character: where values may begin, after which white space lets one begin, or within one. */
type Before = 'beginning' | 'indicator' | 'property' | 'value';

/** Knows, line after line, what is open: a quote, brackets, or a block of literal text. Takes time in proportion to the text. */
class Scanner {
  /** What the next line must at least have; 0 outside of anything. */
  indentation = 0;
  #before: Before = 'beginning';
  #quote: '"' | "'" | null = null;
  #depth = 0;
  /** A block scalar, with the indentation of its own lines; null until the first of them is seen. */
  #block: { parent: number; own: number | null } | null = null;

  read(line: string): void {
    if (this.#isInBlock(line)) return;
    if (this.#depth === 0) this.#before = 'beginning';
    for (let at = 0; at < line.length; at++) {
      at = this.#quote === null ? this.#plain(line, at) : this.#quoted(line, at);
    }
  }

  #isInBlock(line: string): boolean {
    if (this.#block === null) return false;
    if (line.trim() === '') return true;
    const indentation = indentationOf(line);
    this.#block.own ??= indentation > this.#block.parent ? indentation : Number.POSITIVE_INFINITY;
    if (indentation >= this.#block.own) return true;
    this.#block = null;
    return false;
  }

  /** @returns the place of the last character that is dealt with */
  #plain(line: string, at: number): number {
    const character = line[at]!;
    if (character === '#' && (at === 0 || /\s/.test(line[at - 1]!))) return line.length;
    if (this.#before === 'beginning' && this.#opens(line, at)) return at;
    if (this.#block !== null) return line.length;
    if (this.#depth > 0 && (character === ']' || character === '}')) this.#close();
    else this.#before = this.#after(character);
    return at;
  }

  #opens(line: string, at: number): boolean {
    const character = line[at]!;
    if (character === '"' || character === "'") this.#quote = character;
    else if (character === '[' || character === '{') this.#depth++;
    else {
      const isBlock = this.#depth === 0 && (character === '|' || character === '>');
      if (isBlock && BLOCK_SCALAR.test(line.slice(at)))
        this.#block = { parent: indentationOf(line), own: null };
      return false;
    }
    if (this.indentation === 0) this.indentation = at;
    return true;
  }

  #after(character: string): Before {
    const isFlow = this.#depth > 0;
    if (/\s/.test(character)) return this.#before === 'value' ? 'value' : 'beginning';
    if (this.#before === 'property') return 'property';
    if (isFlow && (character === ',' || character === ':')) return 'beginning';
    if (character === ':') return 'indicator';
    if (this.#before !== 'beginning') return 'value';
    if (character === '-' || character === '?') return 'indicator';
    return character === '&' || character === '!' ? 'property' : 'value';
  }

  #quoted(line: string, at: number): number {
    if (this.#quote === '"' && line[at] === '\\') return at + 1;
    if (line[at] !== this.#quote) return at;
    if (this.#quote === "'" && line[at + 1] === "'") return at + 1;
    this.#quote = null;
    this.#end();
    return at;
  }

  #close(): void {
    this.#depth--;
    this.#end();
  }

  #end(): void {
    this.#before = 'value';
    if (this.#depth === 0) this.indentation = 0;
  }
}

function indentationOf(line: string): number {
  return line.length - line.trimStart().length;
}
