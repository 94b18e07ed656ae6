import { and, eq, gt, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import { users } from '../../../accounts/schema.ts';
import type { Queries } from '../../../db/database.ts';
import { resources } from '../../../resources/schema.ts';
import { submissions } from '../../../submissions/schema.ts';
import { mappedAccounts } from '../../identity/schema.ts';
import { peerEntries } from '../schema.ts';

export type Entry = typeof peerEntries.$inferSelect;

const of = (peerId: number, key: string) => and(eq(peerEntries.peerId, peerId), eq(peerEntries.key, key));

export async function findEntry(queries: Queries, peerId: number, key: string): Promise<Entry | null> {
  const [row] = await queries.select().from(peerEntries).where(of(peerId, key));
  return row ?? null;
}

/** Until the transaction ends nobody else enters or withdraws it. */
export async function lockEntry(queries: Queries, peerId: number, key: string): Promise<Entry | null> {
  const [row] = await queries.select().from(peerEntries).where(of(peerId, key)).for('update');
  return row ?? null;
}

export async function findGranted(queries: Queries, grantId: string): Promise<Entry | null> {
  const inForce = and(
    eq(peerEntries.grantId, grantId),
    sql`${peerEntries.grantEndsAt} > now()`,
    isNull(peerEntries.withdrawnAt),
  );
  const [row] = await queries.select().from(peerEntries).where(inForce);
  return row ?? null;
}

/** The first of several that come at the same moment stays. */
export async function insertEntry(
  queries: Queries,
  entry: Pick<Entry, 'peerId' | 'key' | 'userId' | 'phaseId' | 'request' | 'digest' | 'size'>,
): Promise<void> {
  await queries.insert(peerEntries).values(entry).onConflictDoNothing();
}

export async function updateEntry(
  queries: Queries,
  { peerId, key }: Pick<Entry, 'peerId' | 'key'>,
  change: Partial<typeof peerEntries.$inferInsert>,
): Promise<void> {
  await queries.update(peerEntries).set(change).where(of(peerId, key));
}

/** Reserves the number that its submission will have; the same each time. */
export async function reserveSubmission(
  queries: Queries,
  { peerId, key }: Pick<Entry, 'peerId' | 'key'>,
): Promise<number> {
  const submissionId = sql`coalesce(${peerEntries.submissionId}, nextval('submissions_id_seq'))`;
  const [row] = await queries
    .update(peerEntries)
    .set({ submissionId })
    .where(of(peerId, key))
    .returning({ id: peerEntries.submissionId });
  return row!.id!;
}

export async function isEntered(queries: Queries, submissionId: number | null): Promise<boolean> {
  return submissionId !== null && (await queries.$count(submissions, eq(submissions.id, submissionId))) > 0;
}

export async function keyOfResource(queries: Queries, id: number): Promise<string> {
  const [row] = await queries.select({ key: resources.key }).from(resources).where(eq(resources.id, id));
  return row!.key;
}

/** What was entered under these keys, or is about to be. */
export async function findNumbers(
  queries: Queries,
  peerId: number,
  keys: readonly string[],
): Promise<number[]> {
  if (keys.length === 0) return [];
  const rows = await queries
    .select({ id: peerEntries.submissionId })
    .from(peerEntries)
    .where(and(eq(peerEntries.peerId, peerId), inArray(peerEntries.key, [...keys])));
  return rows.flatMap(({ id }) => id ?? []);
}

/** What stands here of one person, from their home hub, by their numbers. */
export function listRecords(
  queries: Queries,
  { peerId, userId, after, limit }: { peerId: number; userId: number; after: number; limit: number },
) {
  return queries
    .select({
      key: peerEntries.key,
      submissionId: submissions.id,
      enteredAt: submissions.createdAt,
      request: peerEntries.request,
    })
    .from(peerEntries)
    .innerJoin(submissions, eq(submissions.id, peerEntries.submissionId))
    .where(
      and(
        eq(peerEntries.peerId, peerId),
        eq(peerEntries.userId, userId),
        isNull(submissions.deletedAt),
        gt(submissions.id, after),
      ),
    )
    .orderBy(submissions.id)
    .limit(limit);
}

/** Of those that a peer asks about, what it may go on to be told of: not of people who have withdrawn, or whom this hub does not want. */
export async function findTold(queries: Queries, peerId: number, keys: readonly string[]) {
  if (keys.length === 0) return [];
  return queries
    .select({ key: peerEntries.key, submissionId: sql<number>`${peerEntries.submissionId}`.mapWith(Number) })
    .from(peerEntries)
    .innerJoin(mappedAccounts, eq(mappedAccounts.userId, peerEntries.userId))
    .innerJoin(users, eq(users.id, peerEntries.userId))
    .innerJoin(submissions, eq(submissions.id, peerEntries.submissionId))
    .where(
      and(
        eq(peerEntries.peerId, peerId),
        inArray(peerEntries.key, [...keys]),
        isNotNull(peerEntries.submissionId),
        isNull(submissions.deletedAt),
        isNull(users.deletedAt),
        isNull(mappedAccounts.suspendedAt),
        sql`(${mappedAccounts.withdrawnAt} is null or ${mappedAccounts.consentGivenAt} > ${mappedAccounts.withdrawnAt})`,
      ),
    );
}
