import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { UsageError } from './errors.ts';

/** One line that is written over, where people look on; nothing in a script's log. */
export function showProgress(what: string): (done: number, total: number) => void {
  if (!process.stderr.isTTY) return () => {};
  return (done, total) => {
    const share = total === 0 ? 100 : Math.floor((done / total) * 100);
    process.stderr.write(`\r${what} ${share} %${done === total ? '\n' : ''}`);
  };
}

/** What happens, for people: beside the output, which scripts read. */
export function tell(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

export function print(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}

/** Columns as wide as they need to be; numbers of people's own width are left to their terminal. */
export function toTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** @throws UsageError where the input ends without an answer, as in a job that nobody attends to */
export async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<never>((_, fail) => {
    lines.once('close', () => fail(new UsageError(`nobody answered "${question.trim()}"`)));
  });
  try {
    return await Promise.race([lines.question(question), ended]);
  } finally {
    lines.close();
  }
}

/** From the terminal, unseen; or, piped in, all of the input without the end of its line. */
export async function askSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '');
  process.stderr.write(question);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
