import type { SiteRule } from '../bundles/site-rule.ts';
import type { Statement } from '../db/database.ts';
import type { ReadRun } from '../submissions/many-sites/view.ts';
import type { Connection } from './boards.ts';
import type { Term } from './by-rank.ts';
import { foldChanges } from './changes.ts';
import { toArray } from './entries.ts';
import type { boardMark } from './schema.ts';

/** A row of the board as it is stored, with everything that can be shown of it. */
export interface Standing {
  readonly submissionId: number;
  readonly ownerId: number;
  readonly owner: string;
  readonly displayName: string;
  readonly submittedAt: Date;
  readonly rank: number;
  readonly isBaseline: boolean;
  readonly mark: (typeof boardMark.enumValues)[number] | null;
  readonly note: string | null;
  /** With what ranks make of it. */
  readonly sortKey: string[];
  /** What the page is in the order of: the sort key, after the column that it is sorted by. */
  readonly orderKey: string[];
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
  /** Its task has been changed since. */
  readonly isOfFormerVersion: boolean;
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
  readonly orderKey: string[];
  readonly submittedAt: string;
  readonly submissionId: number;
}

/** Before every row there can be. */
const BEGINNING: StandingCursor = { orderKey: [], submittedAt: '-infinity', submissionId: 0 };

/** Entries that are better than a row, which its rank is one more than. Equals share a rank, and baselines take none. */
const better = (key: string, partition = '') =>
  `count(*) filter (where not e.is_baseline) over (${partition} order by ${key} groups between unbounded preceding and 1 preceding)`;

const AFTER = '($2::text::numeric[], $3::timestamptz, $4::bigint)';

/**
 * One page in the order of the index, whatever the size of the board. The ranks of a later page need those counted that come before, which is a
 * scan of the index alone.
 */
const IN_ORDER = `
    here as (
      select e.*, e.sort_key as made_key, e.sort_key as order_key, ${better('e.sort_key')} as better_here, dense_rank() over (order by e.sort_key) = 1 as is_first
      from (
        select * from leaderboard_entries
        where phase_id = $1 and (sort_key, submitted_at, submission_id) > ${AFTER}
        order by sort_key, submitted_at, submission_id limit $5
      ) e
    ), first as (
      select sort_key, submitted_at, submission_id from here order by sort_key, submitted_at, submission_id limit 1
    ), before as (
      select count(*) filter (where not e.is_baseline) as rows,
        count(*) filter (where not e.is_baseline and e.sort_key < first.sort_key) as better
      from first join leaderboard_entries e on e.phase_id = $1
        and (e.sort_key, e.submitted_at, e.submission_id) < (first.sort_key, first.submitted_at, first.submission_id)
    ), page as (
      select h.*, h.better_here + case when h.is_first then b.better else b.rows end + 1 as rank from here h cross join before b
    )`;

/** What ranks of the whole board make of the sort keys; see by-rank.ts. */
const MADE_KEYS = `
    contest as (
      select e.submission_id, i.contest::int, 1 + ${better('i.value', 'partition by i.contest')} as rank
      from leaderboard_entries e cross join unnest(e.rank_inputs) with ordinality i(value, contest) where e.phase_id = $1
    ), term as (
      select * from unnest($6::int[], $7::int[], $8::numeric[], $9::bool[]) as t(place, contest, weight, is_reciprocal)
    ), made as (
      select c.submission_id, t.place,
        round(case when t.is_reciprocal then -sum(t.weight / c.rank) else sum(t.weight * c.rank) end / sum(t.weight), 10) as value
      from contest c join term t on t.contest = c.contest group by c.submission_id, t.place, t.is_reciprocal
    ), keyed as (
      select k.submission_id, array_agg(coalesce(m.value, k.value) order by k.place) as made_key
      from (
        select e.submission_id, u.value, u.place::int
        from leaderboard_entries e cross join unnest(e.sort_key) with ordinality u(value, place) where e.phase_id = $1
      ) k left join made m on m.submission_id = k.submission_id and m.place = k.place
      group by k.submission_id
    ), entry as (
      select e.*, k.made_key from leaderboard_entries e join keyed k on k.submission_id = e.submission_id where e.phase_id = $1
    )`;

const STORED_KEYS = `
    entry as (select e.*, e.sort_key as made_key from leaderboard_entries e where e.phase_id = $1)`;

/** One page in another order, or of a board that ranks by ranks: all entries have to be looked at. Missing scores are last in either direction. */
const SORTED = (entries: string, orderKey: string) => `${entries}, ranked as (
      select e.*, 1 + ${better('e.made_key')} as rank from entry e
    ), ordered as (
      select r.*, ${orderKey} as order_key from ranked r
    ), page as (
      select * from ordered where (order_key, submitted_at, submission_id) > ${AFTER} order by order_key, submitted_at, submission_id limit $5
    )`;

const byColumn = (place: string, reversed: string) =>
  `array_prepend(case when ${reversed} and r.made_key[${place}] <> 'Infinity' then -r.made_key[${place}] else r.made_key[${place}] end, r.made_key)`;

