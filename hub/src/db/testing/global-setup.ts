import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import pino from 'pino';
import type { TestProject } from 'vitest/node';
import { Jobs } from '../../jobs/jobs.ts';
import { openDatabase } from '../database.ts';
import { startEmbeddedPostgres } from '../embedded-postgres.ts';
import { migrate } from '../migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the server's `postgres` database, from which test databases are made. */
    databaseServer: string;
  }
}

export const TEMPLATE = 'weir_template';

/** Starts one PostgreSQL server for all service tests and migrates the template that `createTestDatabase` clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = pino({ level: 'silent' });
  const home = await mkdtemp(join(tmpdir(), 'weir-test-'));
  // Else, as root, the data would lie outside of it.
  await chmod(home, 0o755);
  const server = await startEmbeddedPostgres(join(home, 'postgres'), log);
  const address = (database: string) => Object.assign(new URL(server.url), { pathname: database }).href;
  const admin = new pg.Client({ connectionString: address('postgres') });
  await admin.connect();
  // Nothing here outlives the tests, so nothing waits for the disk.
  await admin.query('alter system set fsync = off');
  await admin.query('alter system set synchronous_commit = off');
  await admin.query('select pg_reload_conf()');
  await admin.query(`create database ${TEMPLATE}`);
  await migrateTemplate(address(TEMPLATE), log);
  project.provide('databaseServer', address('postgres'));
  return async () => {
    const { rows } = await admin.query(`select datname from pg_database where datname like 'weir_test_%'`);
    await admin.end();
    await server[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
    if (rows.length > 0)
      throw new Error(`tests left ${rows.length} databases behind: dispose what createTestDatabase gave`);
  };
}

async function migrateTemplate(url: string, log: pino.Logger): Promise<void> {
  await migrate(url);
  await using database = openDatabase(url, log, { connections: 1 });
  await new Jobs(database, log).migrate();
}
