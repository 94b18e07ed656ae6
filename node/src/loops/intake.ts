/** Outcomes that the hub has not acknowledged: with so many waiting something is wrong, and more work does not help. */
const MAX_UNSETTLED = 4096;

/** The part of a session that the intake uses. */
export interface CreditAccount {
  readonly credits: number;
  grant(runs: number): void;
}

export interface IntakeOptions {
  readonly slots: number;
  /** Whether the people of the site want it to take runs. */
  takesRuns(): boolean;
  /** Runs that take up a slot, and outcomes that wait. */
  load(): { readonly occupied: number; readonly unsettled: number };
  account(): CreditAccount | null;
}

/**
 * Asks for work when there is room for it: a free slot, and not too many outcomes that wait. Credits on a stream cannot be taken back, so what is
 * granted already counts as taken.
 *
 * The hub sees what is asked for. So nothing that programs do may count here, the room on the disk least of all: a slot becomes free at a moment
 * that was charged (see BITS.md), and where a disk is too small for all slots the runs that were taken wait at the site.
 */
export class Intake implements Disposable {
  readonly #options: IntakeOptions;
  #isOpen = true;
  #asking = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Something changed: asks for as much as there is room for. What changes in one turn of the event loop is asked for together. */
  ask(): void {
    if (this.#asking) return;
    this.#asking = true;
    queueMicrotask(() => {
      this.#asking = false;
      const account = this.#options.account();
      if (!account) return;
      const more = this.#room() - account.credits;
      // A node with many slots asks for many runs at once, long before it runs out of them.
      if (account.credits === 0 || more >= this.#options.slots / 4) account.grant(more);
    });
  }

  /** Takes no more runs. Final. */
  close(): void {
    this.#isOpen = false;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #room(): number {
    const { occupied, unsettled } = this.#options.load();
    if (!this.#isOpen || !this.#options.takesRuns() || unsettled >= MAX_UNSETTLED) return 0;
    return Math.max(0, this.#options.slots - occupied);
  }
}
