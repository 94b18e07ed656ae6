import type { Column, Leaderboard, LeaderboardRow } from '#lib/api/types.ts';

/** One column of the table: of the whole, or of one of several tasks. */
export interface BoardCell {
  readonly id: string;
  readonly column: Column;
  readonly taskId: number | null;
}

/** A heading over neighbouring columns; empty where they have none. */
export interface BoardGroup {
  readonly id: string;
  readonly title: string;
  readonly span: number;
  readonly isTask: boolean;
}

export function cellsOf(
  { columns, tasks }: Pick<Leaderboard, 'columns' | 'tasks'>,
  perTask: boolean,
): BoardCell[] {
  const whole = columns.map((column): BoardCell => ({ id: column.key, column, taskId: null }));
  if (tasks.length < 2 || !perTask) return whole;
  const made = new Set(['avg_rank', 'mrr']);
  const ofTasks = tasks.flatMap(({ id: taskId }) =>
    columns
      // Ranks are among whole entries.
      .filter(({ computation }) => !made.has(computation ?? ''))
      .map((column): BoardCell => ({ id: `${taskId}:${column.key}`, column, taskId })),
  );
  return [...whole, ...ofTasks];
}

/** Null when there is nothing to head. */
export function groupsOf(
  cells: readonly BoardCell[],
  tasks: readonly { readonly id: number; readonly name: string }[],
): BoardGroup[] | null {
  const groups: BoardGroup[] = [];
  for (const { column, taskId, id } of cells) {
    const isTask = taskId !== null;
    const title = (isTask ? tasks.find((task) => task.id === taskId)?.name : column.group) ?? '';
    const last = groups.at(-1);
    if (last && last.title === title && last.isTask === isTask)
      groups[groups.length - 1] = { ...last, span: last.span + 1 };
    else groups.push({ id, title, span: 1, isTask });
  }
  return groups.some(({ title }) => title !== '') ? groups : null;
}

export function scoreIn(row: LeaderboardRow, { column, taskId }: BoardCell): string | null {
  if (taskId === null) return row.scores[column.key]?.value ?? null;
  return row.perTask.find((part) => part.taskId === taskId)?.scores[column.key] ?? null;
}

export interface BoardSort {
  readonly sort?: string | undefined;
  readonly task?: string | undefined;
  /** `worst`: the worst first. */
  readonly dir?: string | undefined;
}

/** What a press on a column's heading asks for: its best first, then its worst first, then the board's own order again. */
export function nextSort(current: BoardSort, { column, taskId }: BoardCell): BoardSort {
  const task = taskId === null ? undefined : String(taskId);
  const isCurrent = current.sort === column.key && (current.task ?? undefined) === task;
  if (!isCurrent) return { sort: column.key, task, dir: undefined };
  return current.dir === 'worst'
    ? { sort: undefined, task: undefined, dir: undefined }
    : { sort: column.key, task, dir: 'worst' };
}

/** For `aria-sort`: which way the numbers go down the page. */
export function directionIn(
  current: BoardSort,
  { column, taskId }: BoardCell,
): 'ascending' | 'descending' | undefined {
  const task = taskId === null ? undefined : String(taskId);
  if (current.sort !== column.key || (current.task ?? undefined) !== task) return undefined;
  const bestIsSmall = column.sorting === 'asc';
  return bestIsSmall === (current.dir !== 'worst') ? 'ascending' : 'descending';
}
