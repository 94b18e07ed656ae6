import type { ByteRange } from '../storage/blob-store.ts';

/** One range of bytes, as nodes ask for it to resume: `bytes=N-` or `bytes=N-M`. Null: the whole. */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (!match) return null;
  const start = Number(match[1]);
  const end = match[2] ? Math.min(Number(match[2]), size - 1) : size - 1;
  return start > end ? 'unsatisfiable' : { start, end };
}
