/** The runs that may work at the same time. Who waits is let in in order. */
export class Slots {
  readonly #count: number;
  #taken = 0;
  #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  /** Places in use, and those that somebody waits for. */
  get occupied(): number {
    return this.#taken + this.#waiting.length;
  }

  /** Null when there was room at once. Rejects with the signal's reason when that aborts before there is. */
  take(signal: AbortSignal): Promise<void> | null {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#taken < this.#count) {
      this.#taken += 1;
      return null;
    }
    const turn = Promise.withResolvers<void>();
    const admit = () => {
      signal.removeEventListener('abort', giveUp);
      turn.resolve();
    };
    const giveUp = () => {
      this.#waiting = this.#waiting.filter((each) => each !== admit);
      turn.reject(signal.reason);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    this.#waiting.push(admit);
    return turn.promise;
  }

  free(): void {
    const next = this.#waiting.shift();
    // The place goes from hand to hand.
    if (next) next();
    else this.#taken -= 1;
  }
}
