/** How far a long job has come, in bytes; a total of null is not known yet. */
export interface Progress {
  readonly done: number;
  readonly total: number | null;
}

/**
 * Counts what passes through any number of streams, one after the other, and tells the sum about once a second: often enough to watch, seldom
 * enough to cost nothing.
 */
export function countBytes(tell: (done: number) => Promise<void>, everyMs = 1_000) {
  let done = 0;
  let toldAt = performance.now();
  return async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      done += chunk.length;
      yield chunk;
      if (performance.now() - toldAt < everyMs) continue;
      toldAt = performance.now();
      await tell(done);
    }
  };
}
