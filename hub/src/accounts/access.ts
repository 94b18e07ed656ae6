import { AdministratorsOnlyError, NotLoggedInError, SessionNeededError } from './errors.ts';

export interface ActingUser {
  readonly id: number;
  readonly username: string;
  readonly isAdmin: boolean;
  readonly isRobot: boolean;
}

/**
 * On whose behalf something is asked of a service: its first argument. Services decide what an actor may do; edges only find out who it is.
 * `link`: the bearer of a signed, expiring address, who may do with that one address what the user could. `peer`: their home hub says that they ask.
 */
export type Actor =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'user'; readonly user: ActingUser; readonly via: 'session' | 'token' | 'link' | 'peer' };

export const anonymous: Actor = { kind: 'anonymous' };

/** @throws NotLoggedInError */
export function requireUser(actor: Actor): ActingUser {
  if (actor.kind === 'anonymous') throw new NotLoggedInError();
  return actor.user;
}

/**
 * For what would let the finder of a token keep the account: a token cannot make another one.
 * @throws NotLoggedInError | SessionNeededError
 */
export function requireSession(actor: Actor): ActingUser {
  const user = requireUser(actor);
  if (actor.kind === 'user' && actor.via !== 'session') throw new SessionNeededError();
  return user;
}

/** @throws NotLoggedInError | AdministratorsOnlyError */
export function requireAdmin(actor: Actor): ActingUser {
  const user = requireUser(actor);
  if (!user.isAdmin) throw new AdministratorsOnlyError();
  return user;
}

export function isAdmin(actor: Actor): boolean {
  return actor.kind === 'user' && actor.user.isAdmin;
}
