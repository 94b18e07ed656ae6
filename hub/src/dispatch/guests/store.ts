import { eq } from 'drizzle-orm';
import { retryConflicts } from '../../db/conflicts.ts';
import type { Database, Queries, Statement, Transaction } from '../../db/database.ts';
import { peers } from '../../federation/peers/schema.ts';
import type { Fault } from '../faults.ts';
import { isHolder } from '../fencing.ts';
import { HISTORY } from '../history.ts';
import { type AttemptEnd, endColumns } from '../outcome.ts';
import type { Pool } from '../pools.ts';
import { guestRuns, runs } from '../schema.ts';
import type { GuestOrder } from './assignment.ts';

/** What another hub hands over. */
export interface NewGuest {
  readonly peerId: number;
  readonly theirRun: number;
  readonly theirAttempt: number;
  readonly competitionId: number;
  /** NAME@VERSION */
  readonly dataset: string;
  readonly isRehearsal: boolean;
  readonly siteId: number;
  /** Digest of what is asked, so that another run of the same number is told from this one. */
  readonly asked: string;
  readonly assignment: Buffer;
}

/** It is in no queue before `queueGuest`. @returns its run */
export async function insertGuest(
  { queries }: Pick<Transaction, 'queries'>,
  { siteId, ...guest }: NewGuest,
): Promise<number> {
  const [run] = await queries.insert(runs).values({ siteId }).returning({ id: runs.id });
  await queries.insert(guestRuns).values({ runId: run!.id, ...guest });
  return run!.id;
}

const QUEUE: Statement = {
  name: 'dispatch-queue-guest',
  text: `
with ready as (
  update guest_runs g set ready_at = now() from runs r
  where g.run_id = $1 and g.ready_at is null and r.id = g.run_id and r.state = 'queued' returning g.run_id, r.site_id
)
insert into claims (run_id, pool) select run_id, 'site:' || site_id from ready returning pool`,
};

/** Its files are here: from now on nodes of the site may take it. Null when it waits for none, or is over. */
export async function queueGuest(database: Database, runId: number): Promise<Pool | null> {
  const [row] = await database.prepared<{ pool: Pool }>(QUEUE, [runId]);
  return row?.pool ?? null;
}

export async function findGuestOrder(queries: Queries, runId: number): Promise<GuestOrder | null> {
  const [row] = await queries
    .select({
      hub: peers.name,
      run: guestRuns.theirRun,
      attempt: guestRuns.theirAttempt,
      assignment: guestRuns.assignment,
    })
    .from(guestRuns)
    .innerJoin(peers, eq(peers.id, guestRuns.peerId))
    .where(eq(guestRuns.runId, runId));
  return row?.assignment ? { ...row, assignment: row.assignment.toString('base64') } : null;
}

/**
 * Ends attempts at runs of other hubs, fenced as any: what `complete` does, without a submission to which anything would happen. They are not tried
 * again here, since whose run it is decides that.
 */
const END: Statement = {
  name: 'dispatch-end-guests',
  text: `
with ends as (
  select * from unnest($1::bigint[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::fault[], $7::jsonb[], $8::timestamptz[], $9::text[], $10::text[])
    as e(run_id, attempt, node_id, outcome, failure_code, fault, scores, started_at, image_digest, receipt)
), current as (
  select e.* from ends e join runs r on r.id = e.run_id and r.submission_id is null
  join claims c on c.run_id = e.run_id and c.attempt = e.attempt
  where ${isHolder('e', 'r')}
  order by c.run_id for update of c
), over as (
  delete from claims c using current e where c.run_id = e.run_id
), ${HISTORY}, ended as (
  update runs r set state = e.outcome::run_state, failure_code = e.failure_code, fault = e.fault, scores = e.scores, image_digest = e.image_digest,
    started_at = coalesce(e.started_at, r.started_at), finished_at = now(), waits_for = null, waits_until = null
  from current e where r.id = e.run_id
)
select run_id::float8 as "runId" from current`,
};

/** Answers with the runs that it has ended: those of other hubs whose token is good. */
export async function endGuests(database: Database, ends: readonly AttemptEnd[]): Promise<Set<number>> {
  const rows = await database.prepared<{ runId: number }>(END, [
    ...endColumns(ends),
    ends.map(({ receipt }) => receipt),
  ]);
  return new Set(rows.map(({ runId }) => runId));
}

/** Why this hub ends a run of another by itself. */
export interface GuestStop {
  readonly outcome: 'cancelled' | 'refused' | 'failed';
  readonly failureCode: string | null;
  readonly fault: Fault | null;
}

/** Whoever queues it at the same moment is through, or finds it over. */
const LOCK: Statement = {
  name: 'dispatch-lock-guests',
  text: `select from guest_runs where run_id = any($1) order by run_id for update`,
};

const STOP: Statement = {
  name: 'dispatch-stop-guests',
  text: `
with open as (
  select run_id, attempt, node_id from claims where run_id = any($1) order by run_id for update
), gone as (
  delete from claims c using open o where c.run_id = o.run_id
), recorded as (
  insert into attempts (run_id, attempt, node_id, outcome, failure_code)
  select run_id, attempt, node_id, $2, $3 from open where attempt > 0 on conflict do nothing
), ended as (
  update runs r set state = $2::run_state, failure_code = $3, fault = $4::fault, finished_at = now(), waits_for = null, waits_until = null
  where r.id = any($1) and r.submission_id is null and r.state not in ('finished', 'failed', 'cancelled', 'refused')
)
select run_id::float8 as "runId", attempt, node_id as "nodeId" from open where node_id is not null`,
};

/** Takes effect at once, also when the node is out of reach. @returns attempts whose nodes are to be told */
export function stopGuests(
  database: Database,
  runIds: readonly number[],
  { outcome, failureCode, fault }: GuestStop,
): Promise<{ runId: number; attempt: number; nodeId: string }[]> {
  return retryConflicts(() =>
    database.transaction(async (tx) => {
      await tx.prepared(LOCK, [runIds]);
      return tx.prepared<{ runId: number; attempt: number; nodeId: string }>(STOP, [
        runIds,
        outcome,
        failureCode,
        fault,
      ]);
    }),
  );
}
