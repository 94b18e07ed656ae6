import { type ActingUser, type Actor, requireUser } from '../../accounts/access.ts';
import type { Database, Transaction } from '../../db/database.ts';
import type { Dispatch } from '../../dispatch/admission.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import { boardsFollow } from '../../leaderboards/rebuild.ts';
import type { Resources, ResourceType } from '../../resources/service.ts';
import { OrganizersOnlyError } from '../errors.ts';
import type { CompetitionGate } from '../gate.ts';
import { OnlyPhaseError, PhaseInUseError, PhaseInvalidError, TaskNotUsableError } from './errors.ts';
import {
  deletePhase,
  findBoardsOf,
  findFilesOf,
  findPhaseRows,
  findTasksOf,
  hasSubmissions,
  holdUsableTasks,
  insertPhase,
  isOnLadder,
  lockPhases,
  type PhaseRow,
  renumber,
  setTasks,
  updatePhase,
} from './store.ts';

/** What organizers set of a phase. Limits: null is none. */
export type PhaseSettings = Pick<
  PhaseRow,
  | 'name'
  | 'description'
  | 'startsAt'
  | 'endsAt'
  | 'maxSubmissionsPerDay'
  | 'maxSubmissionsPerMonth'
  | 'maxSubmissionsPerPerson'
  | 'maxConcurrentSubmissions'
  | 'executionTimeLimitSeconds'
  | 'autoMigrateToThisPhase'
  | 'hideOutput'
  | 'hidePredictionOutput'
  | 'hideScoreOutput'
  | 'keepFormerVersions'
>;

export interface EditablePhase extends PhaseSettings {
  readonly id: number;
  readonly index: number;
  /** In the order in which they are run and shown. */
  readonly tasks: { readonly id: number; readonly name: string }[];
  readonly leaderboardId: number;
  readonly publicData: PhaseFile | null;
  readonly startingKit: PhaseFile | null;
}

interface PhaseFile {
  readonly key: string;
  readonly name: string;
}

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

export interface NewPhase {
  readonly name: string;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
  readonly taskIds: readonly number[];
  readonly leaderboardId: number;
}

/** The phases of a competition in the hands of its organizers. */
export interface Phases {
  /** In order. @throws OrganizersOnlyError */
  list(actor: Actor, competitionId: number): Promise<EditablePhase[]>;
  /** Its place follows from when it starts. @throws OrganizersOnlyError | PhaseInvalidError | TaskNotUsableError */
  add(actor: Actor, competitionId: number, phase: NewPhase): Promise<EditablePhase>;
  /** One to which nothing was ever submitted. @throws OrganizersOnlyError | PhaseInUseError | OnlyPhaseError */
  remove(actor: Actor, phaseId: number): Promise<void>;
  /**
   * Phases are in the order in which they start: another start may move it among the others. Another board ranks what was scored, as far as its columns
   * have the same keys. Other tasks than before change what the board compares: it is built anew, and who has not been run on all of them is offered to organizers to be run again.
   * @throws OrganizersOnlyError | PhaseInvalidError | TaskNotUsableError and what resources throw
   */
  edit(actor: Actor, phaseId: number, edit: PhaseEdit): Promise<EditablePhase>;
}

export interface PhasesDependencies {
  readonly database: Database;
  readonly gate: CompetitionGate;
  readonly dispatch: Pick<Dispatch, 'phaseChanged'>;
  readonly jobs: Pick<Jobs, 'enqueue'>;
  readonly resources: Pick<Resources, 'getUsable'>;
}

