import type { Fields } from '../fields.ts';
import { type BoardSettings, TASK_RULES } from '../model.ts';

/** Weir's own keys of a leaderboard: how submissions with several tasks are placed, and whether names are shown. */
export function readBoardSettings(board: Fields): BoardSettings {
  const taskRule = board.choice('task_rule', TASK_RULES, 'best');
  return {
    taskRule,
    rankingTask: readRankingTask(board, taskRule),
    anonymous: board.flag('anonymous', false),
  };
}

function readRankingTask(board: Fields, taskRule: BoardSettings['taskRule']): number | null {
  const key = 'ranking_task';
  const place = board.integer(key);
  if (taskRule === 'task') {
    if (place === null) {
      const message = '"task_rule: task" does not say which task ranks.';
      const cure = `Add "${key}", the task's place in the phase's list of tasks, from 0.`;
      board.error(key, 'ranking_task_missing', message, cure);
    } else if (place < 0) {
      board.error(key, 'ranking_task_malformed', `"${key}" is below 0.`, 'The first task of a phase is 0.');
    }
    return place;
  }
  if (place !== null) {
    const message = `"${key}" says nothing while "task_rule" is "${taskRule}".`;
    board.error(key, 'ranking_task_unused', message, `Leave it out, or write "task_rule: task".`);
  }
  return null;
}
