/** The SQL that picks a page of a board: which entries, in which order, with which ranks. Every one makes a relation `page`, with `rank`, `made_key` and `order_key`. */

/** A column as its scores are stored, for orders that no sort key holds. */
export interface ScoreOrder {
  readonly columnId: number;
  /** Larger is better. */
  readonly falls: boolean;
  readonly over: TaskCombination;
}

/** How scores in several tasks are one. */
export interface TaskCombination {
  readonly rule: 'best' | 'mean' | 'sum';
  /** Null: all. */
  readonly taskIds: readonly number[] | null;
  /** Scores that there must be. */
  readonly needed: number;
}

/** Entries that are better than a row, which its rank is one more than. Equals share a rank, and baselines take none. */
const better = (key: string, partition = '') =>
  `count(*) filter (where not e.is_baseline) over (${partition} order by ${key} groups between unbounded preceding and 1 preceding)`;

const AFTER = '($2::text::numeric[], $3::timestamptz, $4::bigint)';

/**
 * One page in the order of the index, whatever the size of the board. The ranks of a later page need those counted that come before, which is a
 * scan of the index alone.
 */
export const IN_ORDER = `
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

/** A score that is missing, in a key. */
const MISSING = "'Infinity'::numeric";

/**
 * What an entry `e` has in one column, turned as in the sort key, from the scores of its leaves: by the rule, over these tasks or all; missing
 * where fewer than `needed` leaves have a score.
 */
const scoreOf = (column: string, falls: string, [rule, tasks, needed]: readonly string[]) => `
      coalesce((
        select round(case ${rule}::text when 'mean' then avg(t.value) when 'sum' then sum(t.value) else min(t.value) end, 10)
        from (
          select case when ${falls} then -c.value else c.value end as value
          from (
            select id, task_id, deleted_at from submissions where id = e.submission_id
            union all select id, task_id, deleted_at from submissions where parent_id = e.submission_id
          ) l join scores c on c.submission_id = l.id and c.column_id = ${column}
          where l.deleted_at is null and (${tasks}::int[] is null or l.task_id = any(${tasks}::int[]))
        ) t having count(*) >= ${needed}::int
      ), ${MISSING})`;

/** How many entries are better, for each key there is. */
const RANKED = `
    counted as (select distinct e.made_key as key, ${better('e.made_key')} as better from entry e)`;

/**
 * The same for the keys of a page alone, from the index: one scan of it at most, since each entry is counted between two neighbours.
 */
const COUNTED_IN_INDEX = `
    gap as (
      select key, coalesce(lag(key) over (order by key), '{}') as above from (select distinct made_key as key from top) k
    ), counted as (
      select g.key, sum(passed.entries) over (order by g.key) as better from gap g cross join lateral (
        select count(*) filter (where not e.is_baseline) as entries from leaderboard_entries e
        where e.phase_id = $1 and e.sort_key >= g.above and e.sort_key < g.key
      ) passed
    )`;

/**
 * Where the entries of a page get their keys from, how their ranks are counted, and how many parameters the former takes from $6 on. Where keys are made
 * (of ranks, or for a split), those of all entries are.
 */
export const SOURCES = {
  stored: {
    entries: `
    entry as (select e.submission_id, e.submitted_at, e.sort_key as made_key from leaderboard_entries e where e.phase_id = $1)`,
    ranks: COUNTED_IN_INDEX,
    parameters: 0,
  },
  // See by-rank.ts.
  ranks: {
    entries: `
    board as materialized (select * from leaderboard_entries where phase_id = $1),
    input as (
      select submission_id, is_baseline, generate_subscripts(rank_inputs, 1) as contest, unnest(rank_inputs) as value from board
    ), contest as (
      select e.submission_id, e.contest, 1 + ${better('e.value', 'partition by e.contest')} as rank from input e
    ), term as (
      select * from unnest($6::int[], $7::int[], $8::numeric[], $9::bool[]) as t(place, contest, weight, is_reciprocal)
    ), part as (
      select c.submission_id, t.place,
        round(case when t.is_reciprocal then -sum(t.weight / c.rank) else sum(t.weight * c.rank) end / sum(t.weight), 10) as value
      from contest c join term t on t.contest = c.contest group by c.submission_id, t.place, t.is_reciprocal
    ), made as (
      select submission_id, array_agg(place) as places, array_agg(value) as values from part group by submission_id
    ), entry as materialized (
      select e.submission_id, e.submitted_at, e.is_baseline, array(
        select coalesce(m.values[array_position(m.places, u.place::int)], u.value)
        from unnest(e.sort_key) with ordinality u(value, place) order by u.place
      ) as made_key
      from board e left join made m on m.submission_id = e.submission_id
    )`,
    ranks: RANKED,
    parameters: 4,
  },
  // Their columns are in no sort key. Of one owner's alone nobody asks the ranks.
  split: {
    entries: `
    entry as materialized (
      select e.submission_id, e.submitted_at, e.is_baseline, (
        select array_agg(${scoreOf('w.id', 'w.falls', ['$9', '$10', '$11'])} order by w.place)
        from unnest($7::int[], $8::bool[]) with ordinality as w(id, falls, place)
      ) as made_key
      from leaderboard_entries e where e.phase_id = $1 and ($6::int is null or e.owner_id = $6)
    )`,
    ranks: RANKED,
    parameters: 6,
  },
};

export type Source = keyof typeof SOURCES;

/** In what order a page is, other than that of the keys: by what, and what that takes after the source's parameters. */
export const ORDERS = {
  own: null,
  place: (first: number) => turned(`e.made_key[$${first}::int]`, `$${first + 1}::bool`),
  score: (first: number) => {
    const [column, falls, rule, tasks, needed, reversed] = [0, 1, 2, 3, 4, 5].map(
      (place) => `$${first + place}`,
    );
    const value = scoreOf(`${column}::int`, `${falls}::bool`, [rule!, tasks!, needed!]);
    return `(select ${turned('o.value', `${reversed}::bool`)} from (select ${value} as value) o)`;
  },
};

export type Order = keyof typeof ORDERS;

/** Missing scores are last in either direction. */
const turned = (value: string, reversed: string) =>
  `case when ${reversed} and ${value} <> ${MISSING} then -${value} else ${value} end`;

/** What a page in its own order is after, and with a value in front of the keys: numbers are compared before keys are looked at. */
const AFTER_VALUE =
  "(coalesce(($2::text::numeric[])[1], '-Infinity'), coalesce(($2::text::numeric[])[2:], '{}'), $3::timestamptz, $4::bigint)";

/** One page in another order than the index's, or of a board that ranks by ranks or is split: of all entries the first are picked, then ranked. */
export const sorted = (source: Source, order: Order) => {
  const { entries, ranks, parameters } = SOURCES[source];
  const by = ORDERS[order]?.(6 + parameters) ?? null;
  const key = `${by ? 'v.value, ' : ''}v.made_key, v.submitted_at, v.submission_id`;
  return `${entries}, top as (
      select * from (select e.submission_id, e.submitted_at, e.made_key${by ? `, ${by} as value` : ''} from entry e) v
      where (${key}) > ${by ? AFTER_VALUE : AFTER}
      order by ${key} limit $5
    ), ${ranks.trimStart()}, page as (
      select t.submission_id, t.submitted_at, t.made_key, e.owner_id, e.is_baseline, c.better + 1 as rank,
        ${by ? 'array_prepend(t.value, t.made_key)' : 't.made_key'} as order_key
      from top t join counted c on c.key = t.made_key join leaderboard_entries e on e.submission_id = t.submission_id
    )`;
};
