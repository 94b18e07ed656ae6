/**
 * Scores as the board keeps them: ten decimals, computed exactly in whole units of the last one. In floating point every other mean of two would be
 * a tie that goes either way.
 */
const DECIMALS = 10;
const UNIT = 10 ** DECIMALS;

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

/** The smallest multiple of `step` that is not below the value. Both are decimals of ten digits, as `toDecimal` writes them. */
export function upToMultiple(value: string, step: string): string {
  const [units, size] = [unitsOf(value), unitsOf(step)];
  const steps = units / size + (units > 0n && units % size !== 0n ? 1n : 0n);
  return decimalOf(steps * size);
}

export function sumOf(values: readonly number[]): number {
  return fromUnits(sum(values.map(toUnits)));
}

export function meanOf(values: readonly number[]): number {
  return fromUnits(divide(sum(values.map(toUnits)), BigInt(values.length)));
}

/** Null when the weights come to nothing. @param weights one for each of the values; none is negative */
export function weightedMeanOf(values: readonly number[], weights: readonly number[]): number | null {
  const units = weights.map(toUnits);
  const whole = sum(units);
  if (whole <= 0n) return null;
  return fromUnits(divide(sum(values.map((value, place) => toUnits(value) * (units[place] ?? 0n))), whole));
}

function toUnits(value: number): bigint {
  return unitsOf(toDecimal(value));
}

function unitsOf(decimal: string): bigint {
  return BigInt(decimal.replace('.', ''));
}

function decimalOf(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(DECIMALS + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`;
}

function fromUnits(units: bigint): number {
  return Number(units) / UNIT;
}

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
