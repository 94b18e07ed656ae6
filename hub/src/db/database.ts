import type { NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { PgDatabase } from 'drizzle-orm/pg-core';
import pg from 'pg';
import type { Logger } from 'pino';
import * as schema from './schema.ts';

/** Drizzle's query builder, bound to the pool or to a transaction. */
export type Queries = PgDatabase<NodePgQueryResultHKT, typeof schema>;

/** Functions that must run inside a transaction ask for this type. */
export interface Transaction {
  readonly queries: Queries;
  /** Runs once the transaction has committed, never when it rolls back. */
  afterCommit(effect: () => void): void;
}

export interface Database extends AsyncDisposable {
  /** For the hot statements, which stand alone as prepared SQL. */
  readonly pool: pg.Pool;
  readonly queries: Queries;
  readonly url: string;
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

export function openDatabase(url: string, log: Logger, { connections = 16 } = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    application_name: 'weir-hub',
    keepAlive: true,
  });
  // Without a listener, an idle connection that the server closes ends the process.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection was lost'));
  const queries = drizzle(pool, { schema, casing: 'snake_case' });
  return {
    pool,
    queries,
    url,
    async transaction(work) {
      const effects: (() => void)[] = [];
      const result = await queries.transaction((tx) =>
        work({ queries: tx, afterCommit: (effect) => effects.push(effect) }),
      );
      for (const effect of effects) effect();
      return result;
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
