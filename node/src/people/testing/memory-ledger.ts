import type { VerdictEvent, VerdictLedger } from '../question.ts';

/** A ledger of tests: in memory, and with a switch for disks that fail. */
export class MemoryLedger implements VerdictLedger {
  readonly taken: { at: string; event: VerdictEvent }[] = [];
  failNext = 0;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get verdicts(): string[] {
    return this.taken.map(({ event }) => `${event.person}: ${event.verdict}`);
  }

  append(event: VerdictEvent): Promise<void> {
    if (this.failNext > 0) {
      this.failNext -= 1;
      return Promise.reject(new Error('the disk is full'));
    }
    this.taken.push({ at: new Date(this.#now()).toISOString(), event });
    return Promise.resolve();
  }

  async *entries({ kinds, run }: { kinds: VerdictEvent['kind'][]; run: string }) {
    for (const entry of this.taken) {
      if (kinds.includes(entry.event.kind) && entry.event.run === run) yield entry;
    }
  }
}
