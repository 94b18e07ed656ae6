import { UsageError } from './errors.ts';

/** @throws UsageError */
export function idOf(word: string | undefined, usage: string): number {
  if (word === undefined || !/^[1-9]\d{0,8}$/.test(word)) throw new UsageError(usage);
  return Number(word);
}
