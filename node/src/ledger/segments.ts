import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../home/atomic-file.ts';

/** A file of the ledger. They are named by their first entry, so that they sort as they follow. */
export interface Segment {
  readonly path: string;
  readonly first: number;
}

const NAME = /^entries-(\d{12})\.jsonl$/;
const CHUNK_BYTES = 256 * 1024;

export function segmentAt(folder: string, first: number): Segment {
  return { path: join(folder, `entries-${String(first).padStart(12, '0')}.jsonl`), first };
}

export async function listSegments(folder: string): Promise<Segment[]> {
  try {
    const names = await readdir(folder);
    return names
      .flatMap((name) => (NAME.test(name) ? [segmentAt(folder, Number(NAME.exec(name)?.[1]))] : []))
      .sort((one, other) => one.first - other.first);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

export interface Line {
  readonly text: string;
  /** Where in the file the next line begins. */
  readonly end: number;
  /** False for what a file ends with when that is no whole line. */
  readonly isWhole: boolean;
}

/** The lines of a file, in little memory. Lines end with a line feed and nothing else: entries may hold other separators. */
export async function* readLines(path: string, upTo = Number.POSITIVE_INFINITY): AsyncGenerator<Line> {
  await using file = await open(path, 'r');
  let rest = Buffer.alloc(0);
  let end = 0;
  for (let position = 0; position < upTo; ) {
    const chunk = await readChunk(file, position, Math.min(CHUNK_BYTES, upTo - position));
    if (chunk.length === 0) break;
    position += chunk.length;
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    for (let feed = rest.indexOf(10); feed !== -1; feed = rest.indexOf(10, start)) {
      end += feed + 1 - start;
      yield { text: rest.toString('utf8', start, feed), end, isWhole: true };
      start = feed + 1;
    }
    rest = rest.subarray(start);
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), end: end + rest.length, isWhole: false };
}

async function readChunk(file: FileHandle, position: number, length: number): Promise<Buffer<ArrayBuffer>> {
  const buffer = Buffer.allocUnsafe(length) as Buffer<ArrayBuffer>;
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
