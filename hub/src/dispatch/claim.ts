import { retryConflicts } from '../db/conflicts.ts';
import type { Database, Statement } from '../db/database.ts';
import { isHolder } from './fencing.ts';
import type { GuestOrder } from './guests/assignment.ts';
import type { Pool } from './pools.ts';
import type { Submitter } from './submitter.ts';

/** A run taken from the queue, with all that its assignment needs. */
export interface ClaimedRun extends Submitter {
  readonly runId: number;
  readonly attempt: number;
  readonly phaseId: number;
  readonly taskId: number;
  readonly taskVersion: number;
  readonly submissionId: number;
  readonly leafId: number;
  readonly isRehearsal: boolean;
  readonly digest: string;
  readonly size: number;
  readonly factSheetAnswers: Record<string, unknown> | null;
  readonly leaseExpiresAt: number;
  readonly guest: null;
}

/** A run of another hub. */
export interface ClaimedGuest extends Pick<ClaimedRun, 'runId' | 'attempt' | 'leaseExpiresAt'> {
  readonly guest: GuestOrder;
}

/**
 * Leases up to $3 waiting runs of the given pools to a node. Each pool is read along its own index, oldest first within a priority, and rows that
 * another claim holds are skipped. The attempt number grows here and nowhere else.
 */
const CLAIM: Statement = {
  name: 'dispatch-claim',
  text: `
with picked as (
  select w.run_id from unnest($1::text[]) as p(pool) cross join lateral (
    select c.run_id, c.priority from claims c
    where c.node_id is null and c.pool = p.pool and (c.not_before is null or c.not_before <= now())
    order by c.priority desc, c.run_id limit $3 for update skip locked
  ) w order by w.priority desc, w.run_id limit $3
), leased as (
  update claims c set node_id = $2, attempt = c.attempt + 1, not_before = null, lease_expires_at = now() + $4 * interval '1 millisecond'
  from picked where c.run_id = picked.run_id returning c.run_id, c.attempt
), offered as (
  update runs r set state = 'offered', attempt = l.attempt, node_id = $2, started_at = null from leased l where r.id = l.run_id
  returning r.id, r.submission_id, l.attempt
)
select o.id::float8 as "runId", o.attempt, s.phase_id as "phaseId", s.task_id as "taskId", s.task_version as "taskVersion", s.id::float8 as "leafId",
  coalesce(s.parent_id, s.id)::float8 as "submissionId", s.owner_id as "submitterId", u.username as submitter,
  u.attributes as "submitterVouched", u.is_robot as "submitterIsRobot", s.is_rehearsal as "isRehearsal", f.digest, f.size::float8 as size,
  s.fact_sheet_answers as "factSheetAnswers", trunc(extract(epoch from now()) * 1000 + $4)::float8 as "leaseExpiresAt",
  case when o.submission_id is null then (
    select jsonb_build_object('hub', p.name, 'run', g.their_run, 'attempt', g.their_attempt, 'assignment', encode(g.assignment, 'base64'))
    from guest_runs g join peers p on p.id = g.peer_id where g.run_id = o.id
  ) end as guest
from offered o left join submissions s on s.id = o.submission_id left join users u on u.id = s.owner_id left join resources f on f.id = s.resource_id`,
};

export function claim(
  database: Database,
  pools: readonly Pool[],
  nodeId: string,
  runs: number,
  leaseMs: number,
): Promise<(ClaimedRun | ClaimedGuest)[]> {
  return database.prepared<(ClaimedRun | ClaimedGuest) & { [column: string]: unknown }>(CLAIM, [
    pools,
    nodeId,
    runs,
    leaseMs,
  ]);
}

/** Takes leases back that never reached their node; the runs wait again at once. */
const UNCLAIM: Statement = {
  name: 'dispatch-unclaim',
  text: `
with freed as (
  update claims c set node_id = null, lease_expires_at = null
  from unnest($2::bigint[], $3::int[]) as o(run_id, attempt)
  where c.run_id = o.run_id and c.attempt = o.attempt and c.node_id = $1 returning c.run_id, c.pool
)
update runs r set state = 'queued' from freed where r.id = freed.run_id returning freed.pool`,
};

export async function unclaim(
  database: Database,
  nodeId: string,
  attempts: readonly { runId: number; attempt: number }[],
): Promise<Pool[]> {
  const rows = await database.prepared<{ pool: Pool }>(UNCLAIM, [
    nodeId,
    attempts.map(({ runId }) => runId),
    attempts.map(({ attempt }) => attempt),
  ]);
  return rows.map(({ pool }) => pool);
}

/**
 * Extends the leases of what a node holds. A run that waits again after a lost lease, but was not leased anew, goes back to the node that still
 * works on it. Answers with the runs that are the node's.
 */
const EXTEND: Statement = {
  name: 'dispatch-extend',
  text: `
with seen as (
  update nodes set last_seen_at = now() where id = $1
), held as (
  select h.run_id, h.attempt, $1::uuid as node_id from unnest($2::bigint[], $3::int[]) as h(run_id, attempt)
), locked as (
  select c.run_id from held h join runs r on r.id = h.run_id join claims c on c.run_id = h.run_id and c.attempt = h.attempt
  where ${isHolder('h', 'r')}
  order by c.run_id for update of c
), kept as (
  update claims c set node_id = $1, not_before = null, lease_expires_at = now() + $4 * interval '1 millisecond'
  from locked l where c.run_id = l.run_id returning c.run_id
), again as (
  update runs r set state = 'offered' from kept where r.id = kept.run_id and r.state = 'queued'
)
select run_id::float8 as "runId" from kept`,
};

export async function extendLeases(
  database: Database,
  nodeId: string,
  held: readonly { runId: number; attempt: number }[],
  leaseMs: number,
): Promise<Set<number>> {
  const values = [nodeId, held.map(({ runId }) => runId), held.map(({ attempt }) => attempt), leaseMs];
  const rows = await retryConflicts(() => database.prepared<{ runId: number }>(EXTEND, values));
  return new Set(rows.map(({ runId }) => runId));
}
