import { waitUntil } from './moment.ts';

interface Waiting {
  readonly run: bigint;
  go(): void;
}

/**
 * Where runs wait for the end of their bucket. Those that wait for the same moment go on in the order of their numbers: which of them was over
 * first must not be told by which is reported first.
 */
export class BucketEnds {
  /** By the moment, in milliseconds since 1970. */
  readonly #waiting = new Map<number, Waiting[]>();

  /** Resolves when it is so late, at once for a moment that has passed. Rejects with the signal's reason when that aborts before. */
  async wait(moment: number, run: bigint, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const turn = Promise.withResolvers<void>();
    const others = this.#waiting.get(moment);
    const waiting = { run, go: turn.resolve };
    if (others) others.push(waiting);
    else {
      this.#waiting.set(moment, [waiting]);
      waitUntil(moment, new AbortController().signal).then(() => this.#end(moment), turn.reject);
    }
    const onAbort = () => turn.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #end(moment: number): void {
    const waiting = this.#waiting.get(moment) ?? [];
    this.#waiting.delete(moment);
    waiting.sort((one, other) => Number(one.run - other.run));
    for (const { go } of waiting) go();
  }
}
