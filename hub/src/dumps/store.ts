import { and, desc, eq, isNull, ne, sql } from 'drizzle-orm';
import { users } from '../accounts/schema.ts';
import { competitions } from '../competitions/schema.ts';
import { creations } from '../creations/schema.ts';
import type { Queries, Transaction } from '../db/database.ts';
import { resources } from '../resources/schema.ts';
import { competitionDumps as dumps } from './schema.ts';

export type Dump = typeof dumps.$inferSelect;
export type DumpContent = Dump['content'];

export interface DumpOptions {
  readonly content: DumpContent;
  readonly withArchive: boolean;
}

/**
 * One at a time of each kind: who asks again gets the one under way. The competition's row keeps two requests apart.
 * @returns its id, and whether it is new
 */
export async function insertDump(
  tx: Transaction,
  dump: DumpOptions & { competitionId: number; createdBy: number },
): Promise<{ id: number; isNew: boolean }> {
  const { queries } = tx;
  await queries
    .select({ id: competitions.id })
    .from(competitions)
    .where(eq(competitions.id, dump.competitionId))
    .for('update');
  const [underway] = await queries
    .select({ id: dumps.id })
    .from(dumps)
    .where(
      and(
        eq(dumps.competitionId, dump.competitionId),
        eq(dumps.createdBy, dump.createdBy),
        eq(dumps.content, dump.content),
        eq(dumps.withArchive, dump.withArchive),
        eq(dumps.status, 'Starting'),
      ),
    );
  if (underway) return { id: underway.id, isNew: false };
  const [inserted] = await queries.insert(dumps).values(dump).returning({ id: dumps.id });
  return { id: inserted!.id, isNew: true };
}

export interface StartedDump extends DumpOptions {
  readonly id: number;
  readonly competitionId: number;
  /** This one included. */
  readonly attempts: number;
  readonly asker: { readonly id: number; readonly isAdmin: boolean };
}

/** Counts an attempt; null when the dump is over, or never was. */
export async function startAttempt(queries: Queries, id: number): Promise<StartedDump | null> {
  const [row] = await queries
    .update(dumps)
    .set({ attempts: sql`${dumps.attempts} + 1`, bytesDone: 0 })
    .from(users)
    .where(and(eq(dumps.id, id), eq(dumps.status, 'Starting'), eq(users.id, dumps.createdBy)))
    .returning({
      id: dumps.id,
      competitionId: dumps.competitionId,
      content: dumps.content,
      withArchive: dumps.withArchive,
      attempts: dumps.attempts,
      asker: { id: users.id, isAdmin: users.isAdmin },
    });
  return row ?? null;
}

/** Of one that is not over. @returns whether it was not */
export async function updateUnfinished(
  queries: Queries,
  id: number,
  change: Partial<Pick<Dump, 'status' | 'bytesDone' | 'bytesTotal' | 'details' | 'resourceId'>>,
): Promise<boolean> {
  const rows = await queries
    .update(dumps)
    .set(change)
    .where(and(eq(dumps.id, id), eq(dumps.status, 'Starting')))
    .returning({ id: dumps.id });
  return rows.length > 0;
}

/** Newest first, with the file of those that are finished; none whose file has been deleted. */
export function listDumps(queries: Queries, competitionId: number) {
  return queries
    .select({ dump: dumps, file: resources, creator: users.username })
    .from(dumps)
    .innerJoin(users, eq(users.id, dumps.createdBy))
    .leftJoin(resources, and(eq(resources.id, dumps.resourceId), isNull(resources.deletedAt)))
    .where(
      and(
        eq(dumps.competitionId, competitionId),
        sql`(${ne(dumps.status, 'Finished')} or ${resources.id} is not null)`,
      ),
    )
    .orderBy(desc(dumps.id))
    .limit(100);
}

export async function findDump(queries: Queries, id: number) {
  const [found] = await queries
    .select({ dump: dumps, file: resources })
    .from(dumps)
    .leftJoin(resources, and(eq(resources.id, dumps.resourceId), isNull(resources.deletedAt)))
    .where(eq(dumps.id, id));
  return found ?? null;
}

export async function deleteDump(tx: Transaction, { id, resourceId }: Dump): Promise<void> {
  await tx.queries.delete(dumps).where(eq(dumps.id, id));
  if (resourceId === null) return;
  await tx.queries.update(resources).set({ deletedAt: new Date() }).where(eq(resources.id, resourceId));
}

/** What the competition was made from. */
export async function findBundle(queries: Queries, competitionId: number) {
  const [bundle] = await queries
    .select({ name: resources.name, fileName: resources.fileName, digest: resources.digest })
    .from(creations)
    .innerJoin(resources, eq(resources.id, creations.resourceId))
    .where(and(eq(creations.competitionId, competitionId), isNull(resources.deletedAt)))
    .orderBy(creations.id)
    .limit(1);
  return bundle ?? null;
}
