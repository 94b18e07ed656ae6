import type { BoardSplit } from '../bundles/model.ts';
import type { Board, BoardColumn } from './boards.ts';
import { ranksOverTasks } from './by-rank.ts';
import type { ScoreOrder, TaskCombination } from './page-orders.ts';
import { rankingTaskOf } from './placement.ts';
import { directionOf, rankingOrder } from './ranking.ts';

/** What somebody may see of a board, or of one of its splits. */
export interface Shown {
  /** Null for people who are not signed in. */
  readonly userId: number | null;
  readonly canManage: boolean;
  readonly split: BoardSplit | null;
  /** Of others there is nothing to see, and so no ranks. */
  readonly onlyOwn: boolean;
  readonly columns: readonly BoardColumn[];
  /** Where columns are in the sort keys that are read, from 1, by their keys. */
  readonly places: ReadonlyMap<string, number>;
  readonly showsReports: boolean;
  /** Of the fact sheet. */
  readonly questions: readonly { readonly key: string; readonly title: string }[];
}

/** A board that releases scores in steps shows them to organizers alone. A split is shown as it is: whoever opens it means to. */
export function showsScores(board: Board, { canManage, split }: Pick<Shown, 'canManage' | 'split'>): boolean {
  return board.ladderStep === null || canManage || split !== null;
}

/** By index on the board, in the listed order on a split. */
export function columnsShown(
  board: Board,
  { canManage, split }: Pick<Shown, 'canManage' | 'split'>,
): BoardColumn[] {
  if (split) return columnsOf(board, split);
  if (!showsScores(board, { canManage, split })) {
    return rankingOrder(board.columns, board.primaryIndex)
      .slice(0, 1)
      .filter(({ hidden }) => !hidden);
  }
  return board.columns.filter(({ hidden }) => !hidden || canManage);
}

export function placesOf(board: Board, split: BoardSplit | null): Map<string, number> {
  if (split) return new Map(columnsOf(board, split).map(({ key }, place) => [key, place + 1]));
  const first = ranksOverTasks(board) ? 2 : 1;
  const order = rankingOrder(board.columns, board.primaryIndex);
  const kept = board.ladderStep === null ? order : order.slice(0, 1);
  return new Map(kept.map(({ key }, place) => [key, place + first]));
}

export function columnsOf(board: Board, split: BoardSplit): BoardColumn[] {
  return split.columns.flatMap((index) => board.columns.find((column) => column.index === index) ?? []);
}

export type SplitSight = 'all' | 'own' | 'none';

/** What somebody sees of a split at a moment. */
export function sightOf(
  { visibility, visibleFrom }: BoardSplit,
  { userId, canManage }: Pick<Shown, 'userId' | 'canManage'>,
  now: Date,
): SplitSight {
  if (canManage || visibility === 'everybody') return 'all';
  if (visibleFrom !== null && now >= new Date(visibleFrom)) return 'all';
  return visibility === 'owners' && userId !== null ? 'own' : 'none';
}

/** How the scores of several tasks are one, where no sort key has done it. Mean ranks need all entries: there, the scores' mean stands in. */
export function combinationOf(board: Board, taskId: number | null = null): TaskCombination {
  const { taskRule, taskIds } = board;
  if (taskId !== null) return { rule: 'best', taskIds: [taskId], needed: 1 };
  if (taskIds.length < 2 || taskRule === 'best') return { rule: 'best', taskIds: null, needed: 1 };
  const ranking = rankingTaskOf(board);
  if (taskRule === 'task')
    return { rule: 'best', taskIds: ranking === undefined ? [] : [ranking], needed: 1 };
  return { rule: taskRule === 'sum' ? 'sum' : 'mean', taskIds: [...taskIds], needed: taskIds.length };
}

export function scoreOrder(board: Board, column: BoardColumn, taskId: number | null = null): ScoreOrder {
  return { columnId: column.id, falls: directionOf(column) === 'desc', over: combinationOf(board, taskId) };
}
