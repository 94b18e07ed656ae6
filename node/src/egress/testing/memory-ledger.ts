import type { LedgerEvent, LedgerEventKind } from '../../ledger/events.ts';
import type { LedgerPort } from '../ledger-port.ts';

/** A ledger of tests, in memory. */
export class MemoryLedger implements LedgerPort {
  readonly written: { at: string; event: LedgerEvent }[] = [];
  /** Called before an entry is there: to fail, or to end the world. */
  onAppend: (event: LedgerEvent) => void = () => {};

  append(event: LedgerEvent): Promise<void> {
    this.onAppend(event);
    this.written.push({ at: new Date().toISOString(), event });
    return Promise.resolve();
  }

  async *entries(filter: { kinds?: LedgerEventKind[] } = {}) {
    for (const entry of this.written) {
      if (!filter.kinds || filter.kinds.includes(entry.event.kind)) yield await Promise.resolve(entry);
    }
  }
}
