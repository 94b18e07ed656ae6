import { join } from 'node:path';
import { readBounded } from '../contract/read-bounded.ts';
import { parseJson, parseText } from '../contract/scores.ts';

const SCORES_BYTES = 1 << 20;

/**
 * The keys in the file of scores that the competition did not announce. Reading scores passes over them; the gate has to know of them, since
 * a program that writes what nobody asked for may be writing data.
 */
export async function undeclaredKeys(output: string, declared: readonly string[]): Promise<string[]> {
  const known = new Set(declared);
  return Object.keys(await readScoreFile(output)).filter((key) => !known.has(key));
}

async function readScoreFile(output: string): Promise<object> {
  for (const [name, parse] of [
    ['scores.json', parseJson],
    ['scores.txt', parseText],
  ] as const) {
    const file = await readBounded(join(output, name), SCORES_BYTES);
    if (file.kind !== 'content') continue;
    const document = parse(file.bytes.toString('utf8').replace(/^\uFEFF/, ''));
    return typeof document === 'object' && document !== null ? document : {};
  }
  return {};
}
