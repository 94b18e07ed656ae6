import type { ActingUser } from '../../accounts/access.ts';
import type { Transaction } from '../../db/database.ts';
import { PhaseInvalidError, TaskNotUsableError } from './errors.ts';
import { findBoardsOf, holdUsableTasks, type PhaseRow, setTasks } from './store.ts';

/** @throws PhaseInvalidError unless the board is of the competition */
export async function checkBoard(
  { queries }: Transaction,
  competitionId: number,
  leaderboardId: number,
): Promise<void> {
  const boards = await findBoardsOf(queries, competitionId);
  if (!boards.some(({ id }) => id === leaderboardId))
    throw new PhaseInvalidError('leaderboardId', 'Choose one of the leaderboards of this competition.');
}

/** Gives the phase these tasks, in this order. @throws PhaseInvalidError | TaskNotUsableError */
export async function putTasks(
  tx: Transaction,
  user: ActingUser,
  phase: Pick<PhaseRow, 'id' | 'competitionId'>,
  taskIds: readonly number[],
): Promise<void> {
  if (taskIds.length === 0 || new Set(taskIds).size < taskIds.length)
    throw new PhaseInvalidError('tasks', 'A phase has at least one task, and each of them once.');
  if ((await holdUsableTasks(tx, user, phase.competitionId, taskIds)) < taskIds.length)
    throw new TaskNotUsableError();
  await setTasks(tx, phase.id, taskIds);
}
