import { and, eq, sql } from 'drizzle-orm';
import type { ActingUser } from '../accounts/access.ts';
import { users } from '../accounts/schema.ts';
import type { Problem } from '../bundles/problem.ts';
import type { Queries, Transaction } from '../db/database.ts';
import { resources } from '../resources/schema.ts';
import type { Resource } from '../resources/service.ts';
import { creations } from './schema.ts';

export type Creation = typeof creations.$inferSelect;
export type CreationKind = Creation['kind'];

export interface StartedCreation {
  readonly id: number;
  /** This one included. */
  readonly attempts: number;
  readonly upload: Pick<Resource, 'key' | 'createdBy' | 'digest' | 'size'>;
  readonly checkOnly: boolean;
  readonly maker: ActingUser;
}

/** What has come of an archive, and what to know about it. */
export interface Outcome {
  readonly competitionId?: number;
  readonly taskId?: number;
  readonly notes: Problem[];
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
      upload: {
        key: resources.key,
        createdBy: resources.createdBy,
        digest: resources.digest,
        size: resources.size,
      },
      maker: { id: users.id, username: users.username, isAdmin: users.isAdmin, isRobot: users.isRobot },
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
  end: Outcome | { problems: readonly Problem[] },
): Promise<void> {
  const failed = 'problems' in end;
  const problems = failed ? end.problems : end.notes;
  await queries
    .update(creations)
    .set({
      status: failed ? 'Failed' : 'Finished',
      competitionId: failed ? null : (end.competitionId ?? null),
      taskId: failed ? null : (end.taskId ?? null),
      problems: [...problems],
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
  creation: Pick<Creation, 'kind' | 'resourceId' | 'createdBy' | 'checkOnly'>,
): Promise<number> {
  const [row] = await tx.queries.insert(creations).values(creation).returning({ id: creations.id });
  return row!.id;
}

export async function findCreation(queries: Queries, id: number): Promise<Creation | null> {
  const [row] = await queries.select().from(creations).where(eq(creations.id, id));
  return row ?? null;
}
