import { type LedgerEntry, type ReadEntry, readEntry, sequenceOf } from './entry.ts';
import { LedgerFailedError } from './errors.ts';
import { type LedgerEventKind, ledgerEventSchema, runOf } from './events.ts';
import { listSegments, readLines } from './segments.ts';

export interface EntryFilter {
  /** First and last sequence, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly kinds?: readonly LedgerEventKind[] | undefined;
  readonly run?: string | undefined;
  /** Entries from this moment on, ISO; and those of `runs` from any. */
  readonly since?: string | undefined;
  readonly runs?: ReadonlySet<string> | undefined;
}

/** The entries of a ledger, oldest first, as they lie on the disk. Does not check the chain. */
export async function* readEntries(folder: string, filter: EntryFilter = {}): AsyncGenerator<LedgerEntry> {
  const { kinds, run } = filter;
  const anyOf = kinds?.map((kind) => `"kind":"${kind}"`);
  const member = run === undefined ? '' : `"run":${JSON.stringify(run)}`;
  const mayFit = (text: string) =>
    text.includes(member) && (!anyOf || anyOf.some((each) => text.includes(each)));
  for await (const { entry, path } of readEntryLines(folder, filter, mayFit)) {
    if (filter.since !== undefined && entry.at < filter.since && !isOf(entry, filter.runs)) continue;
    const known = toEntry(path, entry);
    if (kinds && !kinds.includes(known.event.kind)) continue;
    if (run !== undefined && runOf(known.event) !== run) continue;
    yield known;
  }
}

/**
 * The lines of entries, with what they say.
 *
 * @param mayFit looks at a line before it is parsed: a ledger of a million entries is read in a second for those few that somebody wants.
 */
export async function* readEntryLines(
  folder: string,
  { from = 1, to = Number.POSITIVE_INFINITY }: Pick<EntryFilter, 'from' | 'to'>,
  mayFit: (text: string) => boolean = () => true,
): AsyncGenerator<{ text: string; entry: ReadEntry; path: string }> {
  const segments = await listSegments(folder);
  for (const [index, { path, first }] of segments.entries()) {
    const next = segments[index + 1];
    if (first > to) return;
    if (next && next.first <= from) continue;
    for await (const { text, isWhole } of readLines(path)) {
      // A line that is just being written ends the ledger for now.
      if (!isWhole) return;
      const sequence = sequenceOf(text);
      if (sequence !== null && sequence > to) return;
      if (sequence !== null && (sequence < from || !mayFit(text))) continue;
      const entry = readEntry(text);
      if (!entry) throw new LedgerFailedError(path, new Error('it holds a line that is no entry'));
      if (entry.sequence > to) return;
      if (entry.sequence >= from) yield { text, entry, path };
    }
  }
}

/** Cheaper than to check the event, which most entries of a long ledger are spared. */
function isOf({ event }: ReadEntry, runs: ReadonlySet<string> | undefined): boolean {
  if (!runs || typeof event !== 'object' || event === null || !('run' in event)) return false;
  return typeof event.run === 'string' && runs.has(event.run);
}

function toEntry(path: string, entry: ReadEntry): LedgerEntry {
  const event = ledgerEventSchema.safeParse(entry.event);
  if (!event.success) {
    const problem = `this version cannot read entry ${entry.sequence}: it is a later version's`;
    throw new LedgerFailedError(path, new Error(problem));
  }
  return { ...entry, event: event.data };
}
