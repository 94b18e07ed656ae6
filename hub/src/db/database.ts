import type { NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { PgDatabase } from 'drizzle-orm/pg-core';
import pg from 'pg';
import type { Logger } from 'pino';
import * as schema from './schema.ts';

/** Drizzle's query builder, bound to the pool or to a transaction. */
export type Queries = PgDatabase<NodePgQueryResultHKT, typeof schema>;

/** A hot statement: parsed and planned once for each connection. Names are unique in the hub. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Functions that must run inside a transaction ask for this type. */
export interface Transaction {
  readonly queries: Queries;
  /**
   * Runs a hot statement as it stands; `values` fill $1, $2, ... Statements that are called without waiting in between go out together and are
   * carried out in the order of the calls.
   */
  prepared<Row extends pg.QueryResultRow>(statement: Statement, values: unknown[]): Promise<Row[]>;
  /** Runs once the transaction has committed, never when it rolls back. */
  afterCommit(effect: () => void): void;
}

/**
 * A change that has been prepared: whatever could be found, checked and rendered beforehand has been. It is written in a transaction of its own or
 * together with others, which then are kept all or none; what only shows there may still refuse it.
 */
export type Write<Result = void> = (tx: Transaction) => Promise<Result>;

/** In their order. */
export function writeAll(writes: readonly Write<unknown>[]): Write {
  return async (tx) => {
    for (const write of writes) await write(tx);
  };
}

export interface Database extends AsyncDisposable {
  readonly pool: pg.Pool;
  readonly queries: Queries;
  readonly url: string;
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** A hot statement that is a transaction of its own. */
  prepared<Row extends pg.QueryResultRow>(statement: Statement, values: unknown[]): Promise<Row[]>;
}

export interface DatabaseOptions {
  readonly connections?: number;
  /**
   * For connections whose statements all find rows by key. A prepared statement keeps its plan, and one that was made while the tables were small
   * scans them whole for as long as it is kept, however large they become: here the planner never scans a table that has an index to offer.
   */
  readonly byKey?: boolean;
}

const BY_KEY = '-c enable_seqscan=off -c plan_cache_mode=force_generic_plan';

/** What the server estimates too high (a page of 50 rows by a generic plan) it would compile first, which takes many times as long as running it. */
const NO_COMPILING = '-c jit=off';

/**
 * Connections are pipelined: statements of a transaction that do not wait for one another's answers go out together, in the order in which they
 * were called.
 */
export function openDatabase(
  url: string,
  log: Logger,
  { connections = 16, byKey = false }: DatabaseOptions = {},
): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    application_name: 'weir-hub',
    keepAlive: true,
    // Whoever gets no connection for so long learns it, rather than waiting for ever.
    connectionTimeoutMillis: 30_000,
    pipeline: true,
    options: [NO_COMPILING, ...(byKey ? [BY_KEY] : [])].join(' '),
  });
  // Without a listener, an idle connection that the server closes ends the process.
  pool.on('error', ({ message }) => log.warn({ reason: message }, 'an idle database connection was lost'));
  pool.on('connect', (client) => client.on('error', () => {}));
  // Binding drizzle to a connection takes a while, so it is done once for each.
  const bound = new WeakMap<pg.PoolClient, Queries>();
  const bind = (client: pg.PoolClient): Queries => {
    const queries = bound.get(client) ?? drizzle(client, { schema, casing: 'snake_case' });
    bound.set(client, queries);
    return queries;
  };

  return {
    pool,
    queries: drizzle(pool, { schema, casing: 'snake_case' }),
    url,

    async transaction(work) {
      const client = await pool.connect();
      const effects: (() => void)[] = [];
      let isOver = false;
      let broken: Error | undefined;
      try {
        // It goes out with the first statement of the work; if it fails, so does everything after it.
        const begun = client.query('begin');
        begun.catch(() => {});
        const result = await work({
          queries: bind(client),
          prepared: async (statement, values) => {
            // Of statements sent together one may have failed: what comes after it must not run outside the transaction.
            if (isOver) throw new Error(`the transaction was over before ${statement.name}`);
            return (await client.query({ ...statement, values })).rows;
          },
          afterCommit: (effect) => effects.push(effect),
        });
        await begun;
        await client.query('commit');
        for (const effect of effects) effect();
        return result;
      } catch (error) {
        isOver = true;
        // A connection that cannot roll back is not given to anybody else.
        await client.query('rollback').catch((failure: Error) => {
          broken = failure;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    },

    prepared: async (statement, values) => (await pool.query({ ...statement, values })).rows,
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
