import type { Logger } from 'pino';
import { type Actor, requireUser } from '../accounts/access.ts';
import type { Problem } from '../bundles/problem.ts';
import type { Database, Transaction } from '../db/database.ts';
import { countBytes, type Progress } from '../jobs/count-bytes.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { LiveBus } from '../live/bus.ts';
import type { Resources } from '../resources/service.ts';
import { CreationMissingError } from './errors.ts';
import {
  type Creation,
  type CreationKind,
  endCreation,
  findCreation,
  insertCreation,
  lockUnfinished,
  type Outcome,
  type StartedCreation,
  startAttempt,
  tellProgress,
} from './store.ts';

export type { CreationKind, Outcome } from './store.ts';

/** How far an uploaded archive is on its way to becoming a competition or a task. */
export interface CreationProgress {
  readonly id: number;
  readonly kind: CreationKind;
  readonly status: Creation['status'];
  /** Nothing but problems and notes is to come of it. */
  readonly checkOnly: boolean;
  /** Of the archive's data; null before it is known how much there is. */
  readonly progress: Progress | null;
  /** For people: one line for each problem; before, what is being done. */
  readonly details: string;
  readonly problems: Problem[];
  readonly competitionId: number | null;
  readonly taskId: number | null;
}

/** One attempt at an archive, as whoever makes something of it sees it. */
export interface Attempt extends Omit<StartedCreation, 'attempts'> {
  readonly signal: AbortSignal;
  /** Has watchers see how far the data come, from now on. @returns what their bytes are to be sent through */
  count(bytesTotal: number, doing: string): Promise<ReturnType<typeof countBytes>>;
  /** Ends it well, with what `insert` says has come of it; at once, or not at all where another process was faster. */
  finish(insert: (tx: Transaction) => Promise<Outcome>): Promise<void>;
}

/**
 * What is made of uploaded archives, in the background: the work may stop anywhere and start again, in this process or another, and its result comes to
 * exist once. Whatever is wrong with an archive ends the creation, with all problems at once.
 */
export interface Creations {
  /** Lets a job begin it. @throws what resources throw */
  begin(
    actor: Actor,
    creation: { readonly kind: CreationKind; readonly resourceKey: string; readonly checkOnly: boolean },
  ): Promise<{ creationId: number }>;

  /** @throws CreationMissingError */
  get(actor: Actor, id: number): Promise<CreationProgress>;

  /**
   * Works at one, unless it is over.
   * @param make either finishes the attempt, or says what keeps it from that
   */
  attempt(
    id: number,
    signal: AbortSignal,
    make: (attempt: Attempt) => Promise<readonly Problem[]>,
  ): Promise<void>;
}

/** Faults of ours, and what a killed hub left behind, are tried again by the job queue, this often in all. */
const MAX_ATTEMPTS = 4;

const OUR_FAULT: Problem = {
  severity: 'error',
  code: 'internal',
  message: 'The hub failed to work at this archive; this is not the fault of what is in it.',
  cure: 'Try again later, or tell the administrators of this hub when you uploaded it.',
  file: null,
  line: null,
  column: null,
  where: '',
};

export function createCreations({
  database,
  resources,
  jobs,
  live,
  log,
}: {
  database: Database;
  resources: Pick<Resources, 'getUsable'>;
  jobs: Pick<Jobs, 'enqueue'>;
  live: LiveBus;
  log: Logger;
}): Creations {
  const { queries } = database;

  const toAttempt = (creation: StartedCreation, signal: AbortSignal): Attempt => ({
    ...creation,
    signal,
    async count(bytesTotal, doing) {
      const tell = async (progress: Parameters<typeof tellProgress>[2]) => {
        await tellProgress(queries, creation.id, progress);
        live.announce([`creation:${creation.id}`]);
      };
      await tell({ bytesTotal, details: doing });
      return countBytes((bytesDone) => tell({ bytesDone }));
    },
    finish: (insert) =>
      database.transaction(async (tx) => {
        if (!(await lockUnfinished(tx, creation.id))) return;
        await endCreation(tx.queries, creation.id, await insert(tx));
      }),
  });

  return {
    async begin(actor, { kind, resourceKey, checkOnly }) {
      const { id: createdBy } = requireUser(actor);
      const { id: resourceId } = await resources.getUsable(actor, resourceKey, ['competition_bundle']);
      const creationId = await database.transaction(async (tx) => {
        const id = await insertCreation(tx, { kind, resourceId, createdBy, checkOnly });
        await jobs.enqueue(tx, `create-${kind}`, { creationId: id }, `creation:${id}`);
        return id;
      });
      return { creationId };
    },

    async get(actor, id) {
      return toProgress(actor, await findCreation(queries, id));
    },

    async attempt(id, signal, make) {
      const creation = await startAttempt(queries, id);
      if (!creation) return;
      try {
        if (creation.attempts > MAX_ATTEMPTS) throw new Error('each attempt was cut short');
        const problems = await make(toAttempt(creation, signal));
        if (problems.length > 0) await endCreation(queries, id, { problems });
      } catch (error) {
        log.error({ err: error, creationId: id, attempt: creation.attempts }, 'an archive was not worked at');
        if (creation.attempts < MAX_ATTEMPTS || signal.aborted) throw error;
        await endCreation(queries, id, { problems: [OUR_FAULT] });
      }
      live.announce([`creation:${id}`]);
    },
  };
}

function toProgress(actor: Actor, creation: Creation | null): CreationProgress {
  const user = requireUser(actor);
  if (!creation || (creation.createdBy !== user.id && !user.isAdmin)) throw new CreationMissingError();
  const { id, kind, status, checkOnly, details, problems, competitionId, taskId } = creation;
  const { bytesDone, bytesTotal } = creation;
  const progress = bytesTotal === null ? null : { done: bytesDone, total: bytesTotal };
  return { id, kind, status, checkOnly, progress, details, problems, competitionId, taskId };
}
