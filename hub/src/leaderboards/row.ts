import { ownScores, type SitesView, toSitesView } from '../submissions/many-sites/view.ts';
import type { Board, BoardColumn } from './boards.ts';
import { ranksOverTasks } from './by-rank.ts';
import { toValues } from './leaves.ts';
import { bestOf, countsOneTask, rankingTaskOf, wholeOf } from './placement.ts';
import { directionOf, isByRank, MISSING, rankingOrder } from './ranking.ts';
import type { Standing, StandingLeaf } from './standings.ts';

/** Rounded to the columns' precision, by column key. */
export type RoundedScores = Readonly<Record<string, string>>;

export interface BoardRow {
  /** Shared by rows that nothing but their age tells apart. Null for a baseline, which takes none. */
  readonly rank: number | null;
  readonly submissionId: number;
  /** Null where the board keeps names back. */
  readonly owner: string | null;
  readonly displayName: string;
  readonly submittedAt: Date;
  /** By the board's rule for tasks; a missing score is null. */
  readonly scores: Readonly<Record<string, { readonly value: string } | null>>;
  /** Where the board ranks by the mean of the ranks in each task. */
  readonly averageRank: string | null;
  /** Sites in the score, of those that were asked; null without site data. Of several tasks, those of the one that ranks or has the fewest. */
  readonly coverage: SitesView | null;
  /** Of sites that share their scores, where one task says where an entry stands. */
  readonly perSite: { readonly site: string; readonly scores: RoundedScores }[];
  /** One for each task that was entered; of a submission with one task, that one. */
  readonly perTask: {
    readonly taskId: number;
    readonly taskName: string;
    readonly submissionId: number;
    readonly scores: RoundedScores;
    readonly detailedResultUrl: string | null;
  }[];
  readonly detailedResultUrl: string | null;
  /** A task of it has been changed since: its scores and those of newer entries do not say the same. */
  readonly isOfFormerVersion: boolean;
  readonly factSheetAnswers: Record<string, unknown> | null;
  /** Listed to compare with. */
  readonly isBaseline: boolean;
  /** What the organizers say of it. */
  readonly mark: 'verified' | 'flagged' | null;
  readonly note: string | null;
  readonly mine: boolean;
}

/** What somebody may see of a board. */
export interface Shown {
  /** Null for people who are not signed in. */
  readonly userId: number | null;
  readonly canManage: boolean;
  readonly columns: readonly BoardColumn[];
  readonly showsReports: boolean;
  /** Keys of the fact sheet's questions. */
  readonly shownAnswers: ReadonlySet<string>;
}

export const NAMELESS = 'Anonymous';

export function toRow(board: Board, standing: Standing, shown: Shown): BoardRow {
  const { submissionId, submittedAt, isBaseline, mark, sortKey } = standing;
  const leaves = standing.leaves.map((leaf) => ({ ...leaf, values: toValues(leaf.scores) }));
  const mine = standing.ownerId === shown.userId;
  const isNamed = !board.anonymous || mine || shown.canManage;
  const speaking = speakingLeaf(board, leaves);
  const scores = wholeScores(board, leaves, sortKey, shown);
  return {
    rank: isBaseline ? null : standing.rank,
    submissionId,
    owner: isNamed ? standing.owner : null,
    displayName: isNamed ? standing.displayName : NAMELESS,
    submittedAt,
    scores: Object.fromEntries(
      shown.columns.map(({ key }) => [key, scores[key] === undefined ? null : { value: scores[key] }]),
    ),
    averageRank: ranksOverTasks(board) ? Number(sortKey[0]).toFixed(2) : null,
    coverage: speaking ? coverageOf(speaking) : null,
    perSite: speaking && countsOneTask(board) ? perSite(speaking, shown) : [],
    perTask: leaves.map((leaf) => ({
      taskId: leaf.taskId,
      taskName: leaf.taskName,
      submissionId: leaf.submissionId,
      scores: roundAll(shown.columns, ({ id }) => leaf.values.get(id)),
      detailedResultUrl: reportOf(leaf, shown),
    })),
    detailedResultUrl: speaking ? reportOf(speaking, shown) : null,
    isOfFormerVersion: leaves.some((leaf) => leaf.isOfFormerVersion),
    // What people write of themselves tells who they are.
    factSheetAnswers:
      standing.factSheetAnswers && isNamed ? answersShown(standing.factSheetAnswers, shown) : null,
    isBaseline,
    mark,
    note: standing.note || null,
    mine,
  };
}

type Leaf = StandingLeaf & { readonly values: ReadonlyMap<number, number> };

/** What ranks make is in the sort key alone. */
function wholeScores(board: Board, leaves: readonly Leaf[], sortKey: readonly string[], shown: Shown) {
  const whole = wholeOf(board, leaves);
  const places = placesOf(board);
  return roundAll(shown.columns, (column) => {
    if (!isByRank(column)) return whole.get(column.id);
    const turned = sortKey[(places.get(column.key) ?? 0) - 1];
    if (turned === undefined || turned === MISSING) return undefined;
    return directionOf(column) === 'desc' ? -Number(turned) : Number(turned);
  });
}

/** Where columns are in the sort key, counted from 1, by their keys. */
export function placesOf(board: Board): Map<string, number> {
  const first = ranksOverTasks(board) ? 2 : 1;
  const order = rankingOrder(board.columns, board.primaryIndex);
  return new Map(order.map(({ key }, place) => [key, place + first]));
}

/** The part whose sites and report stand for the whole. */
function speakingLeaf(board: Board, leaves: readonly Leaf[]): Leaf | undefined {
  if (countsOneTask(board)) return bestOf(board, leaves);
  if (board.taskRule === 'task') return leaves.find(({ taskId }) => taskId === rankingTaskOf(board));
  const share = (leaf: Leaf) => {
    const coverage = coverageOf(leaf);
    return coverage ? coverage.done / coverage.of : 1;
  };
  return leaves.toSorted((a, b) => share(a) - share(b))[0];
}

function coverageOf(leaf: StandingLeaf): SitesView | null {
  return toSitesView(leaf.rule, runsOf(leaf), leaf.finishedAt ? new Date(leaf.finishedAt) : null);
}

function perSite(leaf: StandingLeaf, shown: Shown): BoardRow['perSite'] {
  const runs = runsOf(leaf).filter(({ siteId }) => siteId !== null);
  return runs.flatMap((run) => {
    const own = ownScores(leaf.rule, run, { asked: leaf.runs.length, canManage: shown.canManage });
    if (!own) return [];
    return [{ site: run.siteTitle ?? '', scores: roundAll(shown.columns, ({ key }) => own[key]) }];
  });
}

function runsOf({ runs }: StandingLeaf) {
  return runs.map((run) => ({
    ...run,
    combinedAt: run.combinedAt === null ? null : new Date(run.combinedAt),
  }));
}

function roundAll(
  columns: readonly BoardColumn[],
  scoreIn: (column: BoardColumn) => number | undefined,
): Record<string, string> {
  return Object.fromEntries(
    columns.flatMap((column) => {
      const value = scoreIn(column);
      return value === undefined ? [] : [[column.key, value.toFixed(column.precision)]];
    }),
  );
}

function reportOf({ runs }: StandingLeaf, { showsReports }: Shown): string | null {
  const run = showsReports ? runs.find(({ hasReport }) => hasReport) : undefined;
  return run ? `/reports/${run.id}` : null;
}

function answersShown(
  answers: Record<string, unknown>,
  { shownAnswers }: Shown,
): Record<string, unknown> | null {
  const entries = Object.entries(answers).filter(([key]) => shownAnswers.has(key));
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}
