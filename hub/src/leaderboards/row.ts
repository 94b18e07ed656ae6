import { ownScores, type SitesView, toSitesView } from '../submissions/many-sites/view.ts';
import type { Board, BoardColumn } from './boards.ts';
import { ranksOverTasks } from './by-rank.ts';
import { intervalOf } from './intervals.ts';
import { toValues } from './leaves.ts';
import { bestOf, countsOneTask, rankingTaskOf, wholeOf } from './placement.ts';
import { directionOf, isByRank, MISSING, rankingOrder, toDecimal } from './ranking.ts';
import { type Shown, showsScores } from './shown.ts';
import type { Standing, StandingLeaf } from './standings.ts';

/** Rounded to the columns' precision, by column key. */
export type RoundedScores = Readonly<Record<string, string>>;

export interface ShownScore {
  readonly value: string;
  /** Its 95% interval, or what the scoring program calls its bounds. */
  readonly interval?: { readonly low: string; readonly high: string; readonly from: 'program' | 'tasks' };
}

export interface BoardRow {
  /** Shared by rows that nothing but their age tells apart. Null for a baseline, which takes none. */
  readonly rank: number | null;
  readonly submissionId: number;
  /** Null where the board keeps names back. */
  readonly owner: string | null;
  readonly displayName: string;
  readonly submittedAt: Date;
  /** By the board's rule for tasks; a missing score is null. */
  readonly scores: Readonly<Record<string, ShownScore | null>>;
  /** For organizers of a board that releases scores in steps: what others see in place of the primary one. */
  readonly released: string | null;
  /** Entries with the same number have intervals that overlap that of the first of them; see `tieGroups`. Null without intervals, and in other orders. */
  readonly tieGroup: number | null;
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
    readonly isEdited: boolean;
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
  /** An organizer has put another score in place of one of its. */
  readonly isEdited: boolean;
  readonly mine: boolean;
}

export const NAMELESS = 'Anonymous';

export function toRow(board: Board, standing: Standing, shown: Shown): BoardRow {
  const { submissionId, submittedAt, isBaseline, mark, sortKey } = standing;
  const leaves = standing.leaves.map((leaf) => ({ ...leaf, values: toValues(leaf.scores) }));
  const mine = standing.ownerId === shown.userId;
  const isNamed = !board.anonymous || mine || shown.canManage;
  const speaking = speakingLeaf(board, leaves);
  const scores = wholeScores(board, leaves, standing, shown);
  const whole = showsScores(board, shown);
  return {
    rank: isBaseline || shown.onlyOwn ? null : standing.rank,
    submissionId,
    owner: isNamed ? standing.owner : null,
    displayName: isNamed ? standing.displayName : NAMELESS,
    submittedAt,
    scores: Object.fromEntries(shown.columns.map(({ key }) => [key, scores[key] ?? null])),
    released:
      board.ladderStep !== null && shown.canManage && !shown.split ? releasedOf(board, standing) : null,
    tieGroup: null,
    averageRank: ranksOverTasks(board) && !shown.split ? Number(sortKey[0]).toFixed(2) : null,
    coverage: speaking ? coverageOf(speaking) : null,
    perSite: speaking && countsOneTask(board) && whole ? perSite(speaking, shown) : [],
    perTask: leaves.map((leaf) => ({
      taskId: leaf.taskId,
      taskName: leaf.taskName,
      submissionId: leaf.submissionId,
      scores: whole ? roundAll(shown.columns, ({ id }) => leaf.values.get(id)) : {},
      detailedResultUrl: reportOf(leaf, shown),
      isEdited: leaf.isEdited,
    })),
    detailedResultUrl: speaking ? reportOf(speaking, shown) : null,
    isOfFormerVersion: leaves.some((leaf) => leaf.isOfFormerVersion),
    // What people write of themselves tells who they are.
    factSheetAnswers:
      standing.factSheetAnswers && isNamed ? answersShown(standing.factSheetAnswers, shown) : null,
    isBaseline,
    mark,
    note: standing.note || null,
    isEdited: leaves.some((leaf) => leaf.isEdited),
    mine,
  };
}

type Leaf = StandingLeaf & { readonly values: ReadonlyMap<number, number> };

/** What ranks make, what a split ranks by and what a ladder releases is in the sort key alone. */
function wholeScores(
  board: Board,
  leaves: readonly Leaf[],
  { sortKey, submissionId }: Standing,
  shown: Shown,
): Record<string, ShownScore> {
  const whole = wholeOf(board, leaves);
  const raw = showsScores(board, shown);
  const scores = new Map(
    shown.columns.map((column) => {
      const isMade = shown.split !== null || !raw || isByRank(column);
      return [
        column,
        isMade ? unturned(column, sortKey[(shown.places.get(column.key) ?? 0) - 1]) : whole.get(column.id),
      ];
    }),
  );
  return Object.fromEntries(
    [...scores].flatMap(([column, value]): [string, ShownScore][] => {
      if (value === undefined) return [];
      const digits = raw ? column.precision : Math.max(column.precision, decimalsOf(board.ladderStep));
      const interval = raw ? intervalOf(board, column, { leaves, whole, submissionId }) : null;
      return [[column.key, { value: value.toFixed(digits), ...(interval && { interval }) }]];
    }),
  );
}

function releasedOf(board: Board, { sortKey }: Standing): string | null {
  const column = rankingOrder(board.columns, board.primaryIndex)[0];
  const value = column && unturned(column, sortKey[0]);
  return column && value !== undefined
    ? value.toFixed(Math.max(column.precision, decimalsOf(board.ladderStep)))
    : null;
}

function unturned(column: BoardColumn, turned: string | undefined): number | undefined {
  if (turned === undefined || turned === MISSING) return undefined;
  return directionOf(column) === 'desc' ? -Number(turned) : Number(turned);
}

/** Digits that tell one step from the next. */
function decimalsOf(step: number | null): number {
  return step === null ? 0 : toDecimal(step).replace(/0+$/, '').split('.')[1]!.length;
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
  { questions }: Shown,
): Record<string, unknown> | null {
  const entries = Object.entries(answers).filter(([key]) =>
    questions.some((question) => question.key === key),
  );
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}
