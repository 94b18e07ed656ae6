import { type Actor, requireUser } from '../../accounts/access.ts';
import type { Database } from '../../db/database.ts';
import type { Dispatch } from '../../dispatch/admission.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import { boardsFollow } from '../../leaderboards/rebuild.ts';
import { OrganizersOnlyError } from '../errors.ts';
import type { CompetitionGate } from '../gate.ts';
import { PhaseInvalidError, TaskNotUsableError } from './errors.ts';
import {
  findPhaseRows,
  findTasksOf,
  holdUsableTasks,
  isOnLadder,
  lockPhases,
  type PhaseRow,
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
}

/** What is left out stays as it is. */
export type PhaseEdit = { readonly [Name in keyof PhaseSettings]?: PhaseSettings[Name] | undefined } & {
  /** All of the phase's tasks, in order. */
  readonly taskIds?: readonly number[] | undefined;
};

/** The phases of a competition in the hands of its organizers. */
export interface Phases {
  /** In order. @throws OrganizersOnlyError */
  list(actor: Actor, competitionId: number): Promise<EditablePhase[]>;
  /**
   * Other tasks than before change what the board compares: it is built anew, and who has not been run on all of them is offered to organizers to be run again.
   * @throws OrganizersOnlyError | PhaseInvalidError | TaskNotUsableError
   */
  edit(actor: Actor, phaseId: number, edit: PhaseEdit): Promise<EditablePhase>;
}

export interface PhasesDependencies {
  readonly database: Database;
  readonly gate: CompetitionGate;
  readonly dispatch: Pick<Dispatch, 'phaseChanged'>;
  readonly jobs: Pick<Jobs, 'enqueue'>;
}

export function createPhases({ database, gate, dispatch, jobs }: PhasesDependencies): Phases {
  const { queries } = database;

  async function list(competitionId: number): Promise<EditablePhase[]> {
    const rows = await findPhaseRows(queries, competitionId);
    const tasks = await findTasksOf(
      queries,
      rows.map(({ id }) => id),
    );
    return rows.map((row) => ({
      ...settingsOf(row),
      id: row.id,
      index: row.index,
      tasks: tasks.filter(({ phaseId }) => phaseId === row.id).map(({ id, name }) => ({ id, name })),
    }));
  }

  return {
    async list(actor, competitionId) {
      await gate.manage(actor, competitionId);
      return list(competitionId);
    },

    async edit(actor, phaseId, { taskIds, ...edit }) {
      const user = requireUser(actor);
      const { competition, access, phase } = await gate.viewPhase(actor, phaseId);
      if (!access.canManage) throw new OrganizersOnlyError();
      const change = Object.fromEntries(
        Object.entries(edit).filter(([, value]) => value !== undefined),
      ) as Partial<PhaseSettings>;
      await database.transaction(async (tx) => {
        const before = await lockPhases(tx, competition.id);
        const after = before.map((row) => (row.id === phaseId ? { ...row, ...change } : row));
        checkOrder(after, phaseId);
        if (change.hideOutput === false && (await isOnLadder(tx.queries, phase.leaderboardId)))
          throw new PhaseInvalidError(
            'hideOutput',
            'Its board releases scores in steps, so what runs put out stays hidden: it would tell them exactly.',
          );
        await updatePhase(tx, phaseId, change);
        const current = (await findTasksOf(tx.queries, [phaseId])).map(({ id }) => id);
        const isOther = taskIds !== undefined && taskIds.join() !== current.join();
        if (isOther) {
          if (taskIds.length === 0 || new Set(taskIds).size < taskIds.length)
            throw new PhaseInvalidError('tasks', 'A phase has at least one task, and each of them once.');
          if ((await holdUsableTasks(tx, user, competition.id, taskIds)) < taskIds.length)
            throw new TaskNotUsableError();
          await setTasks(tx, phaseId, taskIds);
        }
        if (isOther || change.keepFormerVersions !== undefined) await boardsFollow(jobs, tx, [phaseId]);
        tx.afterCommit(() => dispatch.phaseChanged(phaseId));
      });
      return (await list(competition.id)).find(({ id }) => id === phaseId)!;
    },
  };
}

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
