import { describe, expect, it } from 'vitest';
import { type Actor, anonymous } from '../accounts/access.ts';
import { accessTo, type Membership } from './access.ts';

const ORGANIZER = 1;
const SECRET = '00000000-0000-4000-8000-000000000000';

const competition = (rest: Partial<Membership> = {}): Membership => ({
  createdBy: ORGANIZER,
  published: true,
  secretKey: SECRET,
  deletedAt: null,
  allowRobotSubmissions: false,
  participantStatus: null,
  isCollaborator: false,
  ...rest,
});

const user = (id: number, roles: { isAdmin?: boolean; isRobot?: boolean } = {}): Actor => ({
  kind: 'user',
  via: 'session',
  user: { id, username: `user${id}`, isAdmin: false, isRobot: false, ...roles },
});

/** view, submit, manage, remove */
const rights = (...args: Parameters<typeof accessTo>) => {
  const { canView, canSubmit, canManage, canRemove } = accessTo(...args);
  return [canView && 'view', canSubmit && 'submit', canManage && 'manage', canRemove && 'remove'].filter(
    Boolean,
  );
};

describe('a published competition', () => {
  it.each<[string, Actor, Partial<Membership>, string[]]>([
    ['anonymous', anonymous, {}, ['view']],
    ['a stranger', user(9), {}, ['view']],
    ['who waits for approval', user(9), { participantStatus: 'pending' }, ['view']],
    ['who was denied', user(9), { participantStatus: 'denied' }, ['view']],
    ['a participant', user(9), { participantStatus: 'approved' }, ['view', 'submit']],
    ['a robot', user(9, { isRobot: true }), {}, ['view']],
    [
      'a robot where allowed',
      user(9, { isRobot: true }),
      { allowRobotSubmissions: true },
      ['view', 'submit'],
    ],
    ['a collaborator', user(9), { isCollaborator: true }, ['view', 'submit', 'manage']],
    ['who made it', user(ORGANIZER), {}, ['view', 'submit', 'manage', 'remove']],
    ['an administrator', user(9, { isAdmin: true }), {}, ['view', 'submit', 'manage', 'remove']],
  ])('%s', (_, actor, membership, expected) => {
    expect(rights(competition(membership), actor)).toEqual(expected);
  });
});

describe('an unpublished competition', () => {
  it.each<[string, Actor, Partial<Membership>, string[]]>([
    ['anonymous', anonymous, {}, []],
    ['a stranger', user(9), {}, []],
    ['who was denied', user(9), { participantStatus: 'denied' }, []],
    ['who waits for approval', user(9), { participantStatus: 'pending' }, ['view']],
    ['a participant', user(9), { participantStatus: 'approved' }, ['view', 'submit']],
    ['who made it', user(ORGANIZER), {}, ['view', 'submit', 'manage', 'remove']],
  ])('%s', (_, actor, membership, expected) => {
    expect(rights(competition({ published: false, ...membership }), actor)).toEqual(expected);
  });

  it('is open to whoever holds its secret key', () => {
    expect(rights(competition({ published: false }), anonymous, SECRET)).toEqual(['view']);
    expect(rights(competition({ published: false }), anonymous, 'guess')).toEqual([]);
  });
});

it('a deleted competition is gone for everybody', () => {
  const deleted = competition({ deletedAt: new Date(), participantStatus: 'approved' });
  expect(rights(deleted, user(9, { isAdmin: true }), SECRET)).toEqual([]);
  expect(rights(deleted, user(ORGANIZER))).toEqual([]);
});

it('limits do not count for robots where they are allowed, nor for those that manage', () => {
  const robot = user(9, { isRobot: true });
  expect(accessTo(competition(), robot).isUnlimited).toBe(false);
  expect(accessTo(competition({ allowRobotSubmissions: true }), robot).isUnlimited).toBe(true);
  expect(accessTo(competition(), user(9, { isRobot: true, isAdmin: true })).isUnlimited).toBe(true);
  expect(accessTo(competition(), user(ORGANIZER)).isUnlimited).toBe(false);
});
