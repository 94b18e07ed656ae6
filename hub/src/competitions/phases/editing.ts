import { type ActingUser, type Actor, requireUser } from '../../accounts/access.ts';
import type { Transaction, Write } from '../../db/database.ts';
import { boardsFollow } from '../../leaderboards/rebuild.ts';
import type { ResourceType } from '../../resources/service.ts';
import { PhaseMissingError } from '../errors.ts';
import { checkBoard, putTasks } from './choices.ts';
import { PhaseInvalidError } from './errors.ts';
import { type EditablePhase, listPhases, type PhaseFile, type PhaseSettings } from './listing.ts';
import { checkOrder, inOrder } from './order.ts';
import type { PhasesDependencies } from './service.ts';
import { findTasksOf, isOnLadder, lockPhases, type PhaseRow, renumber, updatePhase } from './store.ts';

/** What is left out stays as it is. */
export type PhaseEdit = { readonly [Name in keyof PhaseSettings]?: PhaseSettings[Name] | undefined } & {
  /** All of the phase's tasks, in order. */
  readonly taskIds?: readonly number[] | undefined;
  /** A board of the competition. */
  readonly leaderboardId?: number | undefined;
  /** Keys of resources; null for none. */
  readonly publicData?: string | null | undefined;
  readonly startingKit?: string | null | undefined;
};

interface Change {
  readonly id: number;
  readonly columns: Partial<PhaseRow>;
  readonly taskIds: readonly number[] | undefined;
}

/**
 * Finds what the edits name; the rest is checked when they are written, of the phases as they are then and with all edits made: two of them may move
 * past each other.
 */
export async function prepareEdits(
  { database, gate, dispatch, jobs, resources }: PhasesDependencies,
  actor: Actor,
  competitionId: number,
  edits: ReadonlyMap<number, PhaseEdit>,
): Promise<Write> {
  const user = requireUser(actor);
  await gate.manage(actor, competitionId);
  const shown = await listPhases(database.queries, competitionId);
  const changes: Change[] = [];
  for (const [id, { taskIds, publicData, startingKit, ...settings }] of edits) {
    const before = shown.find((phase) => phase.id === id);
    if (!before) throw new PhaseMissingError();
    const sent = Object.entries(settings).filter(([, value]) => value !== undefined);
    const files = await filesToSet(resources, actor, before, { publicData, startingKit });
    changes.push({ id, columns: { ...Object.fromEntries(sent), ...files }, taskIds });
  }
  return async (tx) => {
    const before = await lockPhases(tx, competitionId);
    const edited = before.map((row) => ({ ...row, ...changes.find(({ id }) => id === row.id)?.columns }));
    const after = changes.some(({ columns }) => columns.startsAt) ? inOrder(edited) : edited;
    for (const change of changes) {
      const former = before.find(({ id }) => id === change.id);
      if (!former) throw new PhaseMissingError();
      checkOrder(after, change.id);
      await write(tx, jobs, user, former, change);
      tx.afterCommit(() => dispatch.phaseChanged(change.id));
    }
    await renumber(tx, after);
  };
}

async function write(
  tx: Transaction,
  jobs: PhasesDependencies['jobs'],
  user: ActingUser,
  former: PhaseRow,
  { id, columns, taskIds }: Change,
): Promise<void> {
  const leaderboardId = columns.leaderboardId ?? former.leaderboardId;
  const hasOtherBoard = leaderboardId !== former.leaderboardId;
  if (hasOtherBoard) await checkBoard(tx, former.competitionId, leaderboardId);
  const isToHide = await isOnLadder(tx.queries, leaderboardId);
  if (isToHide && columns.hideOutput === false && !hasOtherBoard)
    throw new PhaseInvalidError(
      'hideOutput',
      'Its board releases scores in steps, so what runs put out stays hidden: it would tell them exactly.',
    );
  await updatePhase(tx, id, { ...columns, ...(isToHide && hasOtherBoard && { hideOutput: true }) });
  const current = (await findTasksOf(tx.queries, [id])).map((task) => task.id);
  const hasOtherTasks = taskIds !== undefined && taskIds.join() !== current.join();
  if (hasOtherTasks) await putTasks(tx, user, former, taskIds);
  if (hasOtherTasks || columns.keepFormerVersions !== undefined) await boardsFollow(jobs, tx, [id]);
  if (hasOtherBoard) await boardsFollow(jobs, tx, [id], { anew: true });
}

/** The ids of files that are to be others than before. */
async function filesToSet(
  resources: PhasesDependencies['resources'],
  actor: Actor,
  before: EditablePhase,
  edit: Pick<PhaseEdit, 'publicData' | 'startingKit'>,
): Promise<Partial<Pick<PhaseRow, 'publicDataId' | 'startingKitId'>>> {
  const idOf = async (key: string | null, type: ResourceType) =>
    key === null ? null : (await resources.getUsable(actor, key, [type])).id;
  const isOther = (key: string | null | undefined, file: PhaseFile | null): key is string | null =>
    key !== undefined && key !== (file?.key ?? null);
  return {
    ...(isOther(edit.publicData, before.publicData) && {
      publicDataId: await idOf(edit.publicData, 'public_data'),
    }),
    ...(isOther(edit.startingKit, before.startingKit) && {
      startingKitId: await idOf(edit.startingKit, 'starting_kit'),
    }),
  };
}
