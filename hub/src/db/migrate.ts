import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';

export const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Any number, the same in every hub process. */
const LOCK = 7_340_512_001;

/**
 * Brings the database to this version's schema. Hub processes that start together do it one after the other: the advisory lock is held by the
 * very connection that migrates, and dies with it. drizzle picks migrations by time stamp, so a file merged late could be skipped
 * without a word: the counts are compared afterwards.
 */
export async function migrate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'weir-hub migrate' });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await applyMigrations(drizzle(client), { migrationsFolder: MIGRATIONS });
    const expected = (
      JSON.parse(readFileSync(`${MIGRATIONS}/meta/_journal.json`, 'utf8')) as { entries: unknown[] }
    ).entries.length;
    const { rows } = await client.query<{ count: number }>(
      'select count(*)::int as count from drizzle.__drizzle_migrations',
    );
    if (rows[0]?.count !== expected) {
      throw new Error(
        `the database has ${rows[0]?.count} migrations applied and this version knows ${expected}: it was migrated by a newer version, ` +
          'or a migration was skipped; run the newer version, or restore the backup made before it',
      );
    }
  } finally {
    await client.end();
  }
}
