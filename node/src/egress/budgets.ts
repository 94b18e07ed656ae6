import type { EgressRules } from '../policy/egress-rules.ts';
import { type Account, type Books, nameOf } from './books.ts';

/** Bits that are put aside for a run that has begun. Disposing of it gives back what was not charged. */
export interface Reservation extends Disposable {
  readonly bits: number;
}

export interface ReservedBits {
  readonly submitter: string;
  /** Its name, without a version. */
  readonly dataset: string;
  readonly bits: number;
}

/**
 * The limits on what may be drawn from a dataset. A run puts aside the most that it could tell before its containers begin, so that whether
 * it may begin depends on nothing that its data say, and runs side by side cannot overdraw together.
 */
export class Budgets {
  readonly #books: Books;
  readonly #reserved = new Set<{ readonly account: Account; readonly bits: number }>();

  constructor(books: Books) {
    this.#books = books;
  }

  /** Null when so much is not left of one of the budgets. */
  reserve(account: Account, bits: number, limits: EgressRules['budget']): Reservation | null {
    for (const dataset of account.datasets) {
      const { perSubmitterBits, perDatasetBits } = limits;
      const bySubmitter =
        this.#books.drawnBy(account.submitter, dataset) + this.#reservedFor(dataset, account.submitter);
      if (perSubmitterBits !== null && bySubmitter + bits > perSubmitterBits) return null;
      const byAll = this.#books.drawnFrom(dataset) + this.#reservedFor(dataset, null);
      if (perDatasetBits !== null && byAll + bits > perDatasetBits) return null;
    }
    return this.hold(account, bits);
  }

  /** Puts aside without asking: for what has been made already, and only waits to leave. */
  hold(account: Account, bits: number): Reservation {
    const held = { account, bits };
    this.#reserved.add(held);
    return { bits, [Symbol.dispose]: () => void this.#reserved.delete(held) };
  }

  /** What is put aside at this moment, for each run and dataset (of whatever version). */
  reserved(): readonly ReservedBits[] {
    return [...this.#reserved].flatMap(({ account: { submitter, datasets }, bits }) =>
      [...new Set(datasets.map(nameOf))].map((dataset) => ({ submitter, dataset, bits })),
    );
  }

  #reservedFor(dataset: string, submitter: string | null): number {
    let bits = 0;
    for (const { account, bits: each } of this.#reserved) {
      if (submitter !== null && account.submitter !== submitter) continue;
      if (account.datasets.some((other) => nameOf(other) === nameOf(dataset))) bits += each;
    }
    return bits;
  }
}
