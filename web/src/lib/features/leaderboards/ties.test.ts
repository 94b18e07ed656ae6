import { expect, test } from 'vitest';
import { groupName } from './ties.ts';

test('groups are named by letters', () => {
  expect([1, 2, 26, 27, 52, 53].map(groupName)).toEqual(['a', 'b', 'z', 'aa', 'az', 'ba']);
});
