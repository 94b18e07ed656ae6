import type { LedgerEntry } from './entry.ts';
import { readEntry } from './entry.ts';
import { LedgerFailedError } from './errors.ts';
import { type LedgerEventKind, ledgerEventSchema, runOf } from './events.ts';
import { listSegments, readLines } from './segments.ts';

export interface EntryFilter {
  /** First and last sequence, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly kinds?: readonly LedgerEventKind[] | undefined;
  readonly run?: string | undefined;
}

/** The entries of a ledger, oldest first, as they lie on the disk. Does not check the chain. */
export async function* readEntries(folder: string, filter: EntryFilter = {}): AsyncGenerator<LedgerEntry> {
  const { from = 1, to = Number.POSITIVE_INFINITY, kinds, run } = filter;
  const segments = await listSegments(folder);
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (segment.first > to) return;
    if (next && next.first <= from) continue;
    for await (const { text, isWhole } of readLines(segment.path)) {
      // A line that is just being written ends the ledger for now.
      if (!isWhole) return;
      const entry = toEntry(segment.path, text);
      if (entry.sequence > to) return;
      if (entry.sequence < from) continue;
      if (kinds && !kinds.includes(entry.event.kind)) continue;
      if (run !== undefined && runOf(entry.event) !== run) continue;
      yield entry;
    }
  }
}

function toEntry(path: string, line: string): LedgerEntry {
  const entry = readEntry(line);
  if (!entry) throw new LedgerFailedError(path, new Error('it holds a line that is no entry'));
  const event = ledgerEventSchema.safeParse(entry.event);
  if (!event.success) {
    const problem = `this version cannot read entry ${entry.sequence}: it is a later version's`;
    throw new LedgerFailedError(path, new Error(problem));
  }
  return { ...entry, event: event.data };
}
