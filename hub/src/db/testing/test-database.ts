import { randomBytes } from 'node:crypto';
import pg from 'pg';
import pino from 'pino';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../database.ts';
import { TEMPLATE } from './global-setup.ts';

/**
 * A database of its own with every table and nothing in it. One for each test file is enough: `beforeAll` makes it, `afterAll`
 * disposes it. Disposing fails while anything else is still connected, since that is a leak in what was tested.
 */
export function createTestDatabase(): Promise<Database> {
  return createDatabase(`template ${TEMPLATE}`);
}

/** The same without any table, for migrations. */
export function createEmptyDatabase(): Promise<Database> {
  return createDatabase('');
}

async function createDatabase(template: string): Promise<Database> {
  const name = `weir_test_${randomBytes(6).toString('hex')}`;
  const server = inject('databaseServer');
  // Two clones of one template at the same moment disturb each other; the lock makes them take turns.
  await withClient(server, async (client) => {
    await client.query('select pg_advisory_lock(1)');
    await client.query(`create database ${name} ${template}`);
  });
  const url = Object.assign(new URL(server), { pathname: name }).href;
  const database = openDatabase(url, pino({ level: 'silent' }), { connections: 8 });
  return {
    ...database,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await withClient(server, (client) => dropOnceUnused(client, name));
    },
  };
}

/** A server process ends a moment after its client has said goodbye. */
async function dropOnceUnused(client: pg.Client, name: string): Promise<void> {
  const deadline = Date.now() + 3_000;
  for (;;) {
    const { rows } = await client.query(
      'select application_name, query from pg_stat_activity where datname = $1',
      [name],
    );
    if (rows.length === 0) break;
    if (Date.now() > deadline) {
      await client.query(`drop database ${name} with (force)`);
      throw new Error(`still connected to the test database: ${JSON.stringify(rows)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await client.query(`drop database ${name}`);
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
