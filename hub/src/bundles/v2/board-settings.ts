import type { Fields } from '../fields.ts';
import { type BoardSettings, TASK_RULES } from '../model.ts';

type Settings = Pick<BoardSettings, 'taskRule' | 'rankingTask' | 'anonymous' | 'bootstrapSamples'>;

/** Weir's own keys of a leaderboard: how submissions with several tasks are placed, and what of them is shown. */
export function readBoardSettings(board: Fields): Settings {
  const taskRule = board.choice('task_rule', TASK_RULES, 'best');
  return {
    taskRule,
    rankingTask: readRankingTask(board, taskRule),
    anonymous: board.flag('anonymous', false),
    bootstrapSamples: readSamples(board, taskRule),
  };
}

/** Fewer say little about the ends of an interval. */
const FEWEST_SAMPLES = 100;
const MOST_SAMPLES = 10_000;

function readSamples(board: Fields, taskRule: BoardSettings['taskRule']): number | null {
  const key = 'bootstrap_samples';
  const samples = board.integer(key, { max: MOST_SAMPLES });
  if (!samples) return null;
  if (taskRule !== 'mean' && taskRule !== 'sum') {
    const message = `"${key}" draws from the tasks of a mean or a sum, and "task_rule" is "${taskRule}".`;
    board.error(key, 'bootstrap_unused', message, 'Leave it out, or write "task_rule: mean".');
    return null;
  }
  return Math.max(samples, FEWEST_SAMPLES);
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
