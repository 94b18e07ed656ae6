import type { SiteRule } from '../../bundles/site-rule.ts';

/** A column as far as scores are combined in it. */
export interface CombinedColumn {
  readonly key: string;
  /** `asc`: smaller is better. */
  readonly sorting: 'asc' | 'desc';
  /** Digits after the point that are shown. */
  readonly precision: number;
  /** The declared range of its scores; null at an end that is open. */
  readonly min: number | null;
  readonly max: number | null;
}

/** What one site brings in. */
export interface Contribution {
  readonly scores: Readonly<Record<string, number>>;
  /** More than 0; counts for `weighted` alone. */
  readonly weight: number;
}

export interface Combination {
  readonly contributions: readonly Contribution[];
  /** Weights of the sites that count as the worst; empty unless the rule says so. */
  readonly missing: readonly number[];
  /** Whether a contributing site keeps its own scores to itself. */
  readonly withholds: boolean;
}

/**
 * Column key -> the score of all contributions together; columns without one are left out. The order of the contributions makes no
 * difference, not even in the last bit.
 *
 * - `mean`, `weighted` (by the sites' counts), `median` (of an even number: half-way between the two in the middle), `worst`, `best` (by the
 *   direction of the column).
 * - A missing site counts with the worst end of the column's declared range; where that end is open, with the worst score of the others.
 * - Where a site withholds, only columns that every contribution has are combined: whoever lacks one would set the others apart in it. The
 *   result is rounded to what is shown; a weighted one also to the digits that the scores have, since rounded scores with known weights make a
 *   number whose last digits fit one set of scores alone.
 */
export function combine(
  rule: Pick<SiteRule, 'combine'>,
  columns: readonly CombinedColumn[],
  { contributions, missing, withholds }: Combination,
): Record<string, number> {
  return Object.fromEntries(
    columns.flatMap((column) => {
      const parts = contributions.flatMap(({ scores, weight }) => {
        const value = scores[column.key];
        return value === undefined ? [] : [{ value, weight }];
      });
      if (parts.length === 0 || (withholds && parts.length < contributions.length)) return [];
      const worst = worstOf(column, parts);
      const all = [...parts, ...missing.map((weight) => ({ value: worst, weight }))];
      const value = COMBINATIONS[rule.combine](all.sort(byValue), column.sorting);
      return [[column.key, withholds ? Number(value.toFixed(digitsShown(rule, column, parts))) : value]];
    }),
  );
}

interface Weighted {
  readonly value: number;
  readonly weight: number;
}

const byValue = (a: Weighted, b: Weighted) => a.value - b.value || a.weight - b.weight;

/** Of values in ascending order, at least one. */
const COMBINATIONS: Readonly<
  Record<SiteRule['combine'], (all: readonly Weighted[], sorting: 'asc' | 'desc') => number>
> = {
  mean: (all) => sum(all.map(({ value }) => value)) / all.length,
  weighted: (all) =>
    sum(all.map(({ value, weight }) => value * weight)) / sum(all.map(({ weight }) => weight)),
  median: (all) => {
    const upper = all[Math.floor(all.length / 2)]!.value;
    return all.length % 2 === 1 ? upper : (all[all.length / 2 - 1]!.value + upper) / 2;
  },
  worst: (all, sorting) => all.at(sorting === 'asc' ? -1 : 0)!.value,
  best: (all, sorting) => all.at(sorting === 'asc' ? 0 : -1)!.value,
};

/** Sums in known proportions are never finer than their finest summand. */
function digitsShown(
  { combine }: Pick<SiteRule, 'combine'>,
  { precision }: CombinedColumn,
  parts: readonly Weighted[],
): number {
  if (combine !== 'weighted') return precision;
  return Math.min(precision, Math.max(...parts.map(({ value }) => digitsOf(value))));
}

function digitsOf(value: number): number {
  return value.toFixed(10).replace(/0+$/, '').split('.')[1]?.length ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function worstOf({ sorting, min, max }: CombinedColumn, parts: readonly Weighted[]): number {
  const values = parts.map(({ value }) => value);
  return sorting === 'asc' ? (max ?? Math.max(...values)) : (min ?? Math.min(...values));
}
