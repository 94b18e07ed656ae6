import type { ComputationKind } from '../bundles/model.ts';
import { meanOf, sumOf, toDecimal, weightedMeanOf } from './decimal.ts';

export { toDecimal } from './decimal.ts';

/** What ranking needs to know of a leaderboard's column. */
export interface RankingColumn {
  readonly id: number;
  readonly index: number;
  readonly sorting: 'asc' | 'desc';
  readonly hidden: boolean;
  readonly computation: ComputationKind | null;
  /** Indexes of the columns that the computation takes. */
  readonly computationIndexes: readonly number[] | null;
  /** One for each of these indexes; null: all the same. */
  readonly computationWeights: readonly number[] | null;
}

/** Column id -> value. A missing score has no entry. */
export type Values = ReadonlyMap<number, number>;

/** A missing score comes after every other, whatever the direction of its column. */
export const MISSING = 'Infinity';

/** Made from the ranks of all entries of a board, and so only when the board is read; see `by-rank.ts`. */
export function isByRank({ computation }: Pick<RankingColumn, 'computation'>): boolean {
  return computation === 'avg_rank' || computation === 'mrr';
}

/** Of ranks the smallest is the best and of their reciprocals the largest, whatever the column says. */
export function directionOf({ sorting, computation }: Pick<RankingColumn, 'sorting' | 'computation'>) {
  if (computation === 'avg_rank') return 'asc';
  return computation === 'mrr' ? 'desc' : sorting;
}

/**
 * Adds the computed columns to the stored scores. A computation takes the inputs that are present; without any, the column keeps what
 * the scoring program wrote for it, or stays missing. Inputs may be computed columns themselves; one that depends on itself is missing.
 * Columns by rank are left out, also as inputs.
 */
export function computeColumns(columns: readonly RankingColumn[], values: Values): Map<number, number> {
  const byIndex = new Map(columns.map((column) => [column.index, column]));
  const inProgress = new Set<number>();
  const done = new Map<number, number | undefined>();

  const resolve = (column: RankingColumn): number | undefined => {
    if (done.has(column.id)) return done.get(column.id);
    if (inProgress.has(column.id) || isByRank(column)) return undefined;
    inProgress.add(column.id);
    const value = compute(column) ?? values.get(column.id);
    inProgress.delete(column.id);
    done.set(column.id, value);
    return value;
  };

  const compute = (column: RankingColumn): number | undefined => {
    const { computation, computationIndexes, computationWeights } = column;
    if (!computation) return undefined;
    const inputs = (computationIndexes ?? []).flatMap((index, place) => {
      const input = byIndex.get(index);
      const value = input && resolve(input);
      return value === undefined ? [] : [{ value, weight: computationWeights?.[place] ?? 1 }];
    });
    if (inputs.length === 0) return undefined;
    return combine(
      computation,
      inputs.map(({ value }) => value),
      inputs.map(({ weight }) => weight),
    );
  };

  const result = new Map<number, number>();
  for (const column of columns) {
    const value = resolve(column);
    if (value !== undefined) result.set(column.id, value);
  }
  return result;
}

function combine(kind: ComputationKind, values: readonly number[], weights: readonly number[]) {
  switch (kind) {
    case 'avg':
      return meanOf(values);
    case 'sum':
      return sumOf(values);
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'weighted':
      return weightedMeanOf(values, weights) ?? undefined;
    case 'avg_rank':
    case 'mrr':
      return undefined;
    default:
      return kind satisfies never;
  }
}

/** The columns that decide the ranking, in order: the primary one (even when it is hidden), then the visible ones by index. */
export function rankingOrder<Column extends RankingColumn>(
  columns: readonly Column[],
  primaryIndex: number,
): Column[] {
  const others = columns.filter((column) => column.index !== primaryIndex && !column.hidden);
  return [
    ...columns.filter((column) => column.index === primaryIndex),
    ...others.sort((a, b) => a.index - b.index),
  ];
}

/** The place of what is made from ranks when the board is read. */
const MADE_WHEN_READ = '0';

/** Decimal strings for `leaderboard_entries.sort_key`: smaller is better in every place, and a missing score is last. */
export function sortKey(columns: readonly RankingColumn[], primaryIndex: number, values: Values): string[] {
  return rankingOrder(columns, primaryIndex).map((column) =>
    isByRank(column) ? MADE_WHEN_READ : turned(column, values.get(column.id)),
  );
}

/** Smaller is better, missing is last. */
export function turned(column: RankingColumn, value: number | undefined): string {
  if (value === undefined) return MISSING;
  return toDecimal(directionOf(column) === 'desc' ? -value : value);
}

/** Negative when `a` is better. Compares rounded values, as the board does. */
export function compareSortKeys(a: readonly string[], b: readonly string[]): number {
  for (const [place, left] of a.entries()) {
    const right = b[place] ?? MISSING;
    if (Number(left) !== Number(right)) return Number(left) < Number(right) ? -1 : 1;
  }
  return 0;
}
