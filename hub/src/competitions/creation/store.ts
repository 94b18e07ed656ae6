import { and, asc, desc, eq, sql } from 'drizzle-orm';
import { users } from '../../accounts/schema.ts';
import type { Problem } from '../../bundles/problem.ts';
import type { Queries, Transaction } from '../../db/database.ts';
import { resources } from '../../resources/schema.ts';
import { competitionCreations as creations } from '../schema.ts';

export type Creation = typeof creations.$inferSelect;

export interface StartedCreation {
  readonly id: number;
  /** This one included. */
  readonly attempts: number;
  readonly digest: string | null;
  readonly checkOnly: boolean;
  readonly maker: { readonly id: number; readonly isAdmin: boolean };
}

/** Counts an attempt; null when the creation is over, or never was. */
export async function startAttempt(queries: Queries, id: number): Promise<StartedCreation | null> {
  const [row] = await queries
    .update(creations)
    .set({ attempts: sql`${creations.attempts} + 1`, bytesDone: 0 })
    .from(resources)
    .innerJoin(users, sql`true`)
    .where(
      and(
        eq(creations.id, id),
        eq(creations.status, 'Starting'),
        eq(resources.id, creations.resourceId),
        eq(users.id, creations.createdBy),
      ),
    )
    .returning({
      id: creations.id,
      attempts: creations.attempts,
      checkOnly: creations.checkOnly,
      digest: resources.digest,
      maker: { id: users.id, isAdmin: users.isAdmin },
    });
  return row ?? null;
}

/** What a watcher is told while the work goes on. */
export async function tellProgress(
  queries: Queries,
  id: number,
  progress: { bytesDone?: number; bytesTotal?: number; details?: string },
): Promise<void> {
  await queries
    .update(creations)
    .set(progress)
    .where(and(eq(creations.id, id), eq(creations.status, 'Starting')));
}

/** False when it is over already: another hub process was faster. The row stays locked until the transaction ends. */
export async function lockUnfinished(tx: Transaction, id: number): Promise<boolean> {
  const rows = await tx.queries
    .select({ id: creations.id })
    .from(creations)
    .where(and(eq(creations.id, id), eq(creations.status, 'Starting')))
    .for('update');
  return rows.length > 0;
}

export async function endCreation(
  queries: Queries,
  id: number,
  end: { competitionId: number | null; notes: Problem[] } | { problems: Problem[] },
): Promise<void> {
  const problems = 'problems' in end ? end.problems : end.notes;
  await queries
    .update(creations)
    .set({
      status: 'problems' in end ? 'Failed' : 'Finished',
      competitionId: 'problems' in end ? null : end.competitionId,
      problems,
      details: problems.map(toLine).join('\n'),
    })
    .where(and(eq(creations.id, id), eq(creations.status, 'Starting')));
}

/** For those who read text alone, as scripts do. */
function toLine({ file, line, where, message, cure }: Problem): string {
  const place = [file, line].filter((part) => part !== null).join(':');
  return [place && `${place}:`, where && `${where}:`, message, cure].filter(Boolean).join(' ');
}

export async function insertCreation(
  tx: Transaction,
  creation: { resourceId: number; createdBy: number; checkOnly: boolean },
): Promise<number> {
  const [row] = await tx.queries.insert(creations).values(creation).returning({ id: creations.id });
  return row!.id;
}

export async function findCreation(queries: Queries, id: number): Promise<Creation | null> {
  const [row] = await queries.select().from(creations).where(eq(creations.id, id));
  return row ?? null;
}

/** For REST, which knows a creation by the resource that was uploaded: the latest one that was to make a competition of it. */
export async function findCreationOfResource(queries: Queries, resourceId: number): Promise<Creation | null> {
  const [row] = await queries
    .select()
    .from(creations)
    .where(and(eq(creations.resourceId, resourceId), eq(creations.checkOnly, false)))
    .orderBy(desc(creations.id))
    .limit(1);
  return row ?? null;
}

export function findUnfinishedCreations(queries: Queries) {
  return queries
    .select({ id: creations.id })
    .from(creations)
    .where(eq(creations.status, 'Starting'))
    .orderBy(asc(creations.id));
}
