import type { BundleColumn, BundleLeaderboard, ScoreDeclaration } from '../model.ts';
import { type Entry, entry, type Value } from './yaml-entry.ts';

export function leaderboardEntry(board: BundleLeaderboard): Entry {
  return entry({
    title: board.title,
    key: board.key,
    primary_index: board.primaryIndex,
    hidden: board.hidden,
    submission_rule: board.submissionRule,
    task_rule: board.taskRule === 'best' ? null : board.taskRule,
    ranking_task: board.rankingTask,
    anonymous: board.anonymous || null,
    columns: board.columns.map(columnEntry),
  });
}

function columnEntry({ computation, ...column }: BundleColumn): Entry {
  return entry({
    title: column.title,
    key: column.key,
    index: column.index,
    sorting: column.sorting,
    precision: column.precision,
    hidden: column.hidden,
    group: column.group,
    computation: computation?.kind ?? null,
    computation_indexes: computation?.indexes ?? null,
    computation_weights: computation?.weights ?? null,
    ...(column.declaration ? declarationValues(column.declaration) : {}),
  });
}

function declarationValues({ type, min, max, decimals, unit, minCases }: ScoreDeclaration) {
  return {
    type,
    range: min === null && max === null ? null : [min, max],
    decimals,
    unit: unit || null,
    min_cases: minCases || null,
  } satisfies Record<string, Value>;
}
