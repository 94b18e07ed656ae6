import type { Logger } from 'pino';
import { type Actor, requireUser } from '../../accounts/access.ts';
import type { CompetitionGate } from '../../competitions/gate.ts';
import type { Database, Transaction } from '../../db/database.ts';
import type { Dispatch } from '../../dispatch/admission.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { LiveBus } from '../../live/bus.ts';
import { NoPhaseBeforeError, OrganizersRerunError } from '../errors.ts';
import type { FoundSubmission } from '../gate.ts';
import { findPhaseTasks, findSubmission, findTaskIds } from '../store.ts';
import type { TaskChoice } from '../task-choice.ts';
import {
  type Batch,
  countEntered,
  countUnderWay,
  ensureMigration,
  findBatch,
  findLateReruns,
  findPhaseBefore,
  findPhasesToMigrate,
  findRerunnable,
  insertRerun,
  listBatches,
  recordEntry,
  sourcesChosen,
  sourcesOfPhase,
  sourcesOnBoard,
  tellBatch,
} from './store.ts';

export type BatchView = Awaited<ReturnType<typeof listBatches>>[number];

export interface Batches {
  /**
   * Everything of a phase once more: the latest submission of each file of each participant; or only what was last run on a former version of a task.
   * For organizers.
   */
  rerunPhase(
    actor: Actor,
    request: {
      phaseId: number;
      taskKey?: string | undefined;
      onlyFormerVersions?: boolean | undefined;
    },
  ): Promise<{ id: number }>;
  /**
   * These of a competition once more, in a batch for each of their phases. What cannot be run again (parts, rehearsals, what is not over) is left out, and
   * told. For organizers.
   */
  rerunChosen(
    actor: Actor,
    request: { competitionId: number; ids: readonly number[]; taskKey?: string | undefined },
  ): Promise<{ batchIds: number[]; entering: number; leftOut: number[] }>;
  /**
   * What is on the board of the phase before is entered in this one, whether or not it has begun. For organizers. It happens once, however often it is
   * asked for.
   * @throws NoPhaseBeforeError
   */
  migrateTo(actor: Actor, phaseId: number): Promise<{ id: number }>;
  /** The latest of a competition. For organizers. */
  list(actor: Actor, competitionId: number): Promise<BatchView[]>;
  /**
   * Sees to it that phases that begin soon, or began while no hub was running, take over what they are to take over, and that re-runs whose job was given
   * up go on. A job.
   */
  findMigrations(): Promise<void>;
  /** Enters the submissions of a batch. A job: done at least once, and each submission is entered exactly once. */
  run(batchId: number, signal: AbortSignal): Promise<void>;
}

export interface BatchesDependencies {
  readonly database: Database;
  readonly competitions: CompetitionGate;
  readonly dispatch: Pick<Dispatch, 'copy'>;
  readonly tasks: TaskChoice;
  readonly jobs: Jobs;
  readonly live: LiveBus;
  readonly log: Logger;
}

const MOST_LISTED = 20;
/** A migration looks again after this time whether the phase before has come to rest. */
const LOOK_AGAIN_MS = 5_000;

/**
 * Submissions entered again in the background. Codabench's rule for migrations: they wait until nothing of the phase before runs any more, then what
 * is finished and on its board is entered in the new phase, for the same people and beside the limits.
 */
