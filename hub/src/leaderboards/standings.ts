import type { SiteRule } from '../bundles/site-rule.ts';
import type { Statement } from '../db/database.ts';
import type { ReadRun } from '../submissions/many-sites/view.ts';
import type { Connection } from './boards.ts';
import type { Term } from './by-rank.ts';
import { foldChanges } from './changes.ts';
import { toArray } from './entries.ts';
import {
  IN_ORDER,
  ORDERS,
  type Order,
  type ScoreOrder,
  SOURCES,
  type Source,
  sorted,
  type TaskCombination,
} from './page-orders.ts';
import type { boardMark } from './schema.ts';
import { isTieGroup, type TieGroup } from './ties.ts';

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
  /** An organizer has put another score in place of one. */
  readonly isEdited: boolean;
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
  /** The group of ties that holds there, where the board has such. */
  readonly tie?: TieGroup | undefined;
}

/** Before every row there can be. */
const BEGINNING: StandingCursor = { orderKey: [], submittedAt: '-infinity', submissionId: 0 };

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
        'submissionId', l.id, 'taskId', l.task_id, 'taskName', t.name, 'isOfFormerVersion', l.task_version < t.version, 'rule', v.site_rule, 'finishedAt', l.finished_at,
        'isEdited', exists (select from submission_changes g where g.submission_id = l.id and g.kind = 'score'),
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
      left join task_setups v on v.task_id = l.task_id and v.version = l.task_version
      where l.deleted_at is null
    ) leaves on p.submission_id is not null
    order by p.order_key, p.submitted_at, p.submission_id`,
});

const IN_OWN_ORDER = statement('board-standings', IN_ORDER);

const SORTED = Object.fromEntries(
  (Object.keys(SOURCES) as Source[]).flatMap((source) =>
    (Object.keys(ORDERS) as Order[]).map((order) => {
      const name = `${source}-${order}` as const;
      return [name, statement(`board-standings-${name}`, sorted(source, order))];
    }),
  ),
) as Readonly<Record<`${Source}-${Order}`, Statement>>;

export interface StandingsRequest {
  readonly phaseId: number;
  readonly after: StandingCursor | null;
  readonly limit: number;
  /** What ranks make of the sort keys; empty for boards on which only scores count. */
  readonly terms: readonly Term[];
  /** Ranked by these columns instead, the first before the second. */
  readonly split: {
    readonly columns: readonly Pick<ScoreOrder, 'columnId' | 'falls'>[];
    readonly over: TaskCombination;
  } | null;
  /** Another order than that of the ranks: by a place of the sort key (from 1) or by a score, the worst first if reversed. */
  readonly sort: { readonly by: number | ScoreOrder; readonly reversed: boolean } | null;
  /** Nobody's but theirs; only of a split. */
  readonly ownerId?: number | null;
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
  { phaseId, after, limit, isSnapshot = false, ...request }: StandingsRequest,
): Promise<Standings> {
  const { orderKey, submittedAt, submissionId } = after ?? BEGINNING;
  const page = [phaseId, toArray(orderKey), submittedAt, submissionId, limit];
  const { statement, parameters } = chosen(request);
  const rows = await connection.prepared<SummaryRow & (Standing | { submissionId: null })>(statement, [
    ...page,
    ...parameters,
  ]);
  const { total, version, pieces } = rows[0]!;
  if (!isSnapshot) await foldChanges(connection, phaseId, pieces);
  return { standings: rows.filter((row) => row.submissionId !== null), total, version };
}

function chosen({
  terms,
  split,
  sort,
  ownerId = null,
}: Pick<StandingsRequest, 'terms' | 'split' | 'sort' | 'ownerId'>): {
  statement: Statement;
  parameters: unknown[];
} {
  const source = split ? 'split' : terms.length > 0 ? 'ranks' : 'stored';
  const order = sort === null ? 'own' : typeof sort.by === 'number' ? 'place' : 'score';
  if (source === 'stored' && order === 'own') return { statement: IN_OWN_ORDER, parameters: [] };
  const ofTasks = ({ rule, taskIds, needed }: TaskCombination) => [rule, taskIds, needed];
  const ofSource = {
    stored: () => [],
    ranks: () => [
      terms.map(({ place }) => place),
      terms.map(({ contest }) => contest),
      terms.map(({ weight }) => weight),
      terms.map(({ isReciprocal }) => isReciprocal),
    ],
    split: () => [
      ownerId,
      split!.columns.map(({ columnId }) => columnId),
      split!.columns.map(({ falls }) => falls),
      ...ofTasks(split!.over),
    ],
  };
  const ofOrder = () => {
    if (sort === null) return [];
    const { by, reversed } = sort;
    return typeof by === 'number' ? [by, reversed] : [by.columnId, by.falls, ...ofTasks(by.over), reversed];
  };
  return {
    statement: SORTED[`${source}-${order}`],
    parameters: [...ofSource[source](), ...ofOrder()],
  };
}

interface SummaryRow {
  readonly total: number;
  readonly version: number;
  readonly pieces: number;
  readonly [column: string]: unknown;
}

export function isStandingCursor(value: unknown): value is StandingCursor {
  if (typeof value !== 'object' || value === null) return false;
  const { orderKey, submittedAt, submissionId, tie } = value as Partial<StandingCursor>;
  return (
    (tie === undefined || isTieGroup(tie)) &&
    Array.isArray(orderKey) &&
    orderKey.every((part) => /^(-?\d{1,20}(\.\d{1,20})?|Infinity)$/.test(String(part))) &&
    typeof submittedAt === 'string' &&
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/.test(submittedAt) &&
    Number.isSafeInteger(submissionId)
  );
}
