import { readDate } from './date.ts';
import type { Fields } from './fields.ts';
import type { BundleFiles } from './files.ts';
import {
  type BundlePhase,
  DEFAULT_EXECUTION_TIME_LIMIT,
  DEFAULT_SUBMISSIONS_PER_DAY,
  DEFAULT_SUBMISSIONS_PER_PERSON,
} from './model.ts';

const NO_DATE = new Date(Number.NaN);

/** The keys of a phase that have the same name and meaning in every version. */
export function readPhaseSettings(
  phase: Fields,
  files: BundleFiles,
): Omit<
  BundlePhase,
  'name' | 'start' | 'end' | 'tasks' | 'leaderboard' | 'autoMigrateToThisPhase' | 'resources'
> {
  return {
    description: phase.text('description') ?? '',
    maxSubmissionsPerDay: phase.limit('max_submissions_per_day', DEFAULT_SUBMISSIONS_PER_DAY),
    maxSubmissionsPerMonth: ownLimit(phase, 'max_submissions_per_month'),
    maxSubmissionsPerPerson: phase.limit('max_submissions', DEFAULT_SUBMISSIONS_PER_PERSON),
    maxConcurrentSubmissions: ownLimit(phase, 'max_concurrent_submissions'),
    keepFormerVersions: phase.log.leniently(() => phase.flag('keep_former_versions', false)),
    executionTimeLimit:
      (isBlank(phase, 'execution_time_limit') ? null : phase.integer('execution_time_limit')) ||
      DEFAULT_EXECUTION_TIME_LIMIT,
    hideOutput: phase.flag('hide_output', false),
    hidePredictionOutput: phase.flag('hide_prediction_output', false),
    hideScoreOutput: phase.flag('hide_score_output', false),
    publicData: files.reference(phase, 'public_data'),
    startingKit: files.reference(phase, 'starting_kit'),
  };
}

/** An empty text, where Codabench takes whatever is nothing for the default. */
function isBlank(phase: Fields, key: string): boolean {
  const node = phase.findValue(key);
  return node?.kind === 'string' && node.text.trim() === '';
}

/** A limit that is Weir's own: real bundles have keys of all sorts, and what is no number here is noted rather than refused. */
function ownLimit(phase: Fields, key: string): number | null {
  return phase.log.leniently(() => phase.integer(key, { min: 0 })) || null;
}

/** A date, `null` when absent. One that is none is reported, and comes back as an invalid `Date`. */
export function readDateField(fields: Fields, key: string): Date | null {
  const node = fields.findValue(key);
  if (node === undefined) return null;
  if (node.kind === 'timestamp' || node.kind === 'string') {
    if (node.text.trim() === '') return null;
    const date = readDate(node.text);
    if (date?.ambiguous) {
      const meaning = date.instant.toISOString().slice(0, 10);
      fields.note(
        key,
        'date_ambiguous',
        `"${node.text}" is read month first, as ${meaning}.`,
        `Write ${meaning}, if so.`,
      );
    }
    if (date && date.leftOut.length > 0) {
      const meaning = date.instant.toISOString();
      fields.note(
        key,
        'date_incomplete',
        `"${node.text}" does not say the ${date.leftOut.join(' and the ')}. As on Codabench, that of today is taken: ${meaning}.`,
        'Write the whole date.',
      );
    }
    if (date?.unknownZone) {
      const message = `The zone "${date.unknownZone}" is taken for UTC.`;
      fields.note(key, 'date_zone_unknown', message, 'Give an offset, such as +01:00.');
    }
    if (date !== null) return date.instant;
  }
  const written = node.kind === 'mapping' || node.kind === 'sequence' ? `A ${node.kind}` : `"${node.text}"`;
  fields.error(
    key,
    'not_a_date',
    `${written} is no date.`,
    'Write it as 2030-12-31 23:59:00; times are UTC.',
  );
  return NO_DATE;
}

export function readRequiredDate(fields: Fields, key: string): Date {
  const date = readDateField(fields, key);
  if (date === null) fields.requiredText(key);
  return date ?? NO_DATE;
}
