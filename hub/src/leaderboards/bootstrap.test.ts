import { expect, test } from 'vitest';
import { bootstrapMean } from './bootstrap.ts';

const options = { samples: 2_000, seed: 7 };

test('the interval is about the mean, narrower for more values, and the same each time', () => {
  const few = bootstrapMean([0.2, 0.4, 0.6, 0.8], options)!;
  const many = bootstrapMean(
    Array.from({ length: 100 }, (_, index) => [0.2, 0.4, 0.6, 0.8][index % 4]!),
    options,
  )!;
  expect(few.low).toBeLessThan(0.5);
  expect(few.high).toBeGreaterThan(0.5);
  expect(many.high - many.low).toBeLessThan(few.high - few.low);
  expect(bootstrapMean([0.2, 0.4, 0.6, 0.8], options)).toEqual(few);
});

test('it has about the width that theory gives it', () => {
  const values = Array.from({ length: 400 }, (_, index) => index % 2);
  const { low, high } = bootstrapMean(values, options)!;
  // The mean of 400 zeros and ones has a standard error of 0.025.
  expect(high - low).toBeCloseTo(2 * 1.96 * 0.025, 1);
});

test('equal values have no width, and fewer than three no interval', () => {
  expect(bootstrapMean([1, 1, 1], options)).toEqual({ low: 1, high: 1 });
  expect(bootstrapMean([1, 2], options)).toBeNull();
});
