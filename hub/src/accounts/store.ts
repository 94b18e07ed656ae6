import { and, eq, isNull, ne, or, sql } from 'drizzle-orm';
import pg from 'pg';
import type { Queries } from '../db/database.ts';
import { AccountExistsError } from './errors.ts';
import { users } from './schema.ts';

export type User = typeof users.$inferSelect;

/** @param login the username or the e-mail address, in any case */
export async function findUserByLogin(queries: Queries, login: string): Promise<User | null> {
  const matches = or(
    sql`lower(${users.username}) = lower(${login})`,
    sql`lower(${users.email}) = lower(${login})`,
  );
  const [user] = await queries
    .select()
    .from(users)
    .where(and(matches, ne(sql`${login}`, ''), isNull(users.deletedAt)));
  return user ?? null;
}

export async function findUser(queries: Queries, id: number): Promise<User | null> {
  const [user] = await queries
    .select()
    .from(users)
    .where(and(eq(users.id, id), isNull(users.deletedAt)));
  return user ?? null;
}

/** @throws AccountExistsError naming the field that somebody else has */
export async function insertUser(queries: Queries, user: typeof users.$inferInsert): Promise<User> {
  try {
    const [inserted] = await queries.insert(users).values(user).returning();
    return inserted!;
  } catch (error) {
    const constraint = uniqueConstraintOf(error);
    if (constraint === 'users_username_key') {
      throw new AccountExistsError({ username: 'This username is taken. Choose another one.' });
    }
    if (constraint === 'users_email_key') {
      throw new AccountExistsError({ email: 'An account with this e-mail address exists. Log in instead.' });
    }
    throw error;
  }
}

export async function updateUser(
  queries: Queries,
  id: number,
  change: Partial<typeof users.$inferInsert>,
): Promise<User | null> {
  const [user] = await queries.update(users).set(change).where(eq(users.id, id)).returning();
  return user ?? null;
}

/** Drizzle wraps what the driver throws. */
function uniqueConstraintOf(error: unknown): string | null {
  const cause = error instanceof Error && error.cause ? error.cause : error;
  return cause instanceof pg.DatabaseError && cause.code === '23505' ? (cause.constraint ?? null) : null;
}
