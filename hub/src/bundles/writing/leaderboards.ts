import type { BoardSplit, BundleColumn, BundleLeaderboard, ScoreDeclaration } from '../model.ts';
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
    splits: board.splits.length > 0 ? board.splits.map(splitEntry) : null,
    ladder_step: board.ladderStep,
    bootstrap_samples: board.bootstrapSamples,
    columns: board.columns.map(columnEntry),
  });
}

function splitEntry(split: BoardSplit): Entry {
  return entry({
    key: split.key,
    title: split.title,
    columns: split.columns,
    visibility: split.visibility,
    visible_from: split.visibleFrom,
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
    low_index: column.bounds?.low ?? null,
    high_index: column.bounds?.high ?? null,
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
