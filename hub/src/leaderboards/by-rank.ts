import type { Ranked, TaskValues } from './placement.ts';
import { isByRank, type RankingColumn, rankingOrder, turned, type Values } from './ranking.ts';

/**
 * Ranks as scores. Two things are made of the ranks that an entry has among all entries of its board: columns computed as `avg_rank` (the mean of
 * its ranks in other columns) or `mrr` (the mean of their reciprocals), and the place of entries in several tasks under the rule `average_rank`
 * (the mean of its ranks in the primary column of each task).
 *
 * Both are weighted means over *contests*. A rank in a contest is one more than the number of entries that are better in it, so equals share it and
 * those without a score share the last; baselines have ranks and take none. One new score may change every rank, so nothing of it is stored but
 * what the contests compare: the ranks are made, from that alone, in the statement that reads the board.
 */
export interface Contest {
  readonly column: RankingColumn;
  /** The task in which the column is compared; null: in the scores of the whole. */
  readonly taskId: number | null;
}

/** One contest's part in one place of the sort key. Counted from 1, as the database does. */
export interface Term {
  readonly place: number;
  readonly contest: number;
  readonly weight: number;
  readonly isReciprocal: boolean;
}

/** Whether a board is ordered by the mean rank over its tasks. */
export function ranksOverTasks({ taskRule, taskIds }: Pick<Ranked, 'taskRule' | 'taskIds'>): boolean {
  return taskRule === 'average_rank' && taskIds.length > 1;
}

/** In the order of `rank_inputs`; empty where no ranks count. */
export function contestsOf(board: Ranked): Contest[] {
  return parts(board).flatMap(({ contests }) => contests.map(({ contest }) => contest));
}

export function termsOf(board: Ranked): Term[] {
  let contest = 0;
  return parts(board).flatMap(({ place, isReciprocal, contests }) =>
    contests.map(({ weight }) => ({ place, contest: ++contest, weight, isReciprocal })),
  );
}

/** What is compared in each contest; null where no ranks count. */
export function rankInputs(board: Ranked, whole: Values, leaves: readonly TaskValues[]): string[] | null {
  const contests = contestsOf(board);
  if (contests.length === 0) return null;
  return contests.map(({ column, taskId }) => {
    const values = taskId === null ? whole : leaves.find((leaf) => leaf.taskId === taskId)?.values;
    return turned(column, values?.get(column.id));
  });
}

interface Part {
  readonly place: number;
  readonly isReciprocal: boolean;
  readonly contests: readonly { readonly contest: Contest; readonly weight: number }[];
}

function parts(board: Ranked): Part[] {
  const order = rankingOrder(board.columns, board.primaryIndex);
  const primary = order[0];
  const overTasks = ranksOverTasks(board);
  const tasks: Part[] =
    overTasks && primary
      ? [
          {
            place: 1,
            isReciprocal: false,
            contests: board.taskIds.map((taskId) => ({ contest: { column: primary, taskId }, weight: 1 })),
          },
        ]
      : [];
  const byIndex = new Map(board.columns.map((column) => [column.index, column]));
  const columns = order.flatMap((column, place): Part[] => {
    if (!isByRank(column)) return [];
    const contests = (column.computationIndexes ?? []).flatMap((index, position) => {
      const compared = byIndex.get(index);
      if (!compared || isByRank(compared)) return [];
      const weight = column.computationWeights?.[position] ?? 1;
      return [{ contest: { column: compared, taskId: null }, weight }];
    });
    const isReciprocal = column.computation === 'mrr';
    return [{ place: place + (overTasks ? 2 : 1), isReciprocal, contests }];
  });
  return [...tasks, ...columns];
}
