/** What ranking needs to know of a leaderboard's column. */
export interface RankingColumn {
  readonly id: number;
  readonly index: number;
  readonly sorting: 'asc' | 'desc';
  readonly hidden: boolean;
  readonly computation: 'avg' | 'sum' | 'min' | 'max' | null;
  /** Indexes of the columns that the computation takes. */
  readonly computationIndexes: readonly number[] | null;
}

/** Column id -> value. A missing score has no entry. */
export type Values = ReadonlyMap<number, number>;

const DECIMALS = 10;

/** A missing score comes after every other, whatever the direction of its column. */
const MISSING = 'Infinity';

/** What lies exactly between two numbers of ten decimals is an odd multiple of 1/2048, as its eleventh decimal is a five and its last. */
const TIES = 2 ** (DECIMALS + 1);

/**
 * The decimal string that is stored: ten decimals, as Codabench keeps them, and far from exponents. A tie goes to the even neighbour, as it does
 * there; scores that are shares of 2048 cases are such ties.
 */
export function toDecimal(value: number): string {
  const rounded = value.toFixed(DECIMALS);
  if (Math.abs((value * TIES) % 2) !== 1) return rounded;
  const towardsZero = value.toFixed(DECIMALS + 1).slice(0, -1);
  return Number(towardsZero.at(-1)) % 2 === 0 ? towardsZero : rounded;
}

/**
 * Adds the computed columns to the stored scores. A computation takes the inputs that are present; without any, the column keeps what
 * the scoring program wrote for it, or stays missing. Inputs may be computed columns themselves; one that depends on itself is missing.
 */
export function computeColumns(columns: readonly RankingColumn[], values: Values): Map<number, number> {
  const byIndex = new Map(columns.map((column) => [column.index, column]));
  const inProgress = new Set<number>();
  const done = new Map<number, number | undefined>();

  const resolve = (column: RankingColumn): number | undefined => {
    if (done.has(column.id)) return done.get(column.id);
    if (inProgress.has(column.id)) return undefined;
    inProgress.add(column.id);
    const value = compute(column) ?? values.get(column.id);
    inProgress.delete(column.id);
    done.set(column.id, value);
    return value;
  };

  const compute = ({ computation, computationIndexes }: RankingColumn): number | undefined => {
    if (!computation) return undefined;
    const inputs = (computationIndexes ?? []).flatMap((index) => {
      const input = byIndex.get(index);
      const value = input && resolve(input);
      return value === undefined ? [] : [value];
    });
    if (inputs.length === 0) return undefined;
    return fromUnits(COMPUTATIONS[computation](inputs.map(toUnits)));
  };

  const result = new Map<number, number>();
  for (const column of columns) {
    const value = resolve(column);
    if (value !== undefined) result.set(column.id, value);
  }
  return result;
}

const UNIT = 10 ** DECIMALS;

/** A stored score in whole units of its last decimal. Every other average of two is a tie, which floating point would round either way. */
function toUnits(value: number): bigint {
  return BigInt(toDecimal(value).replace('.', ''));
}

function fromUnits(units: bigint): number {
  return Number(units) / UNIT;
}

const COMPUTATIONS = {
  avg: (inputs: readonly bigint[]) => divide(sum(inputs), BigInt(inputs.length)),
  sum,
  min: (inputs: readonly bigint[]) => inputs.reduce((least, input) => (input < least ? input : least)),
  max: (inputs: readonly bigint[]) => inputs.reduce((most, input) => (input > most ? input : most)),
};

function sum(inputs: readonly bigint[]): bigint {
  return inputs.reduce((total, input) => total + input, 0n);
}

/** To the nearest, ties to the even neighbour. `divisor` is positive. */
function divide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  const twice = 2n * (rest < 0n ? -rest : rest);
  const isAway = twice > divisor || (twice === divisor && quotient % 2n !== 0n);
  if (!isAway) return quotient;
  return quotient + (dividend < 0n ? -1n : 1n);
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

/** Decimal strings for `leaderboard_entries.sort_key`: smaller is better in every place, and a missing score is last. */
export function sortKey(columns: readonly RankingColumn[], primaryIndex: number, values: Values): string[] {
  return rankingOrder(columns, primaryIndex).map((column) => {
    const value = values.get(column.id);
    if (value === undefined) return MISSING;
    return toDecimal(column.sorting === 'desc' ? -value : value);
  });
}

/** Negative when `a` is better. Compares rounded values, as the board does. */
export function compareSortKeys(a: readonly string[], b: readonly string[]): number {
  for (const [place, left] of a.entries()) {
    const right = b[place] ?? MISSING;
    if (Number(left) !== Number(right)) return Number(left) < Number(right) ? -1 : 1;
  }
  return 0;
}
