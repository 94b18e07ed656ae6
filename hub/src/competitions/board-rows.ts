import type { BundleColumn, BundleLeaderboard, ScoreDeclaration } from '../bundles/model.ts';
import type { columns, leaderboards } from './schema.ts';

export type BoardRow = typeof leaderboards.$inferSelect;
export type ColumnRow = typeof columns.$inferSelect;

/** A stored board as a bundle describes it. */
export function toLeaderboard(board: BoardRow, columns: readonly ColumnRow[]): BundleLeaderboard {
  const { id: _, competitionId: __, index: ___, ...settings } = board;
  return { ...settings, columns: columns.map(toColumn) };
}

export function toColumn(column: ColumnRow): BundleColumn {
  const { index, title, key, sorting, precision, hidden, computation: kind } = column;
  const { computationIndexes: indexes, computationWeights: weights, lowIndex: low, highIndex: high } = column;
  return {
    index,
    title,
    key,
    sorting,
    precision,
    hidden,
    group: column.groupTitle,
    bounds: low === null || high === null ? null : { low, high },
    computation: kind && { kind, indexes: indexes ?? [], weights },
    declaration: toDeclaration(column),
  };
}

function toDeclaration(column: ColumnRow): ScoreDeclaration | null {
  const { scoreType: type, scoreMin: min, scoreMax: max, scoreDecimals: decimals, unit, minCases } = column;
  const isEmpty =
    [type, min, max, decimals].every((value) => value === null) && unit === '' && minCases === 0;
  return isEmpty ? null : { type, min, max, decimals, unit, minCases };
}

/** What is stored of a board beside its columns. */
export function boardValues({
  columns: _,
  ...board
}: Omit<BundleLeaderboard, 'columns'> & { columns: readonly unknown[] }) {
  return board;
}

export function columnValues({ computation, declaration, group, bounds, ...column }: BundleColumn) {
  return {
    ...column,
    computation: computation?.kind ?? null,
    computationIndexes: computation?.indexes ?? null,
    computationWeights: computation?.weights ?? null,
    groupTitle: group,
    lowIndex: bounds?.low ?? null,
    highIndex: bounds?.high ?? null,
    scoreType: declaration?.type ?? null,
    scoreMin: declaration?.min ?? null,
    scoreMax: declaration?.max ?? null,
    scoreDecimals: declaration?.decimals ?? null,
    unit: declaration?.unit ?? '',
    minCases: declaration?.minCases ?? 0,
  };
}
