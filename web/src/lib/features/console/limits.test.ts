import { expect, test } from 'vitest';
import { tellLimits, toOwn } from './limits.ts';

test('an empty field is the limit of the phase; nought lets nothing through', () => {
  expect(toOwn({ perDay: '9', perMonth: ' ', inAll: '0' })).toEqual({
    perDay: 9,
    perMonth: null,
    inAll: 0,
    atATime: null,
  });
});

test('limits are told in words', () => {
  const none = { perDay: null, perMonth: null, inAll: null, atATime: null, isBlocked: false };
  expect(tellLimits(none)).toBe('those of the phase');
  expect(tellLimits({ ...none, perDay: 9, atATime: 1, isBlocked: true })).toBe(
    'a day: 9; at a time: 1; closed',
  );
});
