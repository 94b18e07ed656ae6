import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Attribute } from '../../accounts/attributes.ts';
import { sessions, users } from '../../accounts/schema.ts';
import type { Queries } from '../../db/database.ts';
import { peers } from '../peers/schema.ts';
import { mappedAccounts } from './schema.ts';

/** An account of this hub that may act. */
export async function findPerson(queries: Queries, id: number) {
  const [person] = await queries
    .select({
      id: users.id,
      username: users.username,
      displayName: users.displayName,
      isAdmin: users.isAdmin,
      isRobot: users.isRobot,
      attributes: users.attributes,
    })
    .from(users)
    .where(and(eq(users.id, id), isNull(users.deletedAt), isNull(users.suspendedAt)));
  return person ?? null;
}

export interface Mapping {
  readonly userId: number;
  readonly username: string;
  readonly isDeleted: boolean;
  readonly withdrawnAt: Date | null;
  readonly suspendedAt: Date | null;
}

/** Whom a peer means by a subject; locked until the transaction ends. */
export async function findMapping(
  queries: Queries,
  peerId: number,
  subject: string,
): Promise<Mapping | null> {
  const [row] = await queries
    .select({
      userId: mappedAccounts.userId,
      username: users.username,
      isDeleted: sql<boolean>`${users.deletedAt} is not null`,
      withdrawnAt: mappedAccounts.withdrawnAt,
      suspendedAt: mappedAccounts.suspendedAt,
    })
    .from(mappedAccounts)
    .innerJoin(users, eq(users.id, mappedAccounts.userId))
    .where(and(eq(mappedAccounts.peerId, peerId), eq(mappedAccounts.subject, subject)))
    .for('update');
  return row ?? null;
}

/** The first assertions of one person that come at the same moment make one account. */
export async function takeTurns(queries: Queries, peerId: number, subject: string): Promise<void> {
  const key = `mapped account ${peerId} ${subject}`;
  await queries.execute(sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`);
}

/** Makes an account that nobody can log in to with a password. @returns null while the name is taken */
async function insertUser(queries: Queries, username: string): Promise<number | null> {
  const [user] = await queries
    .insert(users)
    .values({ username, email: '' })
    .onConflictDoNothing()
    .returning({ id: users.id });
  return user?.id ?? null;
}

/** Called once in its turn. Two people of one hub may have had the same name there, one after the other: the later gets a number. */
export async function insertMapping(
  queries: Queries,
  person: { peerId: number; hub: string; subject: string; homeName: string; consentGivenAt: Date },
): Promise<Mapping> {
  const { hub, ...known } = person;
  for (let number = 1; ; number++) {
    const username = `${number === 1 ? person.homeName : `${person.homeName}-${number}`}@${hub}`;
    const userId = await insertUser(queries, username);
    if (userId === null) continue;
    await queries.insert(mappedAccounts).values({ ...known, userId, attributes: [] });
    return { userId, username, isDeleted: false, withdrawnAt: null, suspendedAt: null };
  }
}

/** What the home hub last said takes the place of what it said before. */
export async function updateMapping(
  queries: Queries,
  userId: number,
  said: { homeName: string; displayName: string; attributes: Attribute[]; consentGivenAt: Date },
): Promise<void> {
  const { homeName, displayName, attributes, consentGivenAt } = said;
  await queries
    .update(mappedAccounts)
    .set({ homeName, attributes, consentGivenAt, lastSeenAt: sql`now()` })
    .where(eq(mappedAccounts.userId, userId));
  await queries.update(users).set({ displayName, attributes, suspendedAt: null }).where(eq(users.id, userId));
}

/** Whatever they have open ends; nothing of the account counts until it is lifted. */
export async function suspend(queries: Queries, userId: number): Promise<void> {
  await queries.update(users).set({ suspendedAt: sql`now()` }).where(eq(users.id, userId));
  await queries.delete(sessions).where(eq(sessions.userId, userId));
}

export type PersonOfPeer = Awaited<ReturnType<typeof listPeople>>[number];

/** For administrators: people of other hubs, the latest first. */
export function listPeople(
  queries: Queries,
  { peerId, before }: { peerId: number | null; before: number | null },
) {
  return queries
    .select({
      userId: mappedAccounts.userId,
      username: users.username,
      displayName: users.displayName,
      hub: peers.name,
      peerId: mappedAccounts.peerId,
      attributes: mappedAccounts.attributes,
      createdAt: mappedAccounts.createdAt,
      lastSeenAt: mappedAccounts.lastSeenAt,
      withdrawnAt: mappedAccounts.withdrawnAt,
      suspendedAt: mappedAccounts.suspendedAt,
    })
    .from(mappedAccounts)
    .innerJoin(users, eq(users.id, mappedAccounts.userId))
    .innerJoin(peers, eq(peers.id, mappedAccounts.peerId))
    .where(
      and(
        peerId === null ? undefined : eq(mappedAccounts.peerId, peerId),
        before === null ? undefined : sql`${mappedAccounts.userId} < ${before}`,
      ),
    )
    .orderBy(sql`${mappedAccounts.userId} desc`)
    .limit(101);
}

/** @returns the account, when what was withdrawn is what holds here */
export async function withdraw(
  queries: Queries,
  { peerId, subject, at }: { peerId: number; subject: string; at: Date },
): Promise<number | null> {
  const mapping = await findMapping(queries, peerId, subject);
  if (!mapping) return null;
  const [row] = await queries
    .update(mappedAccounts)
    .set({ withdrawnAt: sql`greatest(${mappedAccounts.withdrawnAt}, ${at.toISOString()}::timestamptz)` })
    .where(eq(mappedAccounts.userId, mapping.userId))
    .returning();
  return row && row.consentGivenAt <= at ? row.userId : null;
}

/** An administrator's decision, until it is taken back. @returns whether there is such a person */
export async function setSuspended(
  queries: Queries,
  userId: number,
  by: { readonly id: number } | null,
): Promise<boolean> {
  const change = by
    ? { suspendedAt: sql`now()`, suspendedBy: by.id }
    : { suspendedAt: null, suspendedBy: null };
  const [row] = await queries
    .update(mappedAccounts)
    .set(change)
    .where(eq(mappedAccounts.userId, userId))
    .returning();
  return row !== undefined;
}

/** All of one hub. What they have open ends; the next assertion that is taken lets them in again. */
export async function suspendAll(queries: Queries, peerId: number): Promise<void> {
  const theirs = queries
    .select({ userId: mappedAccounts.userId })
    .from(mappedAccounts)
    .where(eq(mappedAccounts.peerId, peerId));
  await queries.update(users).set({ suspendedAt: sql`now()` }).where(inArray(users.id, theirs));
  await queries.delete(sessions).where(inArray(sessions.userId, theirs));
}
