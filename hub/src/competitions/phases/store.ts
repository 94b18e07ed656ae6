import { and, asc, eq, exists, inArray, isNull, or, sql } from 'drizzle-orm';
import type { ActingUser } from '../../accounts/access.ts';
import type { Queries, Transaction } from '../../db/database.ts';
import { resources } from '../../resources/schema.ts';
import { foreignTasks, submissions } from '../../submissions/schema.ts';
import { taskShares } from '../../tasks/schema.ts';
import { leaderboards, phases, phaseTasks, tasks } from '../schema.ts';

export type PhaseRow = typeof phases.$inferSelect;

/** In the competition's order. */
export function findPhaseRows(queries: Queries, competitionId: number): Promise<PhaseRow[]> {
  return queries
    .select()
    .from(phases)
    .where(eq(phases.competitionId, competitionId))
    .orderBy(asc(phases.index));
}

/** All phases of the competition, so that no two edits pass each other's check of the order. */
export function lockPhases({ queries }: Transaction, competitionId: number): Promise<PhaseRow[]> {
  return queries
    .select()
    .from(phases)
    .where(eq(phases.competitionId, competitionId))
    .orderBy(asc(phases.index))
    .for('no key update');
}

/** What the phases give participants to take along, by id. */
export async function findFilesOf(
  queries: Queries,
  rows: readonly PhaseRow[],
): Promise<Map<number, { readonly key: string; readonly name: string }>> {
  const ids = rows.flatMap(({ publicDataId, startingKitId }) => [publicDataId, startingKitId]);
  const found = await queries
    .select({ id: resources.id, key: resources.key, name: resources.name })
    .from(resources)
    .where(
      inArray(
        resources.id,
        ids.filter((id) => id !== null),
      ),
    );
  return new Map(found.map(({ id, ...file }) => [id, file]));
}

/** Boards of the competition, in order. */
export function findBoardsOf(queries: Queries, competitionId: number) {
  return queries
    .select({ id: leaderboards.id, title: leaderboards.title })
    .from(leaderboards)
    .where(eq(leaderboards.competitionId, competitionId))
    .orderBy(asc(leaderboards.index), asc(leaderboards.id));
}

export async function insertPhase(
  { queries }: Transaction,
  phase: typeof phases.$inferInsert,
): Promise<PhaseRow> {
  const [row] = await queries.insert(phases).values(phase).returning();
  return row!;
}

/** In this order. */
export async function renumber({ queries }: Transaction, rows: readonly PhaseRow[]): Promise<void> {
  for (const [index, row] of rows.entries())
    if (row.index !== index) await queries.update(phases).set({ index }).where(eq(phases.id, row.id));
}

/** Also what was deleted since counts. */
export async function hasSubmissions({ queries }: Transaction, phaseId: number): Promise<boolean> {
  return (await queries.$count(submissions, eq(submissions.phaseId, phaseId))) > 0;
}

export async function deletePhase({ queries }: Transaction, id: number): Promise<void> {
  await queries.delete(phases).where(eq(phases.id, id));
}

/** Its board releases scores in steps: what runs put out would tell them exactly. */
export async function isOnLadder(queries: Queries, leaderboardId: number): Promise<boolean> {
  const [board] = await queries
    .select({ ladderStep: leaderboards.ladderStep })
    .from(leaderboards)
    .where(eq(leaderboards.id, leaderboardId));
  return board?.ladderStep != null;
}

/** In the order of each phase. */
export function findTasksOf(queries: Queries, phaseIds: readonly number[]) {
  return queries
    .select({ phaseId: phaseTasks.phaseId, id: tasks.id, name: tasks.name })
    .from(phaseTasks)
    .innerJoin(tasks, eq(tasks.id, phaseTasks.taskId))
    .where(inArray(phaseTasks.phaseId, [...phaseIds]))
    .orderBy(phaseTasks.phaseId, phaseTasks.index);
}

/**
 * Holds those of the tasks that somebody may use in a competition: their own, public ones, those that are shared with them, and those that it has already.
 * None of them is deleted until the transaction ends.
 */
export async function holdUsableTasks(
  { queries }: Transaction,
  user: ActingUser,
  competitionId: number,
  taskIds: readonly number[],
): Promise<number> {
  const isShared = exists(
    queries
      .select({ one: sql`1` })
      .from(taskShares)
      .where(and(eq(taskShares.taskId, tasks.id), eq(taskShares.userId, user.id))),
  );
  const isHere = exists(
    queries
      .select({ one: sql`1` })
      .from(phaseTasks)
      .innerJoin(phases, eq(phases.id, phaseTasks.phaseId))
      .where(and(eq(phaseTasks.taskId, tasks.id), eq(phases.competitionId, competitionId))),
  );
  const isUsable = user.isAdmin
    ? undefined
    : or(eq(tasks.createdBy, user.id), tasks.isPublic, isShared, isHere);
  const held = await queries
    .select({ id: tasks.id })
    .from(tasks)
    .where(and(inArray(tasks.id, [...taskIds]), isNull(tasks.deletedAt), isUsable))
    .orderBy(tasks.id)
    .for('key share');
  return held.length;
}

/** What waits to be run on a task that the phase no longer has is run on it all the same. */
export async function setTasks(
  { queries }: Transaction,
  phaseId: number,
  taskIds: readonly number[],
): Promise<void> {
  const gone = await queries
    .delete(phaseTasks)
    .where(eq(phaseTasks.phaseId, phaseId))
    .returning({ phaseId: phaseTasks.phaseId, taskId: phaseTasks.taskId });
  const left = gone.filter(({ taskId }) => !taskIds.includes(taskId));
  if (left.length > 0) await queries.insert(foreignTasks).values(left).onConflictDoNothing();
  await queries.insert(phaseTasks).values(taskIds.map((taskId, index) => ({ phaseId, taskId, index })));
}

export async function updatePhase(
  { queries }: Transaction,
  id: number,
  change: Partial<PhaseRow>,
): Promise<void> {
  if (Object.keys(change).length > 0) await queries.update(phases).set(change).where(eq(phases.id, id));
}
