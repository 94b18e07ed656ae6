import { timestampDate } from '@bufbuild/protobuf/wkt';
import { type Progress, RunState, WaitReason } from '@weir/proto/node/v1';
import type { Database, Statement } from '../db/database.ts';
import type { Topic } from '../live/bus.ts';
import { toAttemptKey } from './attempt-key.ts';

/**
 * Moves runs forward as nodes say they are; a run never goes back, so hints may arrive late or not at all; what it waits for may change while its state does not. The public status of the submission, and of
 * its parent, follows.
 */
const PROGRESS: Statement = {
  name: 'dispatch-progress',
  text: `
with told as (
  select * from unnest($1::bigint[], $2::int[], $3::uuid[], $4::run_state[], $5::submission_status[], $6::wait_reason[], $7::timestamptz[])
    as t(run_id, attempt, node_id, state, status, waits_for, waits_until)
), leaves as (
  select s.id, s.parent_id from submissions s where s.id in (select r.submission_id from runs r join told t on t.run_id = r.id) order by s.id for no key update
), parents as (
  select s.id from submissions s where s.id in (select parent_id from leaves) order by s.id for no key update
), moved as (
  update runs r set state = t.state, started_at = coalesce(r.started_at, now()), waits_for = t.waits_for, waits_until = t.waits_until
  from told t join claims c on c.run_id = t.run_id and c.attempt = t.attempt and c.node_id = t.node_id
  where (r.state < t.state or (r.state = t.state and (r.waits_for, r.waits_until) is distinct from (t.waits_for, t.waits_until)))
    and r.id = t.run_id and r.attempt = t.attempt and (r.submission_id is null or r.submission_id in (select id from leaves))
  returning r.submission_id, t.status
), guests as (
  select from moved where submission_id is null limit 1
), furthest as (
  select id, max(status) as status from (
    select submission_id as id, status from moved union all
    select p.id, m.status from moved m join leaves l on l.id = m.submission_id join parents p on p.id = l.parent_id
  ) both_levels group by id
), updated as (
  update submissions s set status = greatest(s.status, f.status), version = s.version + 1
  from furthest f where s.id = f.id and s.status < 'Finished'
  returning s.id, s.phase_id, s.owner_id
)
select id::float8 as id, phase_id as "phaseId", owner_id as "ownerId" from updated
union all select null, null, null from guests`,
};

const STATES = {
  [RunState.UNSPECIFIED]: null,
  [RunState.AWAITING_SITE]: ['awaiting_site', 'Submitted'],
  [RunState.PREPARING]: ['preparing', 'Preparing'],
  [RunState.PREDICTING]: ['predicting', 'Running'],
  [RunState.SCORING]: ['scoring', 'Scoring'],
  [RunState.REVIEWING]: ['reviewing', 'Scoring'],
  [RunState.REPORTING]: ['reporting', 'Scoring'],
} as const satisfies Record<RunState, readonly [state: string, status: string] | null>;

const WAITS: Readonly<Record<number, string | null>> = {
  [WaitReason.APPROVAL]: 'approval',
  [WaitReason.REVIEW]: 'review',
  [WaitReason.WINDOW]: 'window',
  [WaitReason.RATE]: 'rate',
};

/** What PostgreSQL and people can make sense of. */
function isDate(moment: Date | null): boolean {
  return moment !== null && Math.abs(moment.getTime() - Date.now()) < 10 * 365 * 86_400_000;
}

export interface NodeProgress {
  readonly nodeId: string;
  readonly progress: Progress;
}

export async function recordProgress(database: Database, told: readonly NodeProgress[]): Promise<Topic[]> {
  const known = told.flatMap(({ nodeId, progress }) => {
    const state = STATES[progress.state];
    const attempt = toAttemptKey(progress.attempt);
    const { waitsFor, waitsUntil } = progress;
    const until = WAITS[waitsFor] && waitsUntil ? timestampDate(waitsUntil) : null;
    return state && attempt
      ? [
          {
            nodeId,
            attempt,
            state,
            waitsFor: WAITS[waitsFor] ?? null,
            waitsUntil: isDate(until) ? until : null,
          },
        ]
      : [];
  });
  if (known.length === 0) return [];
  const changed = await database.prepared<{ id: number | null; phaseId: number; ownerId: number }>(PROGRESS, [
    known.map(({ attempt }) => attempt.runId),
    known.map(({ attempt }) => attempt.attempt),
    known.map(({ nodeId }) => nodeId),
    known.map(({ state }) => state[0]),
    known.map(({ state }) => state[1]),
    known.map(({ waitsFor }) => waitsFor),
    known.map(({ waitsUntil }) => waitsUntil),
  ]);
  return changed.flatMap(({ id, phaseId, ownerId }): Topic[] =>
    id === null ? ['guests'] : [`submission:${id}`, `phase:${phaseId}:owner:${ownerId}`],
  );
}
