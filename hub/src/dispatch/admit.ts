import type { Database, Statement } from '../db/database.ts';
import type { NewSubmission } from './admission.ts';
import { GroupCommit } from './group-commit.ts';
import { isSameMonth, NO_LIMIT } from './limits.ts';
import type { Pool } from './pools.ts';
import type { NodeSession } from './sessions.ts';
import type { Submitter } from './submitter.ts';

/** A submission with the ids that it and its parts will have. */
export interface Admission {
  readonly id: number;
  readonly submission: NewSubmission;
  /** With one task the submission itself; with several, a child for each. */
  readonly leaves: readonly { id: number; taskId: number; taskVersion: number }[];
  readonly runs: readonly PlannedRun[];
}

export interface PlannedRun {
  readonly id: number;
  readonly leafId: number;
  readonly taskId: number;
  readonly siteId: number | null;
  readonly pool: Pool;
  /** Where room has been set aside for it; null: it waits. */
  readonly session: NodeSession | null;
}

/** What an assignment needs of the submission, read as it is admitted. */
export interface AdmittedSubmission extends Submitter {
  readonly digest: string;
  readonly size: number;
  readonly leaseExpiresAt: number;
}

/**
 * Admits many submissions in one statement, which is one commit: limits counted and checked under the row lock of (phase, person), submissions,
 * runs and claims inserted, those with a node leased to it already. What is over a limit or outside the phase's dates inserts nothing and
 * is missing from the answer. A person enters a phase at most once in a batch, since `on conflict` touches a row once.
 */
const ADMIT: Statement = {
  name: 'dispatch-admit',
  text: `
with asked as (
  select * from unnest($1::bigint[], $2::int[], $3::int[], $4::int[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::bool[], $10::text[], $11::bool[], $12::int[], $23::int[])
    as a(id, phase_id, owner_id, resource_id, name, description, file_name, answers, limited, status, re_run, task_id, task_version)
), counted as (
  insert into submission_usage as u (phase_id, user_id, day, used_today, used_this_month, used_in_all, in_flight)
  select a.phase_id, a.owner_id, (now() at time zone 'utc')::date, 1, 1, 1, (p.max_concurrent_submissions is not null)::int
  from asked a join phases p on p.id = a.phase_id
  where a.limited and p.starts_at <= now() and (p.ends_at is null or p.ends_at > now())
  order by a.phase_id, a.owner_id
  on conflict (phase_id, user_id) do update
    set day = excluded.day,
        used_today = case when u.day = excluded.day then u.used_today else 0 end + 1,
        used_this_month = case when ${isSameMonth('u.day', 'excluded.day')} then u.used_this_month else 0 end + 1,
        used_in_all = u.used_in_all + 1,
        in_flight = u.in_flight + greatest(excluded.in_flight, (u.own_at_a_time is not null)::int)
    where not u.is_blocked and (
      select (u.day <> excluded.day or u.used_today < coalesce(u.own_per_day, p.max_submissions_per_day, ${NO_LIMIT}))
        and (u.used_this_month < coalesce(u.own_per_month, p.max_submissions_per_month, ${NO_LIMIT}) or not ${isSameMonth('u.day', 'excluded.day')})
        and u.used_in_all < coalesce(u.own_in_all, p.max_submissions_per_person, ${NO_LIMIT})
        and u.in_flight < coalesce(u.own_at_a_time, p.max_concurrent_submissions, ${NO_LIMIT})
      from phases p where p.id = u.phase_id)
  returning u.phase_id, u.user_id, u.day,
    u.own_at_a_time is not null or (select p.max_concurrent_submissions is not null from phases p where p.id = u.phase_id) as holds_slot
), admitted as (
  select a.*, c.day, coalesce(c.holds_slot, false) as holds_slot from asked a
  left join counted c on a.limited and c.phase_id = a.phase_id and c.user_id = a.owner_id
  where not a.limited or c.user_id is not null
), roots as (
  insert into submissions (id, phase_id, owner_id, task_id, task_version, resource_id, name, description, file_name, fact_sheet_answers, status, is_specific_task_re_run, counted_on, holds_slot)
  select id, phase_id, owner_id, task_id, task_version, resource_id, name, description, file_name, answers, status::submission_status, re_run, day, holds_slot from admitted
), children as (
  insert into submissions (id, parent_id, phase_id, owner_id, task_id, task_version, resource_id, name, description, file_name, fact_sheet_answers, status, is_specific_task_re_run)
  select c.id, a.id, a.phase_id, a.owner_id, c.task_id, c.task_version, a.resource_id, a.name, a.description, a.file_name, a.answers, a.status::submission_status, a.re_run
  from unnest($13::bigint[], $14::bigint[], $15::int[], $24::int[]) as c(id, parent_id, task_id, task_version) join admitted a on a.id = c.parent_id
), started as (
  select r.* from unnest($16::bigint[], $17::bigint[], $18::bigint[], $19::int[], $20::text[], $21::uuid[])
    as r(id, root_id, leaf_id, site_id, pool, node_id) join admitted a on a.id = r.root_id
), run_rows as (
  insert into runs (id, submission_id, site_id, state, attempt, node_id)
  select id, leaf_id, site_id, case when node_id is null then 'queued' else 'offered' end::run_state, (node_id is not null)::int, node_id from started
), claim_rows as (
  insert into claims (run_id, pool, attempt, node_id, lease_expires_at)
  select id, pool, (node_id is not null)::int, node_id, case when node_id is not null then now() + $22 * interval '1 millisecond' end from started
)
select a.id::float8 as id, r.digest, r.size::float8 as size, u.id as "submitterId", u.username as submitter,
  u.attributes as "submitterVouched", u.is_robot as "submitterIsRobot", trunc(extract(epoch from now()) * 1000 + $22)::float8 as "leaseExpiresAt"
from admitted a join resources r on r.id = a.resource_id join users u on u.id = a.owner_id`,
};

