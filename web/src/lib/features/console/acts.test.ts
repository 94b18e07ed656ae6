import { expect, test } from 'vitest';
import type { Submission } from '#lib/api/types.ts';
import { groupRefusals, targetsOf, tellOutcome } from './acts.ts';

const one = (id: number, changes: Partial<Submission>): Submission =>
  ({ id, status: 'Finished', isRehearsal: false, isSpecificTaskReRun: false, ...changes }) as Submission;

test('each act is for those that it makes sense for', () => {
  const chosen = [
    one(1, { status: 'Submitting' }),
    one(2, { status: 'Running' }),
    one(3, {}),
    one(4, { isRehearsal: true }),
    one(5, { isSpecificTaskReRun: true }),
    one(6, { status: 'Failed' }),
  ];
  const ids = (action: Parameters<typeof targetsOf>[0]) => targetsOf(action, chosen).map(({ id }) => id);
  expect(ids('start')).toEqual([1]);
  expect(ids('cancel')).toEqual([1, 2]);
  expect(ids('rerun')).toEqual([3, 5, 6]);
  expect(ids('remove')).toEqual([3, 4, 5, 6]);
  expect(ids('forceOntoLeaderboard')).toEqual([3]);
  expect(ids('publish')).toEqual([3, 5]);
});

test('what was refused is told with its reason, once', () => {
  const refused = [3, 5].map((id) => ({ id, code: 'not_allowed', message: 'The rule says no.' }));
  expect(tellOutcome({ action: 'remove' }, { done: [1], refused })).toBe('1 submission deleted; 2 refused.');
  const off = { action: 'setOnLeaderboard', onLeaderboard: false } as const;
  expect(tellOutcome(off, { done: [1, 2], refused: [] })).toBe('2 submissions taken off the board.');
  expect(groupRefusals({ done: [1], refused })).toEqual([{ message: 'The rule says no.', ids: '#3, #5' }]);
});
