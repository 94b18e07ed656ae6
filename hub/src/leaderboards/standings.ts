import type { SiteRule } from '../bundles/site-rule.ts';
import type { Database } from '../db/database.ts';
import type { ReadRun } from '../submissions/many-sites/view.ts';

/** A row of the board as it is stored, with everything that can be shown of it. */
export interface Standing {
  readonly submissionId: number;
  readonly ownerId: number;
  readonly owner: string;
  readonly displayName: string;
  readonly submittedAt: Date;
  readonly rank: number;
  readonly sortKey: string[];
  /** With the database's full precision, for the cursor. */
  readonly submittedAtText: string;
  readonly factSheetAnswers: Record<string, unknown> | null;
  /** The submission itself, or its parts. */
  readonly leaves: readonly StandingLeaf[];
}

export interface StandingLeaf {
  readonly submissionId: number;
  readonly taskId: number;
  readonly taskName: string;
  /** Column id -> value. */
  readonly scores: Readonly<Record<string, number>>;
  readonly rule: SiteRule | null;
  readonly finishedAt: string | null;
  readonly runs: readonly (Omit<ReadRun, 'combinedAt'> & {
    readonly combinedAt: string | null;
    readonly hasReport: boolean;
  })[];
}

export interface StandingCursor {
  readonly sortKey: string[];
  readonly submittedAt: string;
  readonly submissionId: number;
}

/** Before every row there can be. */
const BEGINNING: StandingCursor = { sortKey: [], submittedAt: '-infinity', submissionId: 0 };

/**
 * One page in the order of the index, whatever the size of the board. Rows with the same key share their rank, which is one more than the number of
 * rows with a better key; so the ranks of a later page need those counted, which is a scan of the index alone.
 */
const STANDINGS = {
  name: 'board-standings',
  text: `
    with page as (
      select e.*, rank() over (order by e.sort_key) as rank_in_page
      from (
        select * from leaderboard_entries
        where phase_id = $1 and (sort_key, submitted_at, submission_id) > ($2::text::numeric[], $3::timestamptz, $4::bigint)
        order by sort_key, submitted_at, submission_id limit $5
      ) e
    ), first as (
      select sort_key, submitted_at, submission_id from page order by sort_key, submitted_at, submission_id limit 1
    ), before as (
      select count(*) as rows, count(*) filter (where e.sort_key < first.sort_key) as better
      from first join leaderboard_entries e on e.phase_id = $1
        and (e.sort_key, e.submitted_at, e.submission_id) < (first.sort_key, first.submitted_at, first.submission_id)
    )
    select p.submission_id::float8 as "submissionId", p.owner_id as "ownerId", u.username as owner,
      coalesce(nullif(u.display_name, ''), u.username) as "displayName", p.submitted_at as "submittedAt", p.submitted_at::text as "submittedAtText",
      p.sort_key::text[] as "sortKey", s.fact_sheet_answers as "factSheetAnswers",
      (case when p.rank_in_page = 1 then before.better + 1 else before.rows + p.rank_in_page end)::int as rank,
      leaves.leaves
    from page p
    cross join before
    join submissions s on s.id = p.submission_id
    join users u on u.id = p.owner_id
    cross join lateral (
      select coalesce(jsonb_agg(jsonb_build_object(
        'submissionId', l.id, 'taskId', l.task_id, 'taskName', t.name, 'rule', t.site_rule, 'finishedAt', l.finished_at,
        'scores', (select coalesce(jsonb_object_agg(c.column_id, c.value), '{}') from scores c where c.submission_id = l.id),
        'runs', (
          select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'siteId', r.site_id, 'siteTitle', w.title, 'state', r.state, 'scores', r.scores,
            'sharesScores', r.shares_scores, 'siteShares', w.shares_scores, 'siteWeight', r.site_weight, 'combinedAt', r.combined_at, 'isRehearsal', l.is_rehearsal,
            'hasReport', coalesce(r.outputs ? 'detailed_result', false)) order by w.title, r.id), '[]')
          from runs r left join sites w on w.id = r.site_id where r.submission_id = l.id
        )
      ) order by l.id), '[]') as leaves
      from submissions l join tasks t on t.id = l.task_id
      where (l.id = p.submission_id or l.parent_id = p.submission_id) and l.deleted_at is null
    ) leaves
    order by p.sort_key, p.submitted_at, p.submission_id`,
};

const SUMMARY = {
  name: 'board-summary',
  text: `
    select count(*)::int as total, coalesce((select max(version) from leaderboard_entries where phase_id = $1), 0)::float8 as version
    from leaderboard_entries where phase_id = $1`,
};

export function findStandings(
  database: Database,
  phaseId: number,
  after: StandingCursor | null,
  limit: number,
): Promise<Standing[]> {
  const { sortKey, submittedAt, submissionId } = after ?? BEGINNING;
  return database.prepared<Standing & { submissionId: number }>(STANDINGS, [
    phaseId,
    `{${sortKey.join(',')}}`,
    submittedAt,
    submissionId,
    limit,
  ]);
}

export async function summarise(
  database: Database,
  phaseId: number,
): Promise<{ total: number; version: number }> {
  const [summary] = await database.prepared<{ total: number; version: number }>(SUMMARY, [phaseId]);
  return summary!;
}

const VERSION = {
  name: 'board-version',
  text: 'select coalesce(max(version), 0)::float8 as version from leaderboard_entries where phase_id = $1',
};

export async function findVersion(database: Database, phaseId: number): Promise<number> {
  const [row] = await database.prepared<{ version: number }>(VERSION, [phaseId]);
  return row!.version;
}

export function isStandingCursor(value: unknown): value is StandingCursor {
  if (typeof value !== 'object' || value === null) return false;
  const { sortKey, submittedAt, submissionId } = value as Partial<StandingCursor>;
  return (
    Array.isArray(sortKey) &&
    sortKey.every((part) => /^(-?\d{1,20}(\.\d{1,20})?|Infinity)$/.test(String(part))) &&
    typeof submittedAt === 'string' &&
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/.test(submittedAt) &&
    Number.isSafeInteger(submissionId)
  );
}