export function admissions(
  database: Database,
  leaseMs: number,
): GroupCommit<Admission, AdmittedSubmission | null> {
  return new GroupCommit((batch) => admit(database, leaseMs, batch), {
    excludes: ({ submission }) => (submission.limited ? `${submission.phaseId} ${submission.ownerId}` : null),
  });
}

async function admit(
  database: Database,
  leaseMs: number,
  batch: Admission[],
): Promise<(AdmittedSubmission | null)[]> {
  const entered = batch.map(({ submission }) => submission);
  const children = batch.flatMap(({ id, leaves }) =>
    leaves.filter((leaf) => leaf.id !== id).map((leaf) => ({ ...leaf, parentId: id })),
  );
  const runs = batch.flatMap(({ id, runs }) => runs.map((run) => ({ ...run, rootId: id })));
  const rows = await database.prepared<AdmittedSubmission & { id: number }>(ADMIT, [
    batch.map(({ id }) => id),
    entered.map(({ phaseId }) => phaseId),
    entered.map(({ ownerId }) => ownerId),
    entered.map(({ resourceId }) => resourceId),
    entered.map(({ name }) => name),
    entered.map(({ description }) => description),
    entered.map(({ fileName }) => fileName),
    entered.map(({ factSheetAnswers }) => factSheetAnswers && JSON.stringify(factSheetAnswers)),
    entered.map(({ limited }) => limited),
    entered.map(({ start }) => (start ? 'Submitted' : 'Submitting')),
    entered.map(({ isSpecificTaskReRun }) => isSpecificTaskReRun),
    batch.map(({ id, leaves }) => leaves.find((leaf) => leaf.id === id)?.taskId ?? null),
    children.map(({ id }) => id),
    children.map(({ parentId }) => parentId),
    children.map(({ taskId }) => taskId),
    runs.map(({ id }) => id),
    runs.map(({ rootId }) => rootId),
    runs.map(({ leafId }) => leafId),
    runs.map(({ siteId }) => siteId),
    runs.map(({ pool }) => pool),
    runs.map(({ session }) => session?.node.id ?? null),
    leaseMs,
    batch.map(({ id, leaves }) => leaves.find((leaf) => leaf.id === id)?.taskVersion ?? 1),
    children.map(({ taskVersion }) => taskVersion),
  ]);
  const admitted = new Map(rows.map((row) => [row.id, row]));
  return batch.map(({ id }) => admitted.get(id) ?? null);
}
