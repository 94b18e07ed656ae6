interface Waiting {
  readonly bytes: number;
  admit(): void;
}

/**
 * The runs that may work at the same time: so many, and as many as there is room on the disk for when each writes all that it may. Who waits is
 * let in in order. Room is counted by what runs *may* write, never by what they do: when a run is let in tells nothing of the programs of
 * others but when they ended. A run that is alone is let in, however large: nobody is there to notice what it does to the disk.
 */
export class Slots {
  readonly #count: number;
  readonly #room: number;
  #taken = 0;
  #bytes = 0;
  #waiting: Waiting[] = [];

  /** @param room bytes on disk for all of them together. */
  constructor(count: number, room = Number.POSITIVE_INFINITY) {
    this.#count = count;
    this.#room = room;
  }

  /** Places in use, and those that somebody waits for. */
  get occupied(): number {
    return this.#taken + this.#waiting.length;
  }

  /** Null when there was room at once. Rejects with the signal's reason when that aborts before there is. */
  take(bytes: number, signal: AbortSignal): Promise<void> | null {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#seat(bytes);
      return null;
    }
    const turn = Promise.withResolvers<void>();
    const waiting: Waiting = {
      bytes,
      admit: () => {
        signal.removeEventListener('abort', giveUp);
        turn.resolve();
      },
    };
    const giveUp = () => {
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      this.#admit();
      turn.reject(signal.reason);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    this.#waiting.push(waiting);
    return turn.promise;
  }

  /** @param bytes as they were taken. */
  free(bytes: number): void {
    this.#taken -= 1;
    this.#bytes -= bytes;
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#seat(next.bytes);
      next.admit();
    }
  }

  #fits(bytes: number): boolean {
    return this.#taken < this.#count && (this.#taken === 0 || this.#bytes + bytes <= this.#room);
  }

  #seat(bytes: number): void {
    this.#taken += 1;
    this.#bytes += bytes;
  }
}
