import { setImmediate as immediate } from 'node:timers/promises';
import { isUnstorable, retryConflicts } from '../db/conflicts.ts';

/**
 * Lets work of one kind that waits at the same moment share one commit: whatever has queued while the last commit ran goes into the next.
 * There is no timer, so a lone item is never held back, and under load the batches grow by themselves.
 *
 * `commit` answers for each item in order and throws when nothing of the batch has happened. A conflict with another transaction is tried again. When
 * the data of one item cannot be stored, the items are committed one by one, so that it fails alone.
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
        await this.#settle(batch);
      } catch (error) {
        if (batch.length > 1 && isUnstorable(error))
          for (const entry of batch) await this.#settleAlone(entry);
        else for (const entry of batch) entry.reject(error);
      }
    }
    this.#running = false;
  }

  async #settle(batch: readonly Entry<Item, Result>[]): Promise<void> {
    const results = await retryConflicts(() => this.#commit(batch.map(({ item }) => item)));
    for (const [index, entry] of batch.entries()) entry.resolve(results[index]!);
  }

  async #settleAlone(entry: Entry<Item, Result>): Promise<void> {
    await this.#settle([entry]).catch((error: unknown) => entry.reject(error));
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
