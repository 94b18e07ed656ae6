import { setTimeout as wait } from 'node:timers/promises';

export interface BackoffOptions {
  readonly firstMs?: number;
  readonly maxMs?: number;
  readonly random?: () => number;
}

/** Waits that grow: a random point in the upper half of a window that doubles, so that a fleet of nodes does not come back as one. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #windowMs: number;

  constructor({ firstMs = 250, maxMs = 60_000, random = Math.random }: BackoffOptions = {}) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#random = random;
    this.#windowMs = firstMs;
  }

  next(): number {
    const window = this.#windowMs;
    this.#windowMs = Math.min(window * 2, this.#maxMs);
    return window / 2 + (window / 2) * this.#random();
  }

  /** What the next one would only reach after many failures: for refusals that time alone does not cure. */
  longest(): number {
    this.#windowMs = this.#maxMs;
    return this.next();
  }

  reset(): void {
    this.#windowMs = this.#firstMs;
  }
}

/** Waits, or resolves early when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
