import { join } from 'node:path';
import { readBounded } from '../contract/read-bounded.ts';
import { scoresInJson } from './written-scores.ts';

const MOST_BYTES = 64 * 1024;
const DIGITS = /^\s*(\d{1,15})\s*$/;

/** From how many cases a score is; null when nobody says. */
export interface CaseCounts {
  of(key: string): number | null;
}

/** The count that the site registered with a dataset speaks for programs that do not count. */
export const REGISTERED_COUNT = 'cases';

/**
 * How many cases are behind each score: `cases.json` beside the scores, `{"<column key>": n}` or one number for all, as the scoring program
 * counted them; without that file what was registered with the dataset. A file that is there and cannot be read counts nothing.
 * It stays at the site.
 */
export async function readCases(output: string, registered: number | null): Promise<CaseCounts> {
  const file = await readBounded(join(output, 'cases.json'), MOST_BYTES);
  if (file.kind === 'absent') return { of: () => registered };
  return file.kind === 'content' ? casesIn(file.bytes.toString('utf8')) : { of: () => null };
}

export function casesIn(text: string): CaseCounts {
  const one = DIGITS.exec(text)?.[1];
  if (one !== undefined) return { of: () => Number(one) };
  const read = scoresInJson(text);
  const counts = new Map(read.kind === 'scores' ? read.scores.map(({ key, value }) => [key, value]) : []);
  return {
    of: (key) => {
      const count = counts.get(key) ?? null;
      return Number.isSafeInteger(count) ? count : null;
    },
  };
}
