import { createHash } from 'node:crypto';
import { eq, lt } from 'drizzle-orm';
import { Lucia, TimeSpan } from 'lucia';
import type { Queries } from '../db/database.ts';
import type { ActingUser } from './access.ts';
import { sessions, users } from './schema.ts';

type OurLucia = Lucia<Record<never, never>, ActingUser>;

declare module 'lucia' {
  interface Register {
    Lucia: OurLucia;
    UserId: number;
    DatabaseUserAttributes: ActingUser;
  }
}

/** Sessions of browsers. Cookies go in and out as the text of their headers, so the edges need to know nothing about them. */
export interface Sessions {
  /** @returns the Set-Cookie header */
  start(userId: number): Promise<string>;
  /** Who the Cookie header belongs to; null when it holds no session that is still good. `renewal`: a Set-Cookie header to send along. */
  resume(cookieHeader: string): Promise<{ user: ActingUser; renewal: string | null } | null>;
  /** @returns the Set-Cookie header that makes the browser forget */
  end(cookieHeader: string): Promise<string>;
  endAll(userId: number): Promise<void>;
}

/**
 * Sessions last 10 days and are prolonged while they are used. The table holds only the hash of a session's id, so whoever reads the
 * database cannot use one. Lucia is no longer developed: this is the one file that knows it.
 */
export function createSessions(queries: Queries, options: { secureCookie: boolean }): Sessions {
  const lucia: OurLucia = new Lucia(adapterTo(queries), {
    sessionExpiresIn: new TimeSpan(10, 'd'),
    sessionCookie: {
      // As Codabench calls it: scripts take it from a browser by this name.
      name: 'sessionid',
      attributes: { secure: options.secureCookie, sameSite: 'lax', path: '/' },
    },
    getUserAttributes: (user) => user,
  });
  return {
    async start(userId) {
      const session = await lucia.createSession(userId, {});
      return lucia.createSessionCookie(session.id).serialize();
    },
    async resume(cookieHeader) {
      const id = lucia.readSessionCookie(cookieHeader);
      if (!id) return null;
      const { session, user } = await lucia.validateSession(id);
      if (!session) return null;
      return { user, renewal: session.fresh ? lucia.createSessionCookie(id).serialize() : null };
    },
    async end(cookieHeader) {
      const id = lucia.readSessionCookie(cookieHeader);
      if (id) await lucia.invalidateSession(id);
      return lucia.createBlankSessionCookie().serialize();
    },
    endAll: (userId) => lucia.invalidateUserSessions(userId),
  };
}

type Adapter = ConstructorParameters<typeof Lucia>[0];

function adapterTo(queries: Queries): Adapter {
  const byId = (id: string) => eq(sessions.idHash, createHash('sha256').update(id).digest('hex'));
  return {
    async getSessionAndUser(id) {
      const [row] = await queries
        .select()
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(byId(id));
      if (!row) return [null, null];
      const session = { id, userId: row.sessions.userId, expiresAt: row.sessions.expiresAt, attributes: {} };
      if (row.users.deletedAt || row.users.suspendedAt) return [session, null];
      const { id: userId, username, isAdmin, isRobot } = row.users;
      return [session, { id: userId, attributes: { id: userId, username, isAdmin, isRobot } }];
    },
    async getUserSessions(userId) {
      const rows = await queries.select().from(sessions).where(eq(sessions.userId, userId));
      return rows.map(({ idHash, expiresAt }) => ({ id: idHash, userId, expiresAt, attributes: {} }));
    },
    async setSession({ id, userId, expiresAt }) {
      const idHash = createHash('sha256').update(id).digest('hex');
      await queries.insert(sessions).values({ idHash, userId, expiresAt });
    },
    async updateSessionExpiration(id, expiresAt) {
      await queries.update(sessions).set({ expiresAt }).where(byId(id));
    },
    async deleteSession(id) {
      await queries.delete(sessions).where(byId(id));
    },
    async deleteUserSessions(userId) {
      await queries.delete(sessions).where(eq(sessions.userId, userId));
    },
    async deleteExpiredSessions() {
      await queries.delete(sessions).where(lt(sessions.expiresAt, new Date()));
    },
  };
}
