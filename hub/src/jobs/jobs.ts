import { EventEmitter } from 'node:events';
import { sql } from 'drizzle-orm';
import {
  Logger as GraphileLogger,
  type Runner,
  run,
  runMigrations,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker';
import type { Logger } from 'pino';
import type { Database, Transaction } from '../db/database.ts';
import { AbandonedJobs } from './abandoned.ts';

/** Background work and what each kind is told. Payloads hold ids alone: the truth is in the tables. */
export interface JobPayloads {
  /** Reads an uploaded bundle and makes the competition. */
  'create-competition': { creationId: number };
  /** Reads an uploaded task and makes it. */
  'create-task': { creationId: number };
  /** Writes a competition into a zip. */
  'dump-competition': { dumpId: number };
  /** Enters the submissions of a batch. */
  'copy-submissions': { batchId: number };
  /** Puts a board right after its tasks, columns or rules have changed. */
  'rebuild-board': { phaseId: number; anew?: boolean };
  /** Looks for phases that begin soon, or have begun, and take over what is on the board of the one before. */
  'find-migrations': Record<string, never>;
  /** Asks peers how they are. */
  'tend-peers': Record<string, never>;
  /** Tells peers that people have withdrawn what they had agreed to. */
  'tend-identity': Record<string, never>;
  /** Has what is new in this hub’s catalogue published, and catalogues of peers read. */
  'tend-catalogues': Record<string, never>;
  /** Looks after runs that hubs evaluate for one another. */
  'tend-evaluation': Record<string, never>;
  /** Brings this hub’s catalogue up to date. */
  'publish-catalogue': Record<string, never>;
  /** Reads what is new in a peer’s catalogue. */
  'read-catalogue': { peerId: number };
  /** Has submissions to peers, and from peers, go on. */
  'tend-participation': Record<string, never>;
  /** Brings a submission to the peer that it is for. */
  'deliver-submission': { id: number };
}

export interface JobOptions {
  /** Not before this moment; without, at once. */
  readonly runAt?: Date;
  /** Jobs of one queue run one after the other. */
  readonly queue?: string;
}

/** Done by one hub process each minute. */
const EACH_MINUTE = [
  'find-migrations',
  'tend-peers',
  'tend-identity',
  'tend-catalogues',
  'tend-evaluation',
  'tend-participation',
] satisfies (keyof JobPayloads)[];

export type JobName = keyof JobPayloads;
export type JobHandlers = {
  [Name in JobName]: (payload: JobPayloads[Name], signal: AbortSignal) => Promise<void>;
};

/**
 * Work that outlives a request, on graphile-worker in the hub's own database: a job is part of the transaction that causes it, is
 * done at least once by any hub process, and is retried with back-off when it throws, or when its process was killed.
 */
export class Jobs implements AsyncDisposable {
  readonly #database: Database;
  readonly #log: Logger;
  #runner: Runner | null = null;
  #abandoned: AbandonedJobs | null = null;

  constructor(database: Database, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  async enqueue<Name extends JobName>(
    tx: Transaction,
    name: Name,
    payload: JobPayloads[Name],
    key?: string,
    { runAt, queue }: JobOptions = {},
  ): Promise<void> {
    await tx.queries.execute(
      sql`select graphile_worker.add_job(${name}, payload := ${JSON.stringify(payload)}::json, job_key := ${key ?? null}, max_attempts := 5,
        run_at := ${runAt?.toISOString() ?? null}::timestamptz, queue_name := ${queue ?? null})`,
    );
  }

  /** Creates graphile-worker's tables; called with the hub's own migrations. */
  async migrate(): Promise<void> {
    await runMigrations({ pgPool: this.#database.pool, logger: this.#logger() });
  }

  async start(handlers: JobHandlers): Promise<void> {
    const taskList: TaskList = Object.fromEntries(
      Object.entries(handlers).map(([name, handler]) => [
        name,
        // The payload was written by `enqueue`, whose types pair it with the name.
        (payload, helpers) =>
          (handler as (payload: unknown, signal: AbortSignal) => Promise<void>)(
            payload,
            helpers.abortSignal ?? new AbortController().signal,
          ),
      ]),
    );
    const events: WorkerEvents = new EventEmitter();
    events.once('pool:create', ({ workerPool }) => {
      this.#abandoned = new AbandonedJobs(this.#database, workerPool.id, this.#log);
    });
    this.#runner = await run({
      pgPool: this.#database.pool,
      taskList,
      events,
      // Those that wait for peers leave room for the others.
      concurrency: 6,
      noHandleSignals: true,
      pollInterval: 1_000,
      crontab: EACH_MINUTE.map((name) => `* * * * * ${name}`).join('\n'),
      logger: this.#logger(),
    });
  }

  #logger(): GraphileLogger {
    return new GraphileLogger(() => (level, message, meta) => {
      const write = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;
      this.#log[write[level]]({ ...meta }, message);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner?.stop();
    await this.#abandoned?.[Symbol.asyncDispose]();
  }
}
