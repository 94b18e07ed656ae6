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

/** What ranks of the whole board make of the sort keys; see by-rank.ts. */
const MADE_KEYS = `
    contest as (
      select e.submission_id, i.contest::int, 1 + ${better('i.value', 'partition by i.contest')} as rank
      from leaderboard_entries e cross join unnest(e.rank_inputs) with ordinality i(value, contest) where e.phase_id = $1
    ), term as (
      select * from unnest($7::int[], $8::int[], $9::numeric[], $10::bool[]) as t(place, contest, weight, is_reciprocal)
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

/**
 * What an entry `e` has in one column, turned as in the sort key, from the scores of its leaves: by the rule, over these tasks or all; missing
 * where fewer than `needed` leaves have a score.
 */
const scoreOf = (column: string, falls: string, rule: string, tasks: string, needed: string) => `
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
      ), 'Infinity')`;

/** The columns of a split, which are in no sort key. */
const SPLIT_KEYS = `
    entry as (
      select e.*, (
        select array_agg(${scoreOf('w.id', 'w.falls', '$9', '$10', '$11')} order by w.place)
        from unnest($7::int[], $8::bool[]) with ordinality as w(id, falls, place)
      ) as made_key
      from leaderboard_entries e where e.phase_id = $1
    )`;

/** Where the entries of a page get their order from, and what it takes from $7 on. */
export const SOURCES = {
  stored: { entries: STORED_KEYS, parameters: 0 },
  ranks: { entries: MADE_KEYS, parameters: 4 },
  split: { entries: SPLIT_KEYS, parameters: 5 },
};

export type Source = keyof typeof SOURCES;

/** In what order a page is, and what that takes after the source's parameters. Missing scores are last in either direction. */
export const ORDERS = {
  own: () => 'e.made_key',
  place: (first: number) => before(`e.made_key[$${first}::int]`, `$${first + 1}::bool`),
  score: (first: number) => {
    const [column, falls, rule, tasks, needed, reversed] = [0, 1, 2, 3, 4, 5].map(
      (place) => `$${first + place}`,
    );
    return before(scoreOf(`${column}::int`, `${falls}::bool`, rule!, tasks!, needed!), `${reversed}::bool`);
  },
};

export type Order = keyof typeof ORDERS;

const before = (value: string, reversed: string) => `(
      select array_prepend(case when ${reversed} and o.value <> 'Infinity' then -o.value else o.value end, e.made_key) from (select ${value} as value) o)`;

/** One page in another order, or of a board that ranks by ranks or is split: all entries have to be looked at. */
export const sorted = (source: Source, order: Order) => `${SOURCES[source].entries}, ranked as (
      select e.*, 1 + ${better('e.made_key')} as rank from entry e
    ), ordered as (
      select e.*, ${ORDERS[order](7 + SOURCES[source].parameters)} as order_key from ranked e
    ), page as (
      select * from ordered
      where (order_key, submitted_at, submission_id) > ${AFTER} and ($6::int is null or owner_id = $6)
      order by order_key, submitted_at, submission_id limit $5
    )`;
