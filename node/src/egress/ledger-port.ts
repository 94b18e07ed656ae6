import type { LedgerEvent, LedgerEventKind } from '../ledger/events.ts';

/** The ledger as far as runs use it: they write what happens, and read it once, when the node starts. */
export interface LedgerPort {
  /** Resolves once the entry is on disk. A rejection is final: nothing may leave any more. */
  append(event: LedgerEvent): Promise<unknown>;
  entries(filter?: {
    kinds?: LedgerEventKind[];
    since?: string;
    runs?: ReadonlySet<string>;
  }): AsyncIterable<{ readonly at: string; readonly event: LedgerEvent }>;
}
