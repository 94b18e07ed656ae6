import type { Column } from './columns.ts';
import { round, toDecimal } from './rounding.ts';

/**
 * How much a release can tell, at most: see BITS.md for the argument and worked examples. Every function here gives the length of a code word, so
 * that over all that could leave at one point the sum of 2^-bits is at most 1. Pure.
 */

/** A double, or a score without range or digits: what its bytes hold, the patterns that are no finite number leaving room for "absent". */
const DOUBLE_BITS = 64;

/** Charges are rounded up to this part of a bit, so that they read well and add up without falling below the truth. */
const PARTS = 1000;

/** One of `count` things. */
export function choiceBits(count: number | bigint): number {
  return upToPart(log2(BigInt(count)));
}

/** How many different numbers the gate lets out in a column; null when only the size of a double limits them. */
export function valuesOf({ range, decimals }: Column): bigint | null {
  if (range === null || decimals === null) return null;
  const least = round(toDecimal(range[0]), decimals, 'up').digits;
  const most = round(toDecimal(range[1]), decimals, 'down').digits;
  return most < least ? 0n : most - least + 1n;
}

/** One of its values, or none. */
export function columnBits(column: Column): number {
  const values = valuesOf(column);
  return values === null ? DOUBLE_BITS : Math.min(DOUBLE_BITS, choiceBits(values + 1n));
}

export function scoreBits(columns: readonly Column[]): number {
  return sum(columns.map(columnBits));
}

/** Text or bytes of any length up to `most`: which length, then eight bits for each byte. */
export function contentBits(bytes: number, most: number): number {
  return choiceBits(BigInt(most) + 1n) + 8 * bytes;
}

/**
 * The moment at which the outcome leaves: one of the ends of buckets that the containers' time can reach. `bucketSeconds` null: milliseconds.
 * `longestSeconds`: how long the containers may take altogether.
 */
export function momentBits(longestSeconds: number, bucketSeconds: number | null): number {
  return choiceBits(Math.ceil(longestSeconds / (bucketSeconds ?? 0.001)) + 1);
}

export function sum(bits: readonly number[]): number {
  return upToPart(bits.reduce((total, each) => total + each, 0));
}

function upToPart(bits: number): number {
  // What floating point adds to a whole number of parts is no part.
  return Math.ceil(bits * PARTS - 1e-6) / PARTS;
}

/** Of numbers beyond doubles too. */
function log2(count: bigint): number {
  if (count < 1n) throw new RangeError('there is nothing to choose from');
  const excess = Math.max(0, count.toString(2).length - 53);
  return Math.log2(Number(count >> BigInt(excess)) + (excess > 0 ? 1 : 0)) + excess;
}
