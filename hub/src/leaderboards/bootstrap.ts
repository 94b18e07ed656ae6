/** From fewer an interval would say more about which of them were drawn than about the score. */
export const FEWEST_UNITS = 3;

const LEVEL = 0.95;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The 95% percentile interval of the mean (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13): the values are drawn with
 * replacement as often as there are values, the mean is taken, and this `samples` times; the interval is what lies between the 2.5% and the 97.5%
 * quantile of those means. The same values, samples and seed give the same interval. Null for fewer than `FEWEST_UNITS` values.
 */
export function bootstrapMean(
  values: readonly number[],
  { samples, seed }: { samples: number; seed: number },
): Interval | null {
  const count = values.length;
  if (count < FEWEST_UNITS) return null;
  const draw = uniform(seed);
  const means = Float64Array.from({ length: samples }, () => {
    let sum = 0;
    for (let drawn = 0; drawn < count; drawn++) sum += values[Math.floor(draw() * count)]!;
    return sum / count;
  }).sort();
  const quantile = (share: number) => means[Math.round(share * (samples - 1))]!;
  return { low: quantile((1 - LEVEL) / 2), high: quantile((1 + LEVEL) / 2) };
}

/** Mulberry32: 32 bits of state, made for draws that must be the same each time and are no secret. From 0 to below 1. */
function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
