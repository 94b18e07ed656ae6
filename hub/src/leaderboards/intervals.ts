import type { Board, BoardColumn } from './boards.ts';
import { bootstrapMean } from './bootstrap.ts';
import { countsOneTask, type TaskValues } from './placement.ts';
import type { Values } from './ranking.ts';
import type { ShownScore } from './row.ts';

interface Entry {
  readonly submissionId: number;
  readonly leaves: readonly TaskValues[];
  /** By the board's rule for tasks. */
  readonly whole: Values;
}

/**
 * How sure a score is. The hub has one number for each task and column, not one for each case, so there are two answers, and no third:
 * - the bounds that the scoring program wrote, which alone has seen the cases; not of means and sums over tasks, whose bounds are not those means;
 * - of a mean or a sum over at least three tasks, a bootstrap of the tasks (`bootstrap_samples`): the scores of the entry's tasks are what is drawn
 *   from. It says how much the result hangs on the choice of tasks, and nothing of the chance within one.
 */
export function intervalOf(board: Board, column: BoardColumn, entry: Entry): ShownScore['interval'] | null {
  return programBounds(board, column, entry) ?? overTasks(board, column, entry);
}

/** Whether rows may have an interval in the column. */
export function hasInterval(board: Board, column: BoardColumn): boolean {
  const byProgram =
    column.lowIndex !== null &&
    column.highIndex !== null &&
    (countsOneTask(board) || board.taskRule === 'task');
  const overTasks = board.bootstrapSamples !== null && column.index === board.primaryIndex;
  return byProgram || (overTasks && (board.taskRule === 'mean' || board.taskRule === 'sum'));
}

function programBounds(board: Board, column: BoardColumn, { whole }: Entry): ShownScore['interval'] | null {
  if (!countsOneTask(board) && board.taskRule !== 'task') return null;
  const boundIn = (index: number | null) => {
    const bound = index === null ? undefined : board.columns.find((candidate) => candidate.index === index);
    return bound && whole.get(bound.id);
  };
  const [low, high] = [boundIn(column.lowIndex), boundIn(column.highIndex)];
  if (low === undefined || high === undefined) return null;
  return { low: low.toFixed(column.precision), high: high.toFixed(column.precision), from: 'program' };
}

function overTasks(board: Board, column: BoardColumn, entry: Entry): ShownScore['interval'] | null {
  const { bootstrapSamples: samples, primaryIndex, taskRule, taskIds } = board;
  if (samples === null || column.index !== primaryIndex || !entry.whole.has(column.id)) return null;
  if (taskRule !== 'mean' && taskRule !== 'sum') return null;
  const values = taskIds.flatMap((taskId) => {
    const value = entry.leaves.find((leaf) => leaf.taskId === taskId)?.values.get(column.id);
    return value === undefined ? [] : [value];
  });
  const ofMean = bootstrapMean(values, { samples, seed: entry.submissionId });
  if (!ofMean) return null;
  const times = taskRule === 'sum' ? values.length : 1;
  const shown = (bound: number) => (bound * times).toFixed(column.precision);
  return { low: shown(ofMean.low), high: shown(ofMean.high), from: 'tasks' };
}
