import { setImmediate as immediate } from 'node:timers/promises';

/**
 * Lets work of one kind that waits at the same moment share one commit: whatever has queued while the last commit ran goes into the next.
 * There is no timer, so a lone item is never held back, and under load the batches grow by themselves.
 *
 * `commit` answers for each item in order. When it throws, every item of the batch is rejected with that error: nothing of it happened.
 */
export class GroupCommit<Item, Result> {
  readonly #commit: (items: Item[]) => Promise<Result[]>;
  readonly #maxBatch: number;
  readonly #excludes: (item: Item) => string | null;
  #waiting: Entry<Item, Result>[] = [];
  #running = false;

  /** @param excludes items with the same string never share a batch; null: shares with all. */
  constructor(
    commit: (items: Item[]) => Promise<Result[]>,
    {
      maxBatch = 256,
      excludes = () => null,
    }: { maxBatch?: number; excludes?: (item: Item) => string | null } = {},
  ) {
    this.#commit = commit;
    this.#maxBatch = maxBatch;
    this.#excludes = excludes;
  }

  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Items submitted in the same turn of the event loop belong together: those that one message of a node brought, say.
    await immediate();
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      try {
        const results = await this.#commit(batch.map(({ item }) => item));
        for (const [index, entry] of batch.entries()) entry.resolve(results[index]!);
      } catch (error) {
        for (const entry of batch) entry.reject(error);
      }
    }
    this.#running = false;
  }

  #nextBatch(): Entry<Item, Result>[] {
    const batch: Entry<Item, Result>[] = [];
    const left: Entry<Item, Result>[] = [];
    const taken = new Set<string>();
    for (const entry of this.#waiting) {
      const exclusive = this.#excludes(entry.item);
      if (batch.length === this.#maxBatch || (exclusive !== null && taken.has(exclusive))) {
        left.push(entry);
        continue;
      }
      if (exclusive !== null) taken.add(exclusive);
      batch.push(entry);
    }
    this.#waiting = left;
    return batch;
  }
}

interface Entry<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}
