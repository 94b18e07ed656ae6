import type { Pool } from './pools.ts';

/**
 * Remembers in which pools runs may be waiting, so that a node that asks for work costs no query while none is. A hint: wrong towards "maybe" costs a query,
 * wrong towards "none" is set right by the sweep.
 */
export class Backlog {
  /** Pool -> the tick at which it was last noted. */
  readonly #noted = new Map<Pool, number>();
  #tick = 0;

  note(pool: Pool): void {
    this.#noted.set(pool, ++this.#tick);
  }

  has(pool: Pool): boolean {
    return this.#noted.has(pool);
  }

  /** A moment to compare with in `clear`. */
  mark(): number {
    return this.#tick;
  }

  /** The queue was seen empty by a query that began at `mark`; what was noted later stays. */
  clear(pools: readonly Pool[], mark: number): void {
    for (const pool of pools) if ((this.#noted.get(pool) ?? 0) <= mark) this.#noted.delete(pool);
  }
}
