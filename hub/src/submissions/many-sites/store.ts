import { DEFAULT_SITE_RULE, type SiteRule } from '../../bundles/site-rule.ts';
import type { Statement, Transaction } from '../../db/database.ts';
import type { Fault } from '../outcome.ts';
import type { Shown } from './disclosure.ts';
import { type SiteRun, stepsOf } from './standing.ts';

/** A run of a leaf that went to sites, with what its leaf and its task (the version that it was admitted with) say. */
export interface SiteRunRow extends SiteRun {
  readonly leafId: number;
  readonly ownerId: number;
  /** NAME@VERSION: what several tasks may ask the same sites about. */
  readonly dataset: string;
  /** Null: the default one, which keeps no rehearsal waiting. */
  readonly rule: SiteRule | null;
  readonly failureCode: string | null;
  readonly fault: Fault | null;
}

/**
 * What the site shares and how much it counts, as it stands when the run ends. Towards a person from whom it has kept a score of the dataset before,
 * a site does not begin to share: the same program entered again would bring back what it had kept, and with it solve for others.
 * Rehearsals see nothing that anybody would keep to themselves.
 */
const NOTE_ENDS: Statement = {
  name: 'sites-note-ends',
  text: `
update runs r set shares_scores = l.is_rehearsal or (s.shares_scores and not exists (
  select from submissions k join task_setups kt on kt.task_id = k.task_id and kt.version = k.task_version join runs kr on kr.submission_id = k.id
  where k.owner_id = l.owner_id and kt.site_dataset_name = t.site_dataset_name and kt.site_dataset_version = t.site_dataset_version
    and kr.site_id = s.id and not kr.shares_scores and kr.scores is not null
)), site_weight = (
  select (d.counts ->> (t.site_rule ->> 'weight'))::float8 from site_datasets d
  where d.site_id = s.id and d.name = t.site_dataset_name and d.version = t.site_dataset_version
)
from sites s, submissions l, task_setups t
where r.id = any($1) and s.id = r.site_id and l.id = r.submission_id and t.task_id = l.task_id and t.version = l.task_version and r.finished_at is not null and r.shares_scores is null`,
};

/** All runs of the leaves that the given runs belong to. */
const RUNS_OF_LEAVES: Statement = {
  name: 'sites-runs-of-leaves',
  text: `
select r.submission_id::float8 as "leafId", l.owner_id as "ownerId", t.site_dataset_name || '@' || t.site_dataset_version as dataset,
  case when not l.is_rehearsal then t.site_rule end as rule, r.id::float8 as "runId", r.site_id as "siteId", s.title as "siteTitle", r.state, r.failure_code as "failureCode", r.fault, r.scores,
  coalesce(r.shares_scores, s.shares_scores or l.is_rehearsal) as "sharesScores", r.site_weight as "siteWeight", (extract(epoch from r.combined_at) * 1e6)::float8 as "combinedAt"
from submissions l join task_setups t on t.task_id = l.task_id and t.version = l.task_version join runs r on r.submission_id = l.id join sites s on s.id = r.site_id
where l.id in (select submission_id from runs where id = any($1)) order by r.id`,
};

/** Serializes what is shown to one person of one dataset. Taken after the rows of submissions and claims, and in one order. */
const LOCK_AUDIENCE: Statement = {
  name: 'sites-lock-audience',
  text: `select pg_advisory_xact_lock(key) from (select distinct hashtextextended('sites ' || a.audience, 0) as key from unnest($1::text[]) as a(audience) order by 1) keys`,
};

