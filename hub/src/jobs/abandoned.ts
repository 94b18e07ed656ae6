import type { PoolClient } from 'pg';
import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';

/** Any number, the same in every hub process: the first half of the advisory locks here. */
const LOCKS = 734_051;
const EVERY_MS = 10_000;

/**
 * Takes back what killed processes had taken. graphile-worker leaves the jobs of a process that was killed, and the queues that these were in, to it for four
 * hours. Each process of the hub holds an advisory lock named after its worker pool for as long as it lives: who holds none is dead, and what is taken in its
 * name is free for others.
 */
export class AbandonedJobs implements AsyncDisposable {
  readonly #database: Database;
  readonly #log: Logger;
  readonly #ownPool: string;
  #session: PoolClient | null = null;
  #sweeping: Promise<void>;
  readonly #timer: NodeJS.Timeout;

  /** @param ownPool the name under which this process takes jobs */
  constructor(database: Database, ownPool: string, log: Logger) {
    this.#database = database;
    this.#ownPool = ownPool;
    this.#log = log;
    this.#sweeping = this.#sweep();
    this.#timer = setInterval(() => {
      this.#sweeping = this.#sweeping.then(() => this.#sweep());
    }, EVERY_MS);
    this.#timer.unref();
  }

  /** Whoever has begun a moment ago may not hold its lock yet, so what was taken just now is left for the next time. */
  async #sweep(): Promise<void> {
    try {
      const session = await this.#open();
      const { rows } = await session.query<{ pool: string; isDead: boolean }>(
        `select pool, pg_try_advisory_lock($1, hashtext(pool)) as "isDead" from (
           select locked_by as pool from graphile_worker._private_jobs where locked_at < now() - $3::interval
           union select locked_by from graphile_worker._private_job_queues where locked_at < now() - $3::interval
         ) as taken where pool <> $2`,
        [LOCKS, this.#ownPool, `${EVERY_MS} milliseconds`],
      );
      const dead = rows.filter(({ isDead }) => isDead).map(({ pool }) => pool);
      if (dead.length === 0) return;
      this.#log.warn({ pools: dead }, 'taking back the jobs of processes that were killed');
      await session.query('select graphile_worker.force_unlock_workers($1)', [dead]);
      await session.query('select pg_advisory_unlock($1, hashtext(pool)) from unnest($2::text[]) as pool', [
        LOCKS,
        dead,
      ]);
    } catch (error) {
      this.#log.warn({ err: error }, 'jobs of killed processes could not be looked for');
      this.#close();
    }
  }

  /** The session that holds this process's lock: a new one where the last has broken. */
  async #open(): Promise<PoolClient> {
    if (this.#session) return this.#session;
    const session = await this.#database.pool.connect();
    this.#session = session;
    session.once('error', () => {
      if (this.#session === session) this.#close();
    });
    await session.query('select pg_advisory_lock($1, hashtext($2))', [LOCKS, this.#ownPool]);
    return session;
  }

  /** The lock goes with the session. */
  #close(): void {
    const session = this.#session;
    this.#session = null;
    session?.release(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
    this.#close();
  }
}
