import type { Database, Statement, Transaction } from '../db/database.ts';
import type { Boards } from '../leaderboards/boards.ts';
import { boardEffects } from '../leaderboards/scoring.ts';
import type { Topic } from '../live/bus.ts';
import { type SettledLeaf, settleSites } from '../submissions/many-sites/settle.ts';
import { isRetried } from './faults.ts';
import { isHolder } from './fencing.ts';
import { HISTORY } from './history.ts';
import { type AttemptEnd, endColumns } from './outcome.ts';
import { type Leaf, lockParents, settleLeaves, settleOnlyRun, summarise } from './settle.ts';

export type Settlement = 'accepted' | 'stale' | 'rejected';

export interface Completion {
  readonly settlements: Settlement[];
  readonly topics: Topic[];
}

/**
 * Ends attempts whose fencing token is still good: the claim names the attempt, and it is leased to the node, or waits again after this very node lost
 * its lease. Runs that end for good lose their claim, those to be tried again go back to the queue with a delay that doubles.
 *
 * It locks the leaves first, in one order everywhere, so that the sites of one submission settle one after the other. A run without a site is its
 * leaf's only one.
 */
const END_ATTEMPTS: Statement = {
  name: 'dispatch-end-attempts',
  text: `
with ends as (
  select * from unnest($1::bigint[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::fault[], $7::jsonb[], $8::timestamptz[], $9::text[], $10::bool[], $12::text[])
    as e(run_id, attempt, node_id, outcome, failure_code, fault, scores, started_at, image_digest, retry, receipt)
), leaves as (
  select r.id as run_id, r.node_id, r.site_id, s.id, s.parent_id, s.phase_id, s.owner_id
  from ends e join runs r on r.id = e.run_id join submissions s on s.id = r.submission_id
  order by s.id for no key update of s
), current as (
  select e.*, e.retry and c.attempt < $11 as again, l.site_id, l.id as leaf_id, l.parent_id, l.phase_id, l.owner_id
  from leaves l join ends e on e.run_id = l.run_id
  join claims c on c.run_id = e.run_id and c.attempt = e.attempt
  where ${isHolder('e', 'l')}
  order by c.run_id for update of c
), over as (
  delete from claims c using current e where c.run_id = e.run_id and not e.again
), again as (
  update claims c set node_id = null, lease_expires_at = null, not_before = now() + (2 ^ c.attempt) * interval '1 second'
  from current e where c.run_id = e.run_id and e.again
), ${HISTORY}, ended as (
  update runs r set
    state = case when e.again then 'queued' else e.outcome end::run_state,
    failure_code = e.failure_code, fault = e.fault, scores = e.scores, image_digest = e.image_digest,
    started_at = coalesce(e.started_at, r.started_at),
    finished_at = case when not e.again then now() end
  from current e where r.id = e.run_id
)
select run_id::float8 as "runId", again, site_id is null as "isOnlyRun", leaf_id::float8 as "leafId", parent_id::float8 as "parentId",
  phase_id as "phaseId", owner_id as "ownerId"
from current`,
};

/** Reports that did not match: sent before and recorded (accepted), overtaken by a later attempt (stale), or never this node's (rejected). */
const EXPLAIN: Statement = {
  name: 'dispatch-explain-stale',
  text: `
select e.run_id::float8 as "runId", e.attempt, bool_or(a.outcome is not null and a.outcome <> 'lost') as "isKnown", bool_or(r.id is not null) as "isOurs"
from unnest($1::bigint[], $2::int[], $3::uuid[]) as e(run_id, attempt, node_id)
left join attempts a on a.run_id = e.run_id and a.attempt = e.attempt and a.node_id = e.node_id
left join runs r on r.id = e.run_id and (r.node_id = e.node_id or a.run_id is not null) and e.attempt <= r.attempt
group by e.run_id, e.attempt`,
};