/** What was ever shown of combined scores, and of sites that shared their own: also of submissions that are deleted by now. */
const SHOWN: Statement = {
  name: 'sites-shown',
  text: `
select r.submission_id::float8 as "leafId", l.owner_id as "ownerId", t.site_dataset_name || '@' || t.site_dataset_version as dataset, t.site_rule as rule,
  r.id::float8 as "runId", r.site_id as "siteId", '' as "siteTitle", r.state, r.scores, coalesce(r.shares_scores, false) as "sharesScores",
  r.site_weight as "siteWeight", (extract(epoch from r.combined_at) * 1e6)::float8 as "combinedAt", null as "failureCode", null as fault
from unnest($1::int[], $2::text[]) as a(owner_id, dataset)
join submissions l on l.owner_id = a.owner_id and not l.is_rehearsal
join task_setups t on t.task_id = l.task_id and t.version = l.task_version and t.site_dataset_name || '@' || t.site_dataset_version = a.dataset
join runs r on r.submission_id = l.id
where r.site_id is not null and exists (
  select from runs c where c.submission_id = l.id and (c.combined_at is not null or (c.shares_scores and c.scores is not null))
)`,
};

/**
 * A transaction that waited for another to combine the same leaf may have begun before it: what is added later is noted as later all the same, by as
 * much as can be told apart wherever moments are read.
 */
const COMBINE: Statement = {
  name: 'sites-combine',
  text: `
with before as (
  select submission_id, max(combined_at) as combined_at from runs
  where submission_id in (select submission_id from runs where id = any($1)) group by submission_id
)
update runs r set combined_at = greatest(now(), b.combined_at + interval '1 millisecond') from before b
where r.id = any($1) and b.submission_id = r.submission_id`,
};

/** Whoever follows a submission that is over learns of late sites by its version. */
const TOUCH: Statement = {
  name: 'sites-touch',
  text: `
update submissions set version = version + 1
where (id = any($1) or id in (select parent_id from submissions where id = any($1))) and status >= 'Finished'`,
};

/** Runs of the same leaf, with the rule of its task. */
export interface SiteLeaf {
  readonly leafId: number;
  readonly audience: string;
  readonly ownerId: number;
  readonly dataset: string;
  readonly rule: SiteRule;
  readonly runs: readonly SiteRunRow[];
}

export async function siteLeaves(tx: Transaction, runIds: readonly number[]): Promise<SiteLeaf[]> {
  await tx.prepared(NOTE_ENDS, [runIds]);
  return toLeaves(await tx.prepared<SiteRunRow & { [column: string]: unknown }>(RUNS_OF_LEAVES, [runIds]));
}

/** Combined scores that were shown, by audience and leaf; nobody else shows any to these audiences until the transaction ends. */
export async function lockShown(
  tx: Transaction,
  leaves: readonly SiteLeaf[],
): Promise<Map<string, Map<number, Shown[]>>> {
  const audiences = new Map(leaves.map((leaf) => [leaf.audience, leaf]));
  await tx.prepared(LOCK_AUDIENCE, [[...audiences.keys()]]);
  const rows = await tx.prepared<SiteRunRow & { [column: string]: unknown }>(SHOWN, [
    [...audiences.values()].map(({ ownerId }) => ownerId),
    [...audiences.values()].map(({ dataset }) => dataset),
  ]);
  const byAudience = Map.groupBy(toLeaves(rows), ({ audience }) => audience);
  return new Map(
    [...audiences.keys()].map((audience) => [
      audience,
      new Map(
        (byAudience.get(audience) ?? []).map(({ leafId, rule, runs }) => [leafId, stepsOf(rule, runs)]),
      ),
    ]),
  );
}

export async function markCombined(tx: Transaction, runIds: readonly number[]): Promise<void> {
  if (runIds.length > 0) await tx.prepared(COMBINE, [runIds]);
}

export async function touchFinished(tx: Transaction, leafIds: readonly number[]): Promise<void> {
  if (leafIds.length > 0) await tx.prepared(TOUCH, [leafIds]);
}

function toLeaves(rows: readonly SiteRunRow[]): SiteLeaf[] {
  return [...Map.groupBy(rows, ({ leafId }) => leafId)].map(([leafId, runs]) => {
    const { ownerId, dataset, rule } = runs[0]!;
    return {
      leafId,
      ownerId,
      dataset,
      audience: `${ownerId} ${dataset}`,
      rule: rule ?? DEFAULT_SITE_RULE,
      runs,
    };
  });
}
