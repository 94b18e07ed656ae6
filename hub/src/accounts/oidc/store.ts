import { and, count, eq, gt, lt, ne, sql } from 'drizzle-orm';
import type { Queries } from '../../db/database.ts';
import { type Attribute, unite } from '../attributes.ts';
import { users } from '../schema.ts';
import { arrivals } from '../sign-in/schema.ts';
import { identityProviders, linkedIdentities } from './schema.ts';

export type Provider = typeof identityProviders.$inferSelect;

export async function findProvider(queries: Queries, id: number): Promise<Provider | null> {
  const [provider] = await queries.select().from(identityProviders).where(eq(identityProviders.id, id));
  return provider ?? null;
}

export function listProviders(queries: Queries): Promise<Provider[]> {
  return queries.select().from(identityProviders).orderBy(identityProviders.name);
}

/** @returns null when the issuer is there already */
export async function insertProvider(
  queries: Queries,
  provider: typeof identityProviders.$inferInsert,
): Promise<Provider | null> {
  const [row] = await queries.insert(identityProviders).values(provider).onConflictDoNothing().returning();
  return row ?? null;
}

export async function updateProvider(
  queries: Queries,
  id: number,
  change: Partial<Omit<typeof identityProviders.$inferInsert, 'issuer'>>,
): Promise<boolean> {
  const { rowCount } = await queries
    .update(identityProviders)
    .set(change)
    .where(eq(identityProviders.id, id));
  return rowCount === 1;
}

/** Whose it is; known by (issuer, subject) and nothing else. */
export async function findLinked(queries: Queries, providerId: number, subject: string) {
  const [row] = await queries
    .select({
      id: linkedIdentities.id,
      userId: linkedIdentities.userId,
      isSuspended: sql<boolean>`${users.suspendedAt} is not null or ${users.deletedAt} is not null`,
    })
    .from(linkedIdentities)
    .innerJoin(users, eq(users.id, linkedIdentities.userId))
    .where(and(eq(linkedIdentities.providerId, providerId), eq(linkedIdentities.subject, subject)));
  return row ?? null;
}

/** @returns false when it is somebody's already */
export async function insertLinked(
  queries: Queries,
  identity: { userId: number; providerId: number; subject: string; label: string; attributes: Attribute[] },
): Promise<boolean> {
  const { rowCount } = await queries.insert(linkedIdentities).values(identity).onConflictDoNothing();
  return rowCount === 1;
}

export async function noteSignIn(
  queries: Queries,
  id: number,
  said: { label: string; attributes: Attribute[] },
): Promise<void> {
  await queries
    .update(linkedIdentities)
    .set({ ...said, lastUsedAt: sql`now()` })
    .where(eq(linkedIdentities.id, id));
}

export function listLinked(queries: Queries, userId: number) {
  return queries
    .select({
      id: linkedIdentities.id,
      institution: identityProviders.name,
      issuer: identityProviders.issuer,
      label: linkedIdentities.label,
      attributes: linkedIdentities.attributes,
      linkedAt: linkedIdentities.linkedAt,
      lastUsedAt: linkedIdentities.lastUsedAt,
    })
    .from(linkedIdentities)
    .innerJoin(identityProviders, eq(identityProviders.id, linkedIdentities.providerId))
    .where(eq(linkedIdentities.userId, userId))
    .orderBy(linkedIdentities.id);
}

export async function deleteLinked(queries: Queries, userId: number, id: number): Promise<boolean> {
  const mine = and(eq(linkedIdentities.id, id), eq(linkedIdentities.userId, userId));
  const { rowCount } = await queries.delete(linkedIdentities).where(mine);
  return rowCount === 1;
}

/** Whether somebody can sign in without this identity. Locks the account, so that two removals see one another. */
export async function hasAnotherWayIn(queries: Queries, userId: number, id: number): Promise<boolean> {
  const [user] = await queries.select().from(users).where(eq(users.id, userId)).for('update');
  const others = and(eq(linkedIdentities.userId, userId), ne(linkedIdentities.id, id));
  const [row] = await queries.select({ others: count() }).from(linkedIdentities).where(others);
  return Boolean(user?.passwordHash) || (row?.others ?? 0) > 0;
}

/** What all of an account's identities vouch for together. */
export async function gatherAttributes(queries: Queries, userId: number): Promise<void> {
  const rows = await listLinked(queries, userId);
  const attributes = unite(...rows.map((row) => row.attributes));
  await queries.update(users).set({ attributes }).where(eq(users.id, userId));
}

export async function keepArrival(queries: Queries, arrival: typeof arrivals.$inferInsert): Promise<void> {
  await queries.delete(arrivals).where(lt(arrivals.expiresAt, sql`now()`));
  await queries
    .insert(arrivals)
    .values(arrival)
    .onConflictDoUpdate({ target: arrivals.browserHash, set: arrival });
}

export async function findArrival(queries: Queries, browserHash: string) {
  const there = and(eq(arrivals.browserHash, browserHash), gt(arrivals.expiresAt, sql`now()`));
  const [arrival] = await queries.select().from(arrivals).where(there);
  return arrival ?? null;
}

/** Who takes it, has it alone. */
export async function takeArrival(queries: Queries, browserHash: string): Promise<boolean> {
  const { rowCount } = await queries.delete(arrivals).where(eq(arrivals.browserHash, browserHash));
  return rowCount === 1;
}

export async function isEmailTaken(queries: Queries, email: string): Promise<boolean> {
  const [row] = await queries
    .select({ id: users.id })
    .from(users)
    .where(sql`lower(${users.email}) = lower(${email})`);
  return row !== undefined;
}
