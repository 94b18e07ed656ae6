import type { Database, Statement } from '../db/database.ts';
import type { Topic } from '../live/bus.ts';
import { givenBack, takeBack } from './limits.ts';

/** Whether a submission has runs that are not over. */
function isOpen(submission: string): string {
  return `exists (select from runs o join claims c on c.run_id = o.id where o.submission_id = ${submission}.id)`;
}

/**
 * Ends every run of a submission that is not over, and the late sites of one that is. It takes effect at once, also when a node is out of reach: the
 * claim is gone, so whatever the node reports later is stale. An entry is given back to the participant unless one of its containers had started.
 */
const CANCEL: Statement = {
  name: 'dispatch-cancel',
  text: `
with family as (
  select id, parent_id, phase_id, owner_id, counted_on, holds_slot from submissions s
  where (id = $1 or parent_id = $1) and (status < 'Finished' or ${isOpen('s')}) order by parent_id nulls last, id for no key update
), open as (
  select c.run_id, c.attempt, c.node_id, r.state from claims c join runs r on r.id = c.run_id
  where r.submission_id in (select id from family) order by c.run_id for update of c
), gone as (
  delete from claims c using open o where c.run_id = o.run_id
), ended as (
  update runs r set state = 'cancelled', finished_at = now() from open o where r.id = o.run_id
), recorded as (
  insert into attempts (run_id, attempt, node_id, outcome) select run_id, attempt, node_id, 'cancelled' from open where attempt > 0 on conflict do nothing
), before as (
  -- Every run of the submission, also those that were over before.
  select r.state, r.fault, s.id, s.parent_id, r.state = 'finished' and (r.site_id is null or r.combined_at is not null) as counts from runs r join submissions s on s.id = r.submission_id where s.id = $1 or s.parent_id = $1
), started as (
  select exists (select from before where state in ('predicting', 'scoring', 'reviewing', 'reporting', 'finished') or (state = 'failed' and fault = 'participant')) as yes
), unused as (${givenBack('(select f.*, not started.yes as refund, f.holds_slot as frees_slot from family f, started) ended')}
), refunds as (
  update submission_usage u set ${takeBack('f')}
  from unused f where u.phase_id = f.phase_id and u.user_id = f.owner_id
), closed as (
  -- What is scored already stays, and so does its place on the board. Scores of sites that were not combined yet no longer are.
  update submissions s set finished_at = coalesce(s.finished_at, now()), version = s.version + 1,
    status = case when s.status >= 'Finished' then s.status
      when exists (select from before b where b.counts and (b.id = s.id or b.parent_id = s.id)) then 'Finished' else 'Cancelled' end::submission_status,
    counted_on = case when started.yes then s.counted_on end, holds_slot = false
  from family f, started where s.id = f.id
)
select 'submission' as kind, id::float8 as id, phase_id as "phaseId", owner_id as "ownerId", null::int as attempt, null::uuid as "nodeId" from family
union all
select 'run', run_id::float8, null, null, attempt, node_id from open where node_id is not null`,
};

export interface CancelledRun {
  readonly runId: number;
  readonly attempt: number;
  readonly nodeId: string;
}

export async function cancelSubmission(
  database: Database,
  submissionId: number,
): Promise<{ runs: CancelledRun[]; topics: Topic[] }> {
  const rows = await database.prepared<
    | { kind: 'submission'; id: number; phaseId: number; ownerId: number }
    | { kind: 'run'; id: number; attempt: number; nodeId: string }
  >(CANCEL, [submissionId]);
  return {
    runs: rows.flatMap((row) =>
      row.kind === 'run' ? [{ runId: row.id, attempt: row.attempt, nodeId: row.nodeId }] : [],
    ),
    topics: rows.flatMap((row): Topic[] =>
      row.kind === 'submission' ? [`submission:${row.id}`, `phase:${row.phaseId}:owner:${row.ownerId}`] : [],
    ),
  };
}

const OPEN: Statement = {
  name: 'dispatch-open-submissions',
  text: `
select s.id::float8 as id from submissions s join phases p on p.id = s.phase_id
where p.competition_id = $1 and s.parent_id is null and (
  s.status < 'Finished' or ${isOpen('s')} or exists (select from submissions l where l.parent_id = s.id and ${isOpen('l')})
) order by s.id`,
};

/** Root submissions of a competition that are not over, or have late sites. */
export async function openSubmissions(database: Database, competitionId: number): Promise<number[]> {
  return (await database.prepared<{ id: number }>(OPEN, [competitionId])).map(({ id }) => id);
}
