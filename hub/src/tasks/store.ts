import {
  and,
  desc,
  eq,
  exists,
  getTableColumns,
  ilike,
  inArray,
  isNull,
  lt,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import { users } from '../accounts/schema.ts';
import { collaborators, competitions, phases, phaseTasks, solutions, tasks } from '../competitions/schema.ts';
import { containing } from '../db/containing.ts';
import type { Queries, Transaction } from '../db/database.ts';
import { foreignTasks, submissions } from '../submissions/schema.ts';
import { taskShares, taskVersions } from './schema.ts';

export type TaskRow = typeof tasks.$inferSelect;
export type FoundTask = TaskRow & { owner: string; isShared: boolean; isOrganized: boolean };
export type TaskScope = 'mine' | 'shared' | 'public' | 'usable' | 'all';

export interface TaskFilter {
  readonly scope: TaskScope;
  readonly search?: string | undefined;
  readonly before: number | null;
  readonly limit: number;
}

function isSharedWith(queries: Queries, userId: number): SQL {
  return exists(
    queries
      .select({ one: sql`1` })
      .from(taskShares)
      .where(and(eq(taskShares.taskId, tasks.id), eq(taskShares.userId, userId))),
  );
}

/** Of a competition that is read in the same query. */
function organizes(queries: Queries, userId: number): SQL {
  const isCollaborator = exists(
    queries
      .select({ one: sql`1` })
      .from(collaborators)
      .where(and(eq(collaborators.competitionId, competitions.id), eq(collaborators.userId, userId))),
  );
  return or(eq(competitions.createdBy, userId), isCollaborator)!;
}

/** With what makes it somebody's to look at or to use. */
export async function findTask(queries: Queries, id: number, userId: number): Promise<FoundTask | null> {
  const isOrganized = exists(
    queries
      .select({ one: sql`1` })
      .from(phaseTasks)
      .innerJoin(phases, eq(phases.id, phaseTasks.phaseId))
      .innerJoin(competitions, eq(competitions.id, phases.competitionId))
      .where(
        and(eq(phaseTasks.taskId, tasks.id), isNull(competitions.deletedAt), organizes(queries, userId)),
      ),
  );
  const [row] = await queries
    .select({
      ...getTableColumns(tasks),
      owner: users.username,
      isShared: sql<boolean>`${isSharedWith(queries, userId)}`,
      isOrganized: sql<boolean>`${isOrganized}`,
    })
    .from(tasks)
    .innerJoin(users, eq(users.id, tasks.createdBy))
    .where(and(eq(tasks.id, id), isNull(tasks.deletedAt)));
  return row ?? null;
}

export async function findTaskId(queries: Queries, key: string): Promise<number | null> {
  const [row] = await queries
    .select({ id: tasks.id })
    .from(tasks)
    .where(and(sql`${tasks.key}::text = ${key.toLowerCase()}`, isNull(tasks.deletedAt)));
  return row?.id ?? null;
}

/** Newest first, with how many there are in all. */
export async function listTasks(queries: Queries, userId: number, filter: TaskFilter) {
  const mine = eq(tasks.createdBy, userId);
  const shared = isSharedWith(queries, userId);
  const scopes: Record<TaskScope, SQL | undefined> = {
    mine,
    shared,
    public: sql`${tasks.isPublic}`,
    usable: or(mine, shared, tasks.isPublic),
    all: undefined,
  };
  const pattern = filter.search && containing(filter.search);
  const matches = and(
    isNull(tasks.deletedAt),
    scopes[filter.scope],
    pattern
      ? or(
          ilike(tasks.name, pattern),
          ilike(tasks.description, pattern),
          eq(sql`${tasks.key}::text`, filter.search),
        )
      : undefined,
  );
  const [rows, total] = await Promise.all([
    queries
      .select({ ...getTableColumns(tasks), owner: users.username })
      .from(tasks)
      .innerJoin(users, eq(users.id, tasks.createdBy))
      .where(and(matches, filter.before === null ? undefined : lt(tasks.id, filter.before)))
      .orderBy(desc(tasks.id))
      .limit(filter.limit),
    queries.$count(tasks, matches),
  ]);
  return { rows, total };
}

/** Phases that have these tasks, as far as the person may know of them: published, or their own. */
export function findPhasesOf(
  queries: Queries,
  taskIds: readonly number[],
  viewer: { readonly id: number; readonly isAdmin: boolean },
) {
  const canManage = viewer.isAdmin ? sql`true` : organizes(queries, viewer.id);
  return queries
    .select({
      taskId: phaseTasks.taskId,
      phaseId: phases.id,
      phaseName: phases.name,
      keepFormerVersions: phases.keepFormerVersions,
      competitionId: competitions.id,
      competitionTitle: competitions.title,
      canManage: sql<boolean>`${canManage}`,
    })
    .from(phaseTasks)
    .innerJoin(phases, eq(phases.id, phaseTasks.phaseId))
    .innerJoin(competitions, eq(competitions.id, phases.competitionId))
    .where(
      and(
        inArray(phaseTasks.taskId, [...taskIds]),
        isNull(competitions.deletedAt),
        or(eq(competitions.published, true), canManage),
      ),
    )
    .orderBy(competitions.id, phases.index);
}

/** In which of the phases how many files of participants have their latest score from a former version of the task, by phase id. */
export async function countOutdated(
  queries: Queries,
  { id, version }: TaskRow,
  phaseIds: readonly number[],
): Promise<Map<number, number>> {
  if (phaseIds.length === 0) return new Map();
  const latest = queries
    .selectDistinctOn([submissions.phaseId, submissions.ownerId, submissions.resourceId], {
      phaseId: submissions.phaseId,
      taskVersion: submissions.taskVersion,
    })
    .from(submissions)
    .where(
      and(
        inArray(submissions.phaseId, [...phaseIds]),
        eq(submissions.taskId, id),
        isNull(submissions.deletedAt),
        eq(submissions.isRehearsal, false),
        eq(submissions.isSpecificTaskReRun, false),
        inArray(submissions.status, ['Finished', 'Failed', 'Submitted', 'Preparing', 'Running', 'Scoring']),
      ),
    )
    .orderBy(submissions.phaseId, submissions.ownerId, submissions.resourceId, desc(submissions.id))
    .as('latest');
  const rows = await queries
    .select({ phaseId: latest.phaseId, count: sql<number>`count(*)::int` })
    .from(latest)
    .where(lt(latest.taskVersion, version))
    .groupBy(latest.phaseId);
  return new Map(rows.map(({ phaseId, count }) => [phaseId, count]));
}

/** Newest first, without the current one. */
export function findVersions(queries: Queries, taskId: number) {
  return queries
    .select({ ...getTableColumns(taskVersions), by: users.username })
    .from(taskVersions)
    .innerJoin(users, eq(users.id, taskVersions.createdBy))
    .where(eq(taskVersions.taskId, taskId))
    .orderBy(desc(taskVersions.version));
}

export async function lockTask({ queries }: Transaction, id: number): Promise<TaskRow | null> {
  const [row] = await queries
    .select()
    .from(tasks)
    .where(and(eq(tasks.id, id), isNull(tasks.deletedAt)))
    .for('update');
  return row ?? null;
}

/** Keeps what the task was, before something else takes its place. */
export async function keepVersion({ queries }: Transaction, task: TaskRow): Promise<void> {
  await queries.insert(taskVersions).values({
    ...task,
    taskId: task.id,
    createdBy: task.changedBy ?? task.createdBy,
    createdAt: task.changedAt ?? task.createdAt,
    note: task.changeNote,
  });
}

/** Also those of other competitions, and those that once ran something on it. */
export async function phaseIdsOf(
  queries: Queries,
  taskId: number,
): Promise<{ own: number[]; all: number[] }> {
  const [own, foreign] = await Promise.all([
    queries.select({ id: phaseTasks.phaseId }).from(phaseTasks).where(eq(phaseTasks.taskId, taskId)),
    queries.select({ id: foreignTasks.phaseId }).from(foreignTasks).where(eq(foreignTasks.taskId, taskId)),
  ]);
  const ids = own.map(({ id }) => id);
  return { own: ids, all: [...new Set([...ids, ...foreign.map(({ id }) => id)])] };
}

export async function setSolutions(
  { queries }: Transaction,
  taskId: number,
  resourceIds: readonly number[],
): Promise<void> {
  await queries.delete(solutions).where(eq(solutions.taskId, taskId));
  if (resourceIds.length > 0)
    await queries
      .insert(solutions)
      .values(resourceIds.map((resourceId) => ({ taskId, resourceId })))
      .onConflictDoNothing();
}

export function findShares(queries: Queries, taskId: number) {
  return queries
    .select({
      username: users.username,
      name: sql<string>`coalesce(nullif(${users.displayName}, ''), ${users.username})`,
    })
    .from(taskShares)
    .innerJoin(users, eq(users.id, taskShares.userId))
    .where(eq(taskShares.taskId, taskId))
    .orderBy(users.username);
}

export async function findPerson(queries: Queries, username: string): Promise<number | null> {
  const [row] = await queries.select({ id: users.id }).from(users).where(eq(users.username, username));
  return row?.id ?? null;
}