/** Everything that can be shown of a page, and of the board as a whole: a row without a submission where the page is empty. */
const statement = (name: string, page: string): Statement => ({
  name,
  text: `
    with summary as (
      select coalesce(sum(entries), 0)::int as total, coalesce(sum(changes), 0)::float8 as version, count(*)::int as pieces
      from board_changes where phase_id = $1
    ), ${page.trimStart()}
    select summary.total, summary.version, summary.pieces,
      p.submission_id::float8 as "submissionId", p.owner_id as "ownerId", u.username as owner,
      coalesce(nullif(u.display_name, ''), u.username) as "displayName", p.submitted_at as "submittedAt", p.submitted_at::text as "submittedAtText",
      p.made_key::text[] as "sortKey", p.order_key::text[] as "orderKey", s.fact_sheet_answers as "factSheetAnswers", p.rank::int as rank,
      p.is_baseline as "isBaseline", m.mark, m.note, leaves.leaves
    from summary
    left join page p on true
    left join submissions s on s.id = p.submission_id
    left join users u on u.id = p.owner_id
    left join board_marks m on m.submission_id = p.submission_id
    left join lateral (
      select coalesce(json_agg(json_build_object(
        'submissionId', l.id, 'taskId', l.task_id, 'taskName', t.name, 'isOfFormerVersion', l.task_version < t.version, 'rule', t.site_rule, 'finishedAt', l.finished_at,
        'scores', (select coalesce(json_object_agg(c.column_id, c.value), '{}') from scores c where c.submission_id = l.id),
        'runs', (
          -- Of other runs there is nothing to show.
          select coalesce(json_agg(json_build_object('id', r.id, 'siteId', r.site_id, 'siteTitle', w.title, 'state', r.state, 'scores', r.scores,
            'sharesScores', r.shares_scores, 'siteShares', w.shares_scores, 'siteWeight', r.site_weight, 'combinedAt', r.combined_at, 'isRehearsal', l.is_rehearsal,
            'hasReport', coalesce(r.outputs ? 'detailed_result', false)) order by w.title, r.id), '[]')
          from runs r left join sites w on w.id = r.site_id
          where r.submission_id = l.id and (r.site_id is not null or r.outputs ? 'detailed_result')
        )
      ) order by l.id), '[]') as leaves
      from (
        select * from submissions where id = p.submission_id union all select * from submissions where parent_id = p.submission_id
      ) l join tasks t on t.id = l.task_id
      where l.deleted_at is null
    ) leaves on p.submission_id is not null
    order by p.order_key, p.submitted_at, p.submission_id`,
});

const IN_OWN_ORDER = statement('board-standings', IN_ORDER);
const BY_RANK = statement('board-standings-by-rank', SORTED(MADE_KEYS, 'r.made_key'));
const SORTED_STORED = statement(
  'board-standings-sorted',
  SORTED(STORED_KEYS, byColumn('$6::int', '$7::bool')),
);
const SORTED_BY_RANK = statement(
  'board-standings-sorted-by-rank',
  SORTED(MADE_KEYS, byColumn('$10::int', '$11::bool')),
);

export interface StandingsRequest {
  readonly phaseId: number;
  readonly after: StandingCursor | null;
  readonly limit: number;
  /** What ranks make of the sort keys; empty for boards on which only scores count. */
  readonly terms: readonly Term[];
  /** Another order than the board's own: by a place of the sort key (from 1), the worst first if reversed. */
  readonly sort: { readonly place: number; readonly reversed: boolean } | null;
  /** In a transaction that only reads. */
  readonly isSnapshot?: boolean;
}

export interface Standings {
  readonly standings: Standing[];
  /** Entries of the board. */
  readonly total: number;
  /** Grows with each change of the board. */
  readonly version: number;
}

/** A page of a board, with one statement. */
export async function findStandings(
  connection: Connection,
  { phaseId, after, limit, terms, sort, isSnapshot = false }: StandingsRequest,
): Promise<Standings> {
  const { orderKey, submittedAt, submissionId } = after ?? BEGINNING;
  const page = [phaseId, toArray(orderKey), submittedAt, submissionId, limit];
  const made = [
    terms.map(({ place }) => place),
    terms.map(({ contest }) => contest),
    terms.map(({ weight }) => weight),
    terms.map(({ isReciprocal }) => isReciprocal),
  ];
  const byRank = terms.length > 0;
  const order = sort ? [sort.place, sort.reversed] : [];
  const chosen = sort ? (byRank ? SORTED_BY_RANK : SORTED_STORED) : byRank ? BY_RANK : IN_OWN_ORDER;
  const rows = await connection.prepared<SummaryRow & (Standing | { submissionId: null })>(chosen, [
    ...page,
    ...(byRank ? made : []),
    ...order,
  ]);
  const { total, version, pieces } = rows[0]!;
  if (!isSnapshot) await foldChanges(connection, phaseId, pieces);
  return { standings: rows.filter((row) => row.submissionId !== null), total, version };
}

interface SummaryRow {
  readonly total: number;
  readonly version: number;
  readonly pieces: number;
  readonly [column: string]: unknown;
}

export function isStandingCursor(value: unknown): value is StandingCursor {
  if (typeof value !== 'object' || value === null) return false;
  const { orderKey, submittedAt, submissionId } = value as Partial<StandingCursor>;
  return (
    Array.isArray(orderKey) &&
    orderKey.every((part) => /^(-?\d{1,20}(\.\d{1,20})?|Infinity)$/.test(String(part))) &&
    typeof submittedAt === 'string' &&
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/.test(submittedAt) &&
    Number.isSafeInteger(submissionId)
  );
}
