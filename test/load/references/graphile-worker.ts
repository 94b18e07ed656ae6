import { EventEmitter } from 'node:events';
import { GroupCommit } from '@weir/hub/dispatch/group-commit';
import { Logger, makeWorkerUtils, run, type WorkerEvents } from 'graphile-worker';
import type pg from 'pg';
import type { Reference } from './reference.ts';

const TASK = 'noop';
const PAYLOAD = 'x'.repeat(1024);
const DRAINS_WITHIN_MS = 10_000;

/**
 * Jobs of graphile-worker with its settings as they come: each enqueued in a commit, taken in one, removed in one. Its job leaves no result
 * behind, and the next is enqueued before the last one's removal is known to be committed: both are to its advantage.
 *
 * @param coalesced enqueues that wait at the same moment share a commit
 */
export async function graphileWorker(
  pool: pg.Pool,
  { inFlight, coalesced }: { inFlight: number; coalesced: boolean },
): Promise<Reference> {
  const logger = new Logger(() => () => {});
  const ended = new Map<number, () => void>();
  const events: WorkerEvents = new EventEmitter();
  events.on('job:complete', ({ job }) => ended.get((job.payload as { lane: number }).lane)?.());
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  await utils.migrate();
  const runner = await run({
    pgPool: pool,
    taskList: { [TASK]: async () => {} },
    concurrency: inFlight,
    noHandleSignals: true,
    events,
    logger,
  });
  const enqueues = new GroupCommit(async (lanes: number[]) => [
    ...(await utils.addJobs(lanes.map((lane) => ({ identifier: TASK, payload: { lane, text: PAYLOAD } })))),
  ]);
  return {
    async one(lane) {
      const end = new Promise<void>((resolve) => ended.set(lane, resolve));
      if (coalesced) await enqueues.submit(lane);
      else await utils.addJob(TASK, { lane, text: PAYLOAD });
      await end;
    },

    async settle() {
      const until = performance.now() + DRAINS_WITHIN_MS;
      while (await isAnythingLeft(pool)) {
        if (performance.now() > until) throw new Error('graphile-worker has not removed its jobs in time');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },

    async [Symbol.asyncDispose]() {
      await runner.stop();
      await utils.release();
    },
  };
}

async function isAnythingLeft(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query('select from graphile_worker.jobs limit 1');
  return rows.length > 0;
}