export function createPhases({ database, gate, dispatch, jobs, resources }: PhasesDependencies): Phases {
  const { queries } = database;

  async function list(competitionId: number): Promise<EditablePhase[]> {
    const rows = await findPhaseRows(queries, competitionId);
    const tasks = await findTasksOf(
      queries,
      rows.map(({ id }) => id),
    );
    const files = await findFilesOf(queries, rows);
    const fileOf = (id: number | null) => (id === null ? null : (files.get(id) ?? null));
    return rows.map((row) => ({
      ...settingsOf(row),
      id: row.id,
      index: row.index,
      tasks: tasks.filter(({ phaseId }) => phaseId === row.id).map(({ id, name }) => ({ id, name })),
      leaderboardId: row.leaderboardId,
      publicData: fileOf(row.publicDataId),
      startingKit: fileOf(row.startingKitId),
    }));
  }

  const get = async (competitionId: number, id: number) =>
    (await list(competitionId)).find((phase) => phase.id === id)!;

  async function manage(actor: Actor, phaseId: number) {
    const user = requireUser(actor);
    const reached = await gate.viewPhase(actor, phaseId);
    if (!reached.access.canManage) throw new OrganizersOnlyError();
    return { user, ...reached };
  }

  /** The ids of files that are to be others than before. */
  async function filesToSet(
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

  /** @throws PhaseInvalidError */
  async function checkBoard(tx: Transaction, competitionId: number, leaderboardId: number): Promise<void> {
    const boards = await findBoardsOf(tx.queries, competitionId);
    if (!boards.some(({ id }) => id === leaderboardId))
      throw new PhaseInvalidError('leaderboardId', 'Choose one of the leaderboards of this competition.');
  }

  /** @throws PhaseInvalidError | TaskNotUsableError */
  async function putTasks(
    tx: Transaction,
    user: ActingUser,
    phase: Pick<PhaseRow, 'id' | 'competitionId'>,
    taskIds: readonly number[],
  ): Promise<void> {
    if (taskIds.length === 0 || new Set(taskIds).size < taskIds.length)
      throw new PhaseInvalidError('tasks', 'A phase has at least one task, and each of them once.');
    if ((await holdUsableTasks(tx, user, phase.competitionId, taskIds)) < taskIds.length)
      throw new TaskNotUsableError();
    await setTasks(tx, phase.id, taskIds);
  }

  return {
    async list(actor, competitionId) {
      await gate.manage(actor, competitionId);
      return list(competitionId);
    },

    async add(actor, competitionId, { taskIds, leaderboardId, ...phase }) {
      const user = requireUser(actor);
      await gate.manage(actor, competitionId);
      const id = await database.transaction(async (tx) => {
        const before = await lockPhases(tx, competitionId);
        await checkBoard(tx, competitionId, leaderboardId);
        const hideOutput = await isOnLadder(tx.queries, leaderboardId);
        const values = { ...phase, competitionId, leaderboardId, hideOutput, index: before.length };
        const row = await insertPhase(tx, values);
        const after = [...before, row].toSorted(byStart);
        checkOrder(after, row.id);
        await putTasks(tx, user, row, taskIds);
        await renumber(tx, after);
        return row.id;
      });
      return get(competitionId, id);
    },

    async remove(actor, phaseId) {
      const { competition, phase } = await manage(actor, phaseId);
      await database.transaction(async (tx) => {
        const before = await lockPhases(tx, competition.id);
        if (before.length < 2) throw new OnlyPhaseError();
        if (await hasSubmissions(tx, phaseId)) throw new PhaseInUseError(phase.name);
        await deletePhase(tx, phaseId);
        await renumber(
          tx,
          before.filter(({ id }) => id !== phaseId),
        );
        tx.afterCommit(() => dispatch.phaseChanged(phaseId));
      });
    },

    async edit(actor, phaseId, { taskIds, publicData, startingKit, ...edit }) {
      const { user, competition } = await manage(actor, phaseId);
      const { id: competitionId } = competition;
      const shown = await get(competitionId, phaseId);
      const files = await filesToSet(actor, shown, { publicData, startingKit });
      const change: Partial<PhaseRow> = {
        ...Object.fromEntries(Object.entries(edit).filter(([, value]) => value !== undefined)),
        ...files,
      };
      await database.transaction(async (tx) => {
        const before = await lockPhases(tx, competitionId);
        const former = before.find(({ id }) => id === phaseId)!;
        const edited = before.map((row) => (row.id === phaseId ? { ...row, ...change } : row));
        const after = change.startsAt ? edited.toSorted(byStart) : edited;
        checkOrder(after, phaseId);
        const leaderboardId = change.leaderboardId ?? former.leaderboardId;
        const hasOtherBoard = leaderboardId !== former.leaderboardId;
        if (hasOtherBoard) await checkBoard(tx, competitionId, leaderboardId);
        if (await isOnLadder(tx.queries, leaderboardId)) {
          if (change.hideOutput === false && !hasOtherBoard)
            throw new PhaseInvalidError(
              'hideOutput',
              'Its board releases scores in steps, so what runs put out stays hidden: it would tell them exactly.',
            );
          if (hasOtherBoard) change.hideOutput = true;
        }
        await updatePhase(tx, phaseId, change);
        await renumber(tx, after);
        const current = (await findTasksOf(tx.queries, [phaseId])).map(({ id }) => id);
        const hasOtherTasks = taskIds !== undefined && taskIds.join() !== current.join();
        if (hasOtherTasks) await putTasks(tx, user, former, taskIds);
        if (hasOtherTasks || change.keepFormerVersions !== undefined) await boardsFollow(jobs, tx, [phaseId]);
        if (hasOtherBoard) await boardsFollow(jobs, tx, [phaseId], { anew: true });
        tx.afterCommit(() => dispatch.phaseChanged(phaseId));
      });
      return get(competitionId, phaseId);
    },
  };
}

const byStart = (a: PhaseRow, b: PhaseRow) => a.startsAt.getTime() - b.startsAt.getTime();

function settingsOf(row: PhaseRow): PhaseSettings {
  return {
    name: row.name,
    description: row.description,
    startsAt: row.startsAt,
    endsAt: row.endsAt,
    maxSubmissionsPerDay: row.maxSubmissionsPerDay,
    maxSubmissionsPerMonth: row.maxSubmissionsPerMonth,
    maxSubmissionsPerPerson: row.maxSubmissionsPerPerson,
    maxConcurrentSubmissions: row.maxConcurrentSubmissions,
    executionTimeLimitSeconds: row.executionTimeLimitSeconds,
    autoMigrateToThisPhase: row.autoMigrateToThisPhase,
    hideOutput: row.hideOutput,
    hidePredictionOutput: row.hidePredictionOutput,
    hideScoreOutput: row.hideScoreOutput,
    keepFormerVersions: row.keepFormerVersions,
  };
}

/**
 * The rules of bundles, as far as they touch the edited phase: what is beside the rules elsewhere was so before, and is not this edit's fault.
 * @throws PhaseInvalidError
 */
function checkOrder(phases: readonly PhaseRow[], phaseId: number): void {
  const place = phases.findIndex(({ id }) => id === phaseId);
  const [before, phase, next] = [phases[place - 1], phases[place]!, phases[place + 1]];
  if (phase.endsAt && phase.endsAt <= phase.startsAt)
    throw new PhaseInvalidError('endsAt', 'A phase ends after it has begun.');
  if (!phase.endsAt && next)
    throw new PhaseInvalidError('endsAt', 'Only the last phase may be without an end.');
  if (next && phase.endsAt && next.startsAt <= phase.endsAt)
    throw new PhaseInvalidError(
      'endsAt',
      `It ends before the next phase starts, at ${next.startsAt.toISOString()}.`,
    );
  if (before && !before.endsAt)
    throw new PhaseInvalidError('startsAt', `"${before.name}" before it has no end. Give it one first.`);
  if (before?.endsAt && phase.startsAt <= before.endsAt)
    throw new PhaseInvalidError(
      'startsAt',
      `It starts after the phase before has ended, at ${before.endsAt.toISOString()}.`,
    );
  if (phase.autoMigrateToThisPhase && !before)
    throw new PhaseInvalidError(
      'autoMigrateToThisPhase',
      'There is no phase before the first one to take submissions over from.',
    );
}
