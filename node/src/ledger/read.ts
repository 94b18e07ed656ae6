import { type LedgerEntry, type ReadEntry, readEntry } from './entry.ts';
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
  const { kinds, run } = filter;
  for await (const { entry, path } of readEntryLines(folder, filter)) {
    const known = toEntry(path, entry);
    if (kinds && !kinds.includes(known.event.kind)) continue;
    if (run !== undefined && runOf(known.event) !== run) continue;
    yield known;
  }
}

/** The lines of entries, with what they say. */
export async function* readEntryLines(
  folder: string,
  { from = 1, to = Number.POSITIVE_INFINITY }: Pick<EntryFilter, 'from' | 'to'>,
): AsyncGenerator<{ text: string; entry: ReadEntry; path: string }> {
  const segments = await listSegments(folder);
  for (const [index, { path, first }] of segments.entries()) {
    const next = segments[index + 1];
    if (first > to) return;
    if (next && next.first <= from) continue;
    for await (const { text, isWhole } of readLines(path)) {
      // A line that is just being written ends the ledger for now.
      if (!isWhole) return;
      const entry = readEntry(text);
      if (!entry) throw new LedgerFailedError(path, new Error('it holds a line that is no entry'));
      if (entry.sequence > to) return;
      if (entry.sequence >= from) yield { text, entry, path };
    }
  }
}

function toEntry(path: string, entry: ReadEntry): LedgerEntry {
  const event = ledgerEventSchema.safeParse(entry.event);
  if (!event.success) {
    const problem = `this version cannot read entry ${entry.sequence}: it is a later version's`;
    throw new LedgerFailedError(path, new Error(problem));
  }
  return { ...entry, event: event.data };
}
