import { expect, test } from 'vitest';
import { limitsShown } from './allowance.ts';

const limits = {
  perDay: 5,
  perMonth: null,
  inAll: null,
  atATime: 2,
  usedToday: 7,
  usedThisMonth: 7,
  usedInAll: 7,
  inFlight: 1,
};

test('what is left is never less than nothing, also when limits were lowered since', () => {
  expect(limitsShown(limits)).toEqual([
    { label: 'Today', used: 7, limit: 5, left: 0 },
    { label: 'In this phase', used: 7, limit: null, left: Number.POSITIVE_INFINITY },
    { label: 'At a time', used: 1, limit: 2, left: 1 },
  ]);
});
