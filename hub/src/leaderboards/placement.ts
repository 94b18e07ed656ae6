import type { BoardSettings } from '../bundles/model.ts';
import { rankInputs, ranksOverTasks } from './by-rank.ts';
import { meanOf, sumOf } from './decimal.ts';
import { onLadder } from './ladder.ts';
import { compareSortKeys, isByRank, type RankingColumn, sortKey, type Values } from './ranking.ts';

/** What placing an entry needs to know of its board. */
export interface Ranked {
  readonly primaryIndex: number;
  readonly columns: readonly RankingColumn[];
  readonly taskRule: BoardSettings['taskRule'];
  /** With the rule `task`: its place in `taskIds`. */
  readonly rankingTask: number | null;
  /** Scores are released in steps of this size; null: as they are. */
  readonly ladderStep: number | null;
  /** Of the phase, in its order. */
  readonly taskIds: readonly number[];
}

/** The scores of a submission in one task, computed columns included. */
export interface TaskValues {
  readonly taskId: number;
  readonly values: Values;
}

export interface Placement {
  /** For `leaderboard_entries.sort_key`. */
  readonly sortKey: readonly string[];
  /** For `leaderboard_entries.rank_inputs`. */
  readonly rankInputs: readonly string[] | null;
}

/** Whether the scores of one task alone say where an entry stands. */
export function countsOneTask({ taskRule, taskIds }: Pick<Ranked, 'taskRule' | 'taskIds'>): boolean {
  return taskIds.length < 2 || taskRule === 'best';
}

/** Where a submission stands with these scores in its tasks; null while it has none. */
export function place(board: Ranked, leaves: readonly TaskValues[]): Placement | null {
  if (leaves.length === 0) return null;
  return placeValues(board, wholeOf(board, leaves), leaves);
}

/** Where a submission stands with these scores of the whole. */
export function placeValues(board: Ranked, whole: Values, leaves: readonly TaskValues[] = []): Placement {
  return {
    sortKey: keyOf(board, whole),
    rankInputs: rankInputs(board, whole, leaves),
  };
}

/** On a ladder all that is released is how many steps the primary score comes to: what parts equals there would tell more. */
function keyOf({ columns, primaryIndex, ladderStep, ...board }: Ranked, whole: Values): string[] {
  const key = sortKey(columns, primaryIndex, whole);
  if (ladderStep !== null) return key.slice(0, 1).map((place) => onLadder(place, ladderStep));
  return ranksOverTasks(board) ? ['0', ...key] : key;
}

/**
 * The scores of the whole, by the board's rule for tasks. The mean and the sum of a column need a score in every task of the phase, or what was
 * entered in the easiest task alone would win; without, it is missing and so last.
 */
export function wholeOf(board: Ranked, leaves: readonly TaskValues[]): Values {
  const { taskRule, taskIds } = board;
  if (countsOneTask(board)) return bestOf(board, leaves)?.values ?? NOTHING;
  switch (taskRule) {
    case 'best':
      return bestOf(board, leaves)?.values ?? NOTHING;
    case 'task':
      return leaves.find(({ taskId }) => taskId === rankingTaskOf(board))?.values ?? NOTHING;
    case 'mean':
    case 'average_rank':
      return overTasks(board.columns, taskIds, leaves, meanOf);
    case 'sum':
      return overTasks(board.columns, taskIds, leaves, sumOf);
    default:
      return taskRule satisfies never;
  }
}

export function rankingTaskOf({ rankingTask, taskIds }: Ranked): number | undefined {
  return taskIds[rankingTask ?? 0];
}

export function bestOf<Leaf extends TaskValues>(board: Ranked, leaves: readonly Leaf[]): Leaf | undefined {
  const keyed = leaves.map((leaf) => ({
    leaf,
    key: sortKey(board.columns, board.primaryIndex, leaf.values),
  }));
  return keyed.toSorted((a, b) => compareSortKeys(a.key, b.key))[0]?.leaf;
}

const NOTHING: Values = new Map();

function overTasks(
  columns: readonly RankingColumn[],
  taskIds: readonly number[],
  leaves: readonly TaskValues[],
  combine: (values: readonly number[]) => number,
): Values {
  const result = new Map<number, number>();
  for (const column of columns) {
    const values = taskIds.flatMap((taskId) => {
      const value = leaves.find((leaf) => leaf.taskId === taskId)?.values.get(column.id);
      return value === undefined ? [] : [value];
    });
    if (values.length === taskIds.length && !isByRank(column)) result.set(column.id, combine(values));
  }
  return result;
}
