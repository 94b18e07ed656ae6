import { expect, test } from 'vitest';
import { round, toDecimal, toNumber } from './rounding.ts';

const rounded = (value: number, places: number) => toNumber(round(toDecimal(value), places));

test.each([
  [1.005, 2, 1.01],
  [2.5, 0, 3],
  [-2.5, 0, -3],
  [0.1 + 0.2, 15, 0.3],
  [1e-7, 6, 0],
  [5e-7, 6, 0.000001],
  [-4e-7, 6, 0],
  [123456.789, 1, 123456.8],
  [0.3, 10, 0.3],
  [5e-324, 20, 0],
])('%s to %s places is %s', (value, places, result) => {
  expect(rounded(value, places)).toBe(result);
  expect(Object.is(rounded(value, places), -0)).toBe(false);
});

test('reads every double as the number that it prints as', () => {
  for (const value of [1e21, 1.5e300, -7e-9, 123.456, 0, -0, Number.MAX_SAFE_INTEGER]) {
    expect(toNumber(toDecimal(value))).toBe(value + 0);
  }
  expect(() => toDecimal(Number.NaN)).toThrow(RangeError);
});

test('rounds up and down towards the ends of a range', () => {
  expect(round(toDecimal(0.001), 2, 'up').digits).toBe(1n);
  expect(round(toDecimal(-0.001), 2, 'up').digits).toBe(0n);
  expect(round(toDecimal(0.999), 2, 'down').digits).toBe(99n);
  expect(round(toDecimal(-0.001), 2, 'down').digits).toBe(-1n);
});
