import type { Database, Statement } from '../db/database.ts';
import { ATTEMPTS_EXHAUSTED, NODE_REVOKED } from './faults.ts';
import type { AttemptEnd } from './outcome.ts';
import type { Pool } from './pools.ts';

/** Leases that ran out: the run waits again, unless it has had all its attempts. The node, if it is alive, learns it with its next heartbeat. */
const EXPIRE: Statement = {
  name: 'dispatch-expire',
  text: `
with expired as (
  select run_id, attempt, node_id from claims where node_id is not null and lease_expires_at < now() and attempt < $1
  order by run_id limit 1000 for update skip locked
), freed as (
  update claims c set node_id = null, lease_expires_at = null from expired e where c.run_id = e.run_id
), recorded as (
  insert into attempts (run_id, attempt, node_id, outcome) select run_id, attempt, node_id, 'lost' from expired on conflict do nothing
)
update runs r set state = 'queued' from expired e where r.id = e.run_id returning r.id::float8 as "runId"`,
};

const EXHAUSTED: Statement = {
  name: 'dispatch-exhausted',
  text: `select run_id::float8 as "runId", attempt, node_id as "nodeId" from claims where lease_expires_at < now() and attempt >= $1 limit 1000`,
};

const LEASED: Statement = {
  name: 'dispatch-leased-to',
  text: `select run_id::float8 as "runId", attempt, node_id as "nodeId" from claims where node_id = $1`,
};

const UNSETTLED: Statement = {
  name: 'dispatch-unsettled',
  text: `
select c.run_id::float8 as "runId" from claims c join runs r on r.id = c.run_id
where c.node_id is null and c.attempt > 0 and r.site_id is not null
  and exists (select from runs o where o.submission_id = r.submission_id and o.scores is not null and o.combined_at is null)`,
};

const BACKLOG: Statement = {
  name: 'dispatch-backlog',
  text: `select distinct pool from claims where node_id is null and (not_before is null or not_before <= now())`,
};

/** Runs that wait again. */
export async function expireLeases(database: Database, maxAttempts: number): Promise<number[]> {
  return (await database.prepared<{ runId: number }>(EXPIRE, [maxAttempts])).map(({ runId }) => runId);
}

/** Runs whose last attempt was lost, as ends for `complete`: the fault of the site. */
export async function exhaustedRuns(database: Database, maxAttempts: number): Promise<AttemptEnd[]> {
  return (await database.prepared<LeasedRow>(EXHAUSTED, [maxAttempts])).map((row) =>
    lostEnd(row, ATTEMPTS_EXHAUSTED),
  );
}

/** What is leased to a node that was revoked, as ends for `complete`: nothing that it reports from then on is its to report. */
export async function revokedRuns(database: Database, nodeId: string): Promise<AttemptEnd[]> {
  return (await database.prepared<LeasedRow>(LEASED, [nodeId])).map((row) => lostEnd(row, NODE_REVOKED));
}

type LeasedRow = { runId: number; attempt: number; nodeId: string };

function lostEnd(leased: LeasedRow, failureCode: string): AttemptEnd {
  return {
    ...leased,
    outcome: 'failed',
    failureCode,
    fault: 'site',
    scores: null,
    startedAt: null,
    imageDigest: null,
    receipt: null,
  };
}

/**
 * Runs of sites that wait again after an attempt, beside others that have brought scores which are not in a combined one: who loses a lease
 * may be what those waited for.
 */
export async function unsettledRuns(database: Database): Promise<number[]> {
  return (await database.prepared<{ runId: number }>(UNSETTLED, [])).map(({ runId }) => runId);
}

/** Pools in which a run could start now. */
export async function poolsWithBacklog(database: Database): Promise<Pool[]> {
  return (await database.prepared<{ pool: Pool }>(BACKLOG, [])).map(({ pool }) => pool);
}
