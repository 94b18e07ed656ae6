/** Keeps work on the same thing in order: what is asked for later begins when what was asked for earlier is over, however that ended. */
export class Lanes {
  readonly #last = new Map<string, Promise<unknown>>();

  async run<Result>(lane: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(lane) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#last.set(lane, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(lane) === mine) this.#last.delete(lane);
    }
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }
}
