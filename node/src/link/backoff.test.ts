import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

test('waits double up to a minute, with jitter in the upper half, and begin anew after a success', () => {
  const longest = new Backoff({ random: () => 1 });
  const waits = Array.from({ length: 10 }, () => longest.next());
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  const shortest = new Backoff({ random: () => 0 });
  expect([shortest.next(), shortest.next()]).toEqual([125, 250]);
  shortest.reset();
  expect(shortest.next()).toBe(125);
  expect(shortest.longest()).toBe(30_000);
});
