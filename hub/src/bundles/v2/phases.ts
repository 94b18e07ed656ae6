import type { Fields } from '../fields.ts';
import type { BundleFiles } from '../files.ts';
import type { BundleLeaderboard, BundlePhase } from '../model.ts';
import { readDateField, readPhaseSettings, readRequiredDate } from '../phase-fields.ts';
import { checkPhaseOrder } from '../phase-order.ts';
import { hideOutputsOnLadders } from './ladder.ts';
import { readResources } from './resources.ts';
import { readTaskIndexes } from './solutions.ts';

interface Known {
  isDump: boolean;
  /** Indexes of the tasks; null when they could not be read. */
  tasks: ReadonlySet<number> | null;
  leaderboards: readonly BundleLeaderboard[];
}

/** Phases by their `index`; those without one, or with the same, in the order they are listed. */
export function readPhases(root: Fields, files: BundleFiles, known: Known): BundlePhase[] {
  const read = root.mappings('phases').map((fields) => ({
    order: fields.integer('index') ?? 0,
    fields,
    phase: readPhase(fields, files, known),
  }));
  if (root.findValue('phases') === undefined || (read.length === 0 && root.list('phases').length === 0)) {
    root.error(
      'phases',
      'phases_missing',
      'There are no phases.',
      'Add at least one, with a name, a start and tasks.',
    );
  }
  const inOrder = read.toSorted((a, b) => a.order - b.order);
  if (!known.isDump) checkPhaseOrder(inOrder);
  for (const { fields } of inOrder) fields.noteUnknownKeys();
  const phases = hideOutputsOnLadders(
    root,
    inOrder.map(({ phase }) => phase),
    known.leaderboards,
  );
  noteUnusedLeaderboards(root, phases, known.leaderboards);
  return phases;
}

function readPhase(fields: Fields, files: BundleFiles, { tasks, leaderboards }: Known): BundlePhase {
  return {
    name: fields.requiredText('name', { max: 256 }),
    start: readRequiredDate(fields, 'start'),
    end: readDateField(fields, 'end'),
    autoMigrateToThisPhase: fields.flag('auto_migrate_to_this_phase', false),
    tasks: readTaskIndexes(fields, tasks),
    leaderboard: readLeaderboardOf(fields, leaderboards),
    resources: readResources(fields),
    ...readPhaseSettings(fields, files),
  };
}

/**
 * `leaderboard`, a key of Weir's own: the place of a leaderboard in the list, from 0, or its key as text; the first when left out, as Codabench
 * has it for every phase.
 */
function readLeaderboardOf(phase: Fields, boards: readonly BundleLeaderboard[]): number {
  const node = phase.findValue('leaderboard');
  if (node === undefined || boards.length === 0) return 0;
  const written = phase.log.leniently(() => phase.text('leaderboard'));
  const place = node.kind === 'integer' ? node.value : boards.findIndex(({ key }) => key === written);
  if (boards[place] !== undefined) return place;
  const cure = `Write the key of one of them: ${boards.map(({ key }) => key).join(', ')}.`;
  phase.note(
    'leaderboard',
    'leaderboard_unknown',
    `There is no leaderboard "${written}"; the first is taken.`,
    cure,
  );
  return 0;
}

function noteUnusedLeaderboards(
  root: Fields,
  phases: readonly BundlePhase[],
  boards: readonly BundleLeaderboard[],
): void {
  const unused = boards.filter((_, place) => phases.every(({ leaderboard }) => leaderboard !== place));
  if (unused.length === 0 || phases.length === 0) return;
  const names = unused.map(({ key }) => `"${key}"`).join(', ');
  const message = `No phase uses ${names}: a phase that names no leaderboard has the first.`;
  const cure = 'Add "leaderboard: KEY" to the phases that are meant for it.';
  root.note('leaderboards', 'leaderboards_unused', message, cure);
}
