import { createHash, randomBytes } from 'node:crypto';
import { and, desc, eq, isNull, lt, notInArray, or, sql } from 'drizzle-orm';
import type { Queries } from '../db/database.ts';
import { type ActingUser, type Actor, requireSession, requireUser } from './access.ts';
import { InvalidTokenError, TokenMissingError } from './errors.ts';
import { apiTokens, users } from './schema.ts';

/** A script that logs in each time it runs would pile tokens up without end: beyond this many the oldest go. */
const KEPT_PER_PERSON = 100;

export interface TokenSummary {
  readonly id: number;
  readonly name: string;
  readonly hint: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly expiresAt: Date | null;
}

/** API tokens: shown once when made, kept as a hash. */
export interface Tokens {
  list(actor: Actor): Promise<TokenSummary[]>;
  create(
    actor: Actor,
    input: { name: string; expiresInDays: number | null },
  ): Promise<{ id: number; token: string }>;
  /** For a script that has just shown the password. */
  issue(
    userId: number,
    input: { name: string; expiresInDays: number | null },
  ): Promise<{ id: number; token: string }>;
  /** @throws TokenMissingError */
  revoke(actor: Actor, id: number): Promise<void>;
  /** @throws InvalidTokenError */
  resolve(token: string): Promise<ActingUser>;
}

export function createTokens(queries: Queries): Tokens {
  async function issue(
    userId: number,
    { name, expiresInDays }: { name: string; expiresInDays: number | null },
  ) {
    const token = `weir_${randomBytes(30).toString('base64url')}`;
    const expiresAt = expiresInDays === null ? null : new Date(Date.now() + expiresInDays * 86_400_000);
    const [row] = await queries
      .insert(apiTokens)
      .values({ userId, name, tokenHash: hashOf(token), hint: token.slice(0, 10), expiresAt })
      .returning({ id: apiTokens.id });
    await removeSurplus(queries, userId);
    return { id: row!.id, token };
  }

  return {
    issue,

    list: (actor) =>
      queries
        .select({
          id: apiTokens.id,
          name: apiTokens.name,
          hint: apiTokens.hint,
          createdAt: apiTokens.createdAt,
          lastUsedAt: apiTokens.lastUsedAt,
          expiresAt: apiTokens.expiresAt,
        })
        .from(apiTokens)
        .where(eq(apiTokens.userId, requireUser(actor).id))
        .orderBy(desc(apiTokens.id)),

    create: async (actor, input) => issue(requireSession(actor).id, input),

    async revoke(actor, id) {
      const mine = and(eq(apiTokens.id, id), eq(apiTokens.userId, requireUser(actor).id));
      const { rowCount } = await queries.delete(apiTokens).where(mine);
      if (!rowCount) throw new TokenMissingError(id);
    },

    async resolve(token) {
      const [row] = await queries
        .select()
        .from(apiTokens)
        .innerJoin(users, eq(users.id, apiTokens.userId))
        .where(
          and(eq(apiTokens.tokenHash, hashOf(token)), isNull(users.deletedAt), isNull(users.suspendedAt)),
        );
      const expiresAt = row?.api_tokens.expiresAt;
      if (!row || (expiresAt && expiresAt <= new Date())) throw new InvalidTokenError();
      await noteUse(queries, row.api_tokens.id);
      const { id, username, isAdmin, isRobot } = row.users;
      return { id, username, isAdmin, isRobot };
    },
  };
}

/** At most one write a minute, however often a token is used. */
async function noteUse(queries: Queries, id: number): Promise<void> {
  const stale = or(isNull(apiTokens.lastUsedAt), lt(apiTokens.lastUsedAt, sql`now() - interval '1 minute'`));
  await queries
    .update(apiTokens)
    .set({ lastUsedAt: new Date() })
    .where(and(eq(apiTokens.id, id), stale));
}

async function removeSurplus(queries: Queries, userId: number): Promise<void> {
  const newest = queries
    .select({ id: apiTokens.id })
    .from(apiTokens)
    .where(eq(apiTokens.userId, userId))
    .orderBy(desc(apiTokens.id))
    .limit(KEPT_PER_PERSON);
  await queries
    .delete(apiTokens)
    .where(
      and(
        eq(apiTokens.userId, userId),
        or(lt(apiTokens.expiresAt, new Date()), notInArray(apiTokens.id, newest)),
      ),
    );
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
