import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import { type Actor, anonymous, requireSession, requireUser } from './access.ts';
import { NotLoggedInError, WrongCredentialsError, WrongPasswordError } from './errors.ts';
import { LoginAttempts } from './login-attempts.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import {
  checkDisplayName,
  checkNewPassword,
  checkOperatorsAccount,
  checkRegistration,
  type Registration,
} from './registration.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { findUser, findUserByLogin, insertUser, type User, updateUser } from './store.ts';
import { createTokens, type Tokens } from './tokens.ts';

/** What a person sees of their own account. */
export interface Profile {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly displayName: string;
  readonly isAdmin: boolean;
  readonly isRobot: boolean;
  /** False for whoever signs in with a home hub or an institution alone. */
  readonly hasPassword: boolean;
}

export interface OperatorsAccount extends Registration {
  readonly isAdmin: boolean;
  readonly isRobot: boolean;
}

export interface Accounts {
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  /**
   * @param address where the request came from, to slow down whoever makes accounts by the hundred
   * @throws InvalidAccountError | AccountExistsError | TooManyAttemptsError
   */
  register(input: Registration, address: string): Promise<Profile>;
  /**
   * @param login username or e-mail address
   * @throws WrongCredentialsError | TooManyAttemptsError
   */
  logIn(login: string, password: string, address: string): Promise<Profile>;
  profile(actor: Actor): Promise<Profile | null>;
  /** The actor behind a signed address; nobody once the account is gone. */
  bearerOfLink(userId: number): Promise<Actor>;
  updateProfile(actor: Actor, change: { displayName: string }): Promise<Profile>;
  /** Ends every session of the person, this one too. @throws WrongPasswordError | InvalidAccountError */
  changePassword(actor: Actor, passwords: { current: string; next: string }): Promise<void>;
  /** Makes an account: for the hub's operator, not for requests. @throws InvalidAccountError | AccountExistsError */
  create(account: OperatorsAccount): Promise<Profile>;
  /** Makes the account or brings it to this state: for the hub's operator, not for requests. Can be repeated. */
  ensure(account: OperatorsAccount): Promise<Profile>;
}

export function createAccounts({
  database,
  log,
  secureCookie,
}: {
  database: Database;
  log: Logger;
  secureCookie: boolean;
}): Accounts {
  const { queries } = database;
  const sessions = createSessions(queries, { secureCookie });
  const attempts = new LoginAttempts();

  async function create({ isAdmin, isRobot, ...registration }: OperatorsAccount): Promise<Profile> {
    const { username, email, password } = checkOperatorsAccount(registration);
    const passwordHash = await hashPassword(password);
    return toProfile(await insertUser(queries, { username, email, passwordHash, isAdmin, isRobot }));
  }

  return {
    sessions,
    tokens: createTokens(queries),

    async register(input, address) {
      const { password, ...names } = checkRegistration(input);
      await attempts.countRegistration(address);
      const user = await insertUser(queries, { ...names, passwordHash: await hashPassword(password) });
      log.info({ userId: user.id }, 'account registered');
      return toProfile(user);
    },

    async logIn(login, password, address) {
      await attempts.begin(login, address);
      const user = await findUserByLogin(queries, login);
      if (!(await verifyPassword(user?.passwordHash ?? null, password)) || !user)
        throw new WrongCredentialsError();
      await attempts.succeeded(login, address);
      return toProfile(user);
    },

    async profile(actor) {
      if (actor.kind === 'anonymous') return null;
      const user = await findUser(queries, actor.user.id);
      return user && toProfile(user);
    },

    async bearerOfLink(userId) {
      const user = await findUser(queries, userId);
      if (!user) return anonymous;
      const { id, username, isAdmin, isRobot } = user;
      return { kind: 'user', user: { id, username, isAdmin, isRobot }, via: 'link' };
    },

    async updateProfile(actor, { displayName }) {
      const { id } = requireUser(actor);
      const user = await updateUser(queries, id, { displayName: checkDisplayName(displayName) });
      if (!user) throw new NotLoggedInError();
      return toProfile(user);
    },

    async changePassword(actor, { current, next }) {
      const { id } = requireSession(actor);
      const user = await findUser(queries, id);
      if (!user) throw new NotLoggedInError();
      if (!(await verifyPassword(user.passwordHash, current))) throw new WrongPasswordError();
      await updateUser(queries, id, { passwordHash: await hashPassword(checkNewPassword(next)) });
      await sessions.endAll(id);
    },

    create,

    async ensure(account) {
      const { username, email, password } = checkOperatorsAccount(account);
      const existing = await findUserByLogin(queries, username);
      if (!existing) return create(account);
      const unchanged = await verifyPassword(existing.passwordHash, password);
      const passwordHash = unchanged ? existing.passwordHash : await hashPassword(password);
      const { isAdmin, isRobot } = account;
      const user = await updateUser(queries, existing.id, { email, passwordHash, isAdmin, isRobot });
      if (!unchanged) await sessions.endAll(existing.id);
      return toProfile(user ?? existing);
    },
  };
}

function toProfile({ id, username, email, displayName, isAdmin, isRobot, passwordHash }: User): Profile {
  return { id, username, email, displayName, isAdmin, isRobot, hasPassword: passwordHash !== null };
}
