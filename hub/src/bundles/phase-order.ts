import { readDate } from './date.ts';
import type { Fields } from './fields.ts';
import type { BundlePhase } from './model.ts';

/** A phase with the mapping it was read from, to place problems. */
export interface ReadPhase {
  fields: Fields;
  phase: BundlePhase;
}

/** The checks of version 2 between phases, and of their dates. */
export function checkPhaseOrder(phases: readonly ReadPhase[]): void {
  for (const [index, { fields, phase }] of phases.entries()) {
    noteNeverOpen(fields, 'start', phase);
    if (index === 0 && phase.autoMigrateToThisPhase) {
      const message = 'There is no phase before the first one to migrate submissions from.';
      fields.error(
        'auto_migrate_to_this_phase',
        'auto_migrate_first_phase',
        message,
        'Set it on a later phase.',
      );
    }
    const next = phases[index + 1];
    if (next === undefined) continue;
    if (phase.end === null) {
      const message = 'Only the last phase may be without an end.';
      fields.error('end', 'phase_end_missing', message, 'Add "end", before the start of the next phase.');
    } else if (isValid(phase.end) && isValid(next.phase.start) && next.phase.start <= phase.end) {
      const message = `"${next.phase.name}" starts at ${next.phase.start.toISOString()}, and "${phase.name}" ends at ${phase.end.toISOString()}.`;
      const cure = 'A phase must start after the one before it has ended.';
      const startsLater = asWritten(next.fields, 'start') > asWritten(fields, 'end');
      if (startsLater)
        next.fields.note('start', 'phases_overlap_by_offset', `Exactly taken, ${message}`, cure);
      else next.fields.error('start', 'phases_overlap', message, cure);
    }
  }
}

/**
 * Codabench takes a phase that ends before it starts, as parallel ones of CodaLab do, and lets people submit at any time. Here dates hold.
 * @param startKey the name that the version at hand has for a phase's start
 */
export function noteNeverOpen(fields: Fields, startKey: string, { start, end }: BundlePhase): void {
  if (end === null || !(end <= start)) return;
  const message = `The phase starts at ${start.toISOString()} and ends at ${end.toISOString()}: it is never open, and only organizers can submit to it.`;
  const cure =
    'Set other dates in the portal; what runs side by side is one phase of several tasks, in version 2.';
  fields.note(startKey, 'phase_never_open', message, cure);
}

const DAY = 24 * 60 * 60 * 1000;

/**
 * As Codabench understands a date: without its offset, and without its time of day unless it is in quotes. What is in order there, as when
 * one phase ends at midnight "anywhere on earth" and the next begins at midnight UTC, is not refused here.
 */
function asWritten(fields: Fields, key: string): number {
  const node = fields.findValue(key);
  const date = node !== undefined && 'text' in node ? readDate(node.text) : null;
  if (date === null) return Number.NaN;
  const clock = date.instant.getTime() + date.offsetMinutes * 60_000;
  return node?.kind === 'timestamp' ? Math.floor(clock / DAY) * DAY : clock;
}

/** A date that could not be read is reported where it stands, and not compared. */
function isValid(date: Date): boolean {
  return !Number.isNaN(date.getTime());
}