export function createBatches({
  database,
  competitions,
  dispatch,
  tasks,
  jobs,
  live,
  log,
}: BatchesDependencies): Batches {
  const { queries } = database;

  const schedule = (tx: Transaction, batchId: number, runAt?: Date) =>
    jobs.enqueue(tx, 'copy-submissions', { batchId }, `batch:${batchId}`, {
      queue: `batch:${batchId}`,
      ...(runAt && { runAt }),
    });

  async function manage(actor: Actor, phaseId: number) {
    const { id } = requireUser(actor);
    const reached = await competitions.viewPhase(actor, phaseId);
    if (!reached.access.canManage) throw new OrganizersRerunError();
    return { userId: id, ...reached };
  }

  async function prepareRerun(actor: Actor, phaseId: number, taskKey: string | undefined) {
    const { userId, competition } = await manage(actor, phaseId);
    const taskId =
      taskKey === undefined ? null : await tasks.choose(actor, { phaseId, competition }, taskKey);
    return { phaseId, taskId, askedBy: userId };
  }

  /** Null when it cannot be done yet, or not any more; what there is to say of it is in the batch then. */
  async function findSources(batch: Batch): Promise<number[] | null> {
    if (batch.kind === 'rerun')
      return batch.chosen ? sourcesChosen(queries, batch, batch.chosen) : sourcesOfPhase(queries, batch);
    if (batch.askedBy === null && !(batch.isAutomatic && batch.hasBegun)) return null;
    const before = await findPhaseBefore(queries, batch.competitionId, batch.index);
    if (!before) return [];
    const underWay = await countUnderWay(queries, before.id);
    if (underWay === 0) return sourcesOnBoard(queries, batch.id, before.id);
    const which = underWay === 1 ? '1 submission' : `${underWay} submissions`;
    await tellBatch(queries, batch.id, { details: `Waits until ${which} of "${before.name}" are over.` });
    await database.transaction((tx) => schedule(tx, batch.id, new Date(Date.now() + LOOK_AGAIN_MS)));
    return null;
  }

  async function enter(batch: Batch, sourceId: number): Promise<void> {
    const source = await findSubmission(queries, sourceId);
    if (!source) return;
    const { phaseId } = batch;
    const { ownerId, resourceId, name, description, fileName, factSheetAnswers } = source;
    await dispatch.copy(
      {
        phaseId,
        ownerId,
        resourceId,
        name,
        description,
        fileName,
        factSheetAnswers,
        taskIds: batch.taskId === null ? await tasksOf(batch, source) : [batch.taskId],
        isSpecificTaskReRun: batch.taskId !== null || source.isSpecificTaskReRun,
        limited: false,
        start: true,
      },
      (tx, submissionId) => recordEntry(tx, { batchId: batch.id, sourceId, submissionId }),
    );
    live.announce([`phase:${phaseId}:owner:${ownerId}`]);
  }

  /** A re-run is on the tasks that the submission was entered on, as far as the phase has them still (one on a task from elsewhere, on that); a migration on those of its phase. */
  async function tasksOf(
    { kind, phaseId }: Batch,
    { id: sourceId, isSpecificTaskReRun }: FoundSubmission,
  ): Promise<number[]> {
    const own = (await findPhaseTasks(queries, phaseId)).map(({ id }) => id);
    if (kind === 'migration') return own;
    const before = await findTaskIds(queries, sourceId);
    if (isSpecificTaskReRun) return before;
    const kept = own.filter((id) => before.includes(id));
    return kept.length > 0 ? kept : own;
  }

  return {
    async rerunPhase(actor, { phaseId, taskKey, onlyFormerVersions = false }) {
      const rerun = await prepareRerun(actor, phaseId, taskKey);
      return database.transaction(async (tx) => {
        const id = await insertRerun(tx, { ...rerun, onlyFormerVersions });
        await schedule(tx, id);
        return { id };
      });
    },

    async rerunChosen(actor, { competitionId, ids, taskKey }) {
      await competitions.manage(actor, competitionId);
      const found = await findRerunnable(queries, competitionId, ids);
      const byPhase = Map.groupBy(found, ({ phaseId }) => phaseId);
      const reruns = await Promise.all(
        [...byPhase].map(async ([phaseId, ones]) => ({
          ...(await prepareRerun(actor, phaseId, taskKey)),
          chosen: ones.map(({ id }) => id),
        })),
      );
      const batchIds = await database.transaction(async (tx) => {
        const made: number[] = [];
        for (const rerun of reruns) {
          const id = await insertRerun(tx, rerun);
          await schedule(tx, id);
          made.push(id);
        }
        return made;
      });
      const entering = new Set(found.map(({ id }) => id));
      return {
        batchIds,
        entering: entering.size,
        leftOut: [...new Set(ids)].filter((id) => !entering.has(id)),
      };
    },

    async migrateTo(actor, phaseId) {
      const { userId, phase } = await manage(actor, phaseId);
      if (!(await findPhaseBefore(queries, phase.competitionId, phase.index))) throw new NoPhaseBeforeError();
      return database.transaction(async (tx) => {
        const id = await ensureMigration(tx, phaseId, userId);
        await schedule(tx, id);
        return { id };
      });
    },

    async list(actor, competitionId) {
      await competitions.manage(actor, competitionId);
      return listBatches(queries, competitionId, MOST_LISTED);
    },

    async findMigrations() {
      for (const { phaseId, startsAt } of await findPhasesToMigrate(queries)) {
        await database.transaction(async (tx) =>
          schedule(tx, await ensureMigration(tx, phaseId, null), startsAt),
        );
      }
      for (const id of await findLateReruns(queries)) await database.transaction((tx) => schedule(tx, id));
    },

    async run(batchId, signal) {
      const batch = await findBatch(queries, batchId);
      if (!batch || batch.finishedAt || batch.isGone) return;
      const sources = await findSources(batch);
      if (!sources) return;
      const total = (await countEntered(queries, batchId)) + sources.length;
      await tellBatch(queries, batchId, { details: '', total });
      const failures: unknown[] = [];
      for (const sourceId of sources) {
        signal.throwIfAborted();
        // One that cannot be entered holds up no other; all are tried again together.
        await enter(batch, sourceId).catch((error: unknown) => failures.push(error));
      }
      const [failure] = failures;
      if (failure) {
        const why = failure instanceof Error ? failure.message : String(failure);
        await tellBatch(queries, batchId, { details: `${failures.length} could not be entered yet: ${why}` });
        throw failure;
      }
      await tellBatch(queries, batchId, { details: '', isFinished: true });
      log.info(
        { batchId, kind: batch.kind, phaseId: batch.phaseId, entered: sources.length },
        'submissions entered again',
      );
    },
  };
}
