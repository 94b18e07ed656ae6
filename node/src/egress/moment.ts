import { setTimeout as delay } from 'node:timers/promises';

/** Longer than any timer of the process: a longer wait is waited for in parts. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The end of the bucket in which a moment lies, both in milliseconds since 1970; the moment itself without buckets. */
export function bucketEnd(moment: number, bucketSeconds: number | null): number {
  if (bucketSeconds === null || bucketSeconds <= 0) return Math.ceil(moment);
  const bucketMs = bucketSeconds * 1000;
  return Math.ceil(moment / bucketMs) * bucketMs;
}

/** Resolves when it is so late. Rejects with the signal's reason when that aborts. Does not keep the process alive. */
export async function waitUntil(moment: number, signal: AbortSignal): Promise<void> {
  for (let left = moment - Date.now(); left > 0; left = moment - Date.now()) {
    signal.throwIfAborted();
    await delay(Math.min(left, LONGEST_TIMER_MS), undefined, { signal, ref: false }).catch(
      (error: unknown) => {
        signal.throwIfAborted();
        throw error;
      },
    );
  }
}