/**
 * Records how attempts ended, with everything that follows from it, in one transaction: runs, history, limits, the submissions' status, scores and
 * board. Idempotent: what was recorded before is recognised.
 */
export async function complete(
  { database, boards, maxAttempts }: { database: Database; boards: Boards; maxAttempts: number },
  ends: readonly AttemptEnd[],
): Promise<Completion> {
  return database.transaction(async (tx) => {
    const current = await endAttempts(tx, ends, maxAttempts);
    const leaves = new Map(current.map((ended) => [ended.leafId, ended]));
    const settled = [...onlyRuns(current, ends), ...(await atSites(tx, boards, current))];
    const { progress, scored, topics } = summarise([...leaves.values()], settled);
    // Parts of one submission that end at the same moment place the whole one after the other.
    const [, boardTopics, settlements] = await Promise.all([
      lockParents(tx, progress),
      boardEffects(tx, boards, scored),
      explain(tx, ends, new Set(current.map(({ runId }) => runId))),
      settleLeaves(tx, progress),
    ]);
    return {
      settlements,
      topics: [...topics, ...boardTopics],
    };
  });
}

interface EndedAttempt extends Leaf {
  readonly runId: number;
  /** The run waits for another attempt. */
  readonly again: boolean;
  readonly isOnlyRun: boolean;
}

/** Of leaves with one run, the report says all there is to know. */
function onlyRuns(current: readonly EndedAttempt[], ends: readonly AttemptEnd[]): SettledLeaf[] {
  const reported = new Map(ends.map((end) => [end.runId, end]));
  return current.flatMap(({ runId, leafId, again, isOnlyRun }) => {
    const end = reported.get(runId);
    if (!isOnlyRun || !end) return [];
    const { failureCode, fault, scores, outcome } = end;
    return [settleOnlyRun({ leafId, state: again ? 'queued' : outcome, failureCode, fault, scores })];
  });
}

/** Of leaves that went to sites, the other sites have a say. */
async function atSites(
  tx: Transaction,
  boards: Boards,
  current: readonly EndedAttempt[],
): Promise<SettledLeaf[]> {
  const ended = current.filter(({ isOnlyRun }) => !isOnlyRun);
  if (ended.length === 0) return [];
  const phases = new Map(ended.map(({ leafId, phaseId }) => [leafId, phaseId]));
  const found = await boards.get(tx, phases.values());
  const runIds = ended.map(({ runId }) => runId);
  return settleSites(tx, runIds, (leafId) => found.get(phases.get(leafId) ?? 0));
}

function endAttempts(
  tx: Transaction,
  ends: readonly AttemptEnd[],
  maxAttempts: number,
): Promise<EndedAttempt[]> {
  return tx.prepared<EndedAttempt & { [column: string]: unknown }>(END_ATTEMPTS, [
    ...endColumns(ends),
    ends.map((end) => end.outcome === 'failed' && isRetried(end)),
    maxAttempts,
    ends.map(({ receipt }) => receipt),
  ]);
}

async function explain(
  tx: Transaction,
  ends: readonly AttemptEnd[],
  current: ReadonlySet<number>,
): Promise<Settlement[]> {
  const others = ends.filter(({ runId }) => !current.has(runId));
  if (others.length === 0) return ends.map(() => 'accepted');
  const rows = await tx.prepared<{
    runId: number;
    attempt: number;
    isKnown: boolean | null;
    isOurs: boolean;
  }>(EXPLAIN, [
    others.map(({ runId }) => runId),
    others.map(({ attempt }) => attempt),
    others.map(({ nodeId }) => nodeId),
  ]);
  return ends.map((end) => {
    if (current.has(end.runId)) return 'accepted';
    const row = rows.find(({ runId, attempt }) => runId === end.runId && attempt === end.attempt);
    if (row?.isKnown) return 'accepted';
    return row?.isOurs ? 'stale' : 'rejected';
  });
}
