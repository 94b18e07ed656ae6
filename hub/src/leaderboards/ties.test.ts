import { expect, test } from 'vitest';
import { tieGroups } from './ties.ts';

const row = (low: number, high: number, isBaseline = false) => ({
  isBaseline,
  scores: { s: { value: '', interval: { low: String(low), high: String(high), from: 'tasks' as const } } },
});
const groups = (...rows: Parameters<typeof tieGroups>[0]) =>
  tieGroups(rows, 's', null).map(({ last, belongs }) => (belongs ? last?.group : null));

test('entries share the group of the first one that their intervals overlap, and no chain leads further', () => {
  expect(groups(row(8, 10), row(7, 8), row(6, 7), row(5, 6.5), row(1, 2))).toEqual([1, 1, 2, 2, 3]);
});

test('baselines begin no group, and what has no interval is in none', () => {
  const without = { isBaseline: false, scores: { s: { value: '3' } } };
  expect(groups(row(9, 10, true), row(5, 6), without, row(5.5, 5.6, true), row(1, 2, true))).toEqual([
    null,
    1,
    null,
    1,
    null,
  ]);
});

test('a page goes on where the one before ended', () => {
  const rows = [row(8, 10), row(7, 8), row(1, 2)];
  const [, second] = tieGroups(rows.slice(0, 2), 's', null);
  expect(tieGroups(rows.slice(2), 's', second!.last)).toEqual(tieGroups(rows, 's', null).slice(2));
});
