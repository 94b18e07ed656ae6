import { describe, expect, it } from 'vitest';
import { mayPut, mayTakeOff, type SubmissionRule, slotOf } from './rules.ts';

const MANUAL: SubmissionRule[] = ['Add', 'Add_And_Delete', 'Add_And_Delete_Multiple'];
const AUTOMATIC: SubmissionRule[] = ['Force_Last', 'Force_Latest_Multiple', 'Force_Best'];

describe('moving entries by hand', () => {
  it.each(MANUAL)('under %s, owners, organizers and admins may put a submission on the board', (rule) => {
    expect([mayPut(rule, 'owner'), mayPut(rule, 'organizer'), mayPut(rule, 'admin')]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it.each(AUTOMATIC)('under %s, only an admin may', (rule) => {
    for (const may of [mayPut, mayTakeOff]) {
      expect([may(rule, 'owner'), may(rule, 'organizer'), may(rule, 'admin')]).toEqual([false, false, true]);
    }
  });

  it('lets owners take entries off where the rule says so', () => {
    expect(MANUAL.map((rule) => mayTakeOff(rule, 'owner'))).toEqual([false, true, true]);
    expect(MANUAL.map((rule) => mayTakeOff(rule, 'organizer'))).toEqual([true, true, true]);
  });
});

it('gives each submission its own slot only where an owner may have several entries', () => {
  expect(slotOf('Force_Best', 7)).toBe(0);
  expect(slotOf('Add', 7)).toBe(0);
  expect(slotOf('Force_Latest_Multiple', 7)).toBe(7);
});
