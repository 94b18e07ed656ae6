import { sql } from 'drizzle-orm';
import pino from 'pino';
import { expect, test, vi } from 'vitest';
import type { Database } from '../db/database.ts';
import { createTestDatabase } from '../db/testing/test-database.ts';
import { type JobHandlers, Jobs } from './jobs.ts';

const log = pino({ level: 'silent' });

/** Puts a job in a queue of its own, taken a minute ago by a worker pool. */
async function takenBy(pool: string, peerId: number, database: Database): Promise<void> {
  const jobs = new Jobs(database, log);
  await database.transaction((tx) =>
    jobs.enqueue(tx, 'read-catalogue', { peerId }, undefined, { queue: pool }),
  );
  const taken = sql`set locked_by = ${pool}, locked_at = now() - interval '1 minute'`;
  await database.queries.execute(
    sql`update graphile_worker._private_jobs ${taken} where payload->>'peerId' = ${String(peerId)}`,
  );
  await database.queries.execute(
    sql`update graphile_worker._private_job_queues ${taken} where queue_name = ${pool}`,
  );
}

test('what a killed process had taken is done by another, with what waits behind it; what a living one has taken is left to it', async () => {
  await using database = await createTestDatabase();
  await takenBy('pool-dead', 1, database);
  await takenBy('pool-alive', 2, database);
  const alive = await database.pool.connect();
  await alive.query(`select pg_advisory_lock(734051, hashtext('pool-alive'))`);
  const done: number[] = [];
  const handlers = { 'read-catalogue': async ({ peerId }: { peerId: number }) => void done.push(peerId) };
  {
    await using jobs = new Jobs(database, log);
    await jobs.start(handlers as unknown as JobHandlers);
    const behind = { queue: 'pool-dead' };
    await database.transaction((tx) => jobs.enqueue(tx, 'read-catalogue', { peerId: 3 }, undefined, behind));
    await vi.waitFor(() => expect(done).toEqual([1, 3]), 20_000);
  }
  const { rows } = await database.queries.execute(
    sql`select locked_by from graphile_worker._private_jobs where payload->>'peerId' = '2'`,
  );
  expect(rows).toEqual([{ locked_by: 'pool-alive' }]);
  alive.release(true);
});
