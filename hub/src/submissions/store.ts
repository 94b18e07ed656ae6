import {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  ilike,
  inArray,
  isNotNull,
  isNull,
  lt,
  or,
  sql,
} from 'drizzle-orm';
import { users } from '../accounts/schema.ts';
import {
  collaborators,
  columns,
  competitions,
  leaderboards,
  phases,
  phaseTasks,
  tasks,
} from '../competitions/schema.ts';
import { containing } from '../db/containing.ts';
import type { Queries, Transaction } from '../db/database.ts';
import { runs } from '../dispatch/schema.ts';
import { isConcealed } from '../leaderboards/concealed.ts';
import { leaderboardEntries } from '../leaderboards/schema.ts';
import { resources } from '../resources/schema.ts';
import { sites } from '../sites/schema.ts';
import { taskSetups } from '../tasks/schema.ts';
import type { SubmissionStatus } from './outcome.ts';
import { scores, submissionChanges, submissions } from './schema.ts';

export type SubmissionRow = Awaited<ReturnType<typeof findFamilies>>[number];
export type RunRow = Awaited<ReturnType<typeof findRuns>>[number];
export type ColumnRow = Awaited<ReturnType<typeof findColumns>>[number];
export type ScoreRow = Awaited<ReturnType<typeof findScores>>[number];

export async function findSubmission(queries: Queries, id: number) {
  const [row] = await queries
    .select({ ...getTableColumns(submissions), competitionId: phases.competitionId })
    .from(submissions)
    .innerJoin(phases, eq(phases.id, submissions.phaseId))
    .where(and(eq(submissions.id, id), isNull(submissions.deletedAt)));
  return row ?? null;
}

/** One that was deleted. */
export async function findDeletedSubmission(queries: Queries, id: number) {
  const [row] = await queries
    .select({ ...getTableColumns(submissions), competitionId: phases.competitionId })
    .from(submissions)
    .innerJoin(phases, eq(phases.id, submissions.phaseId))
    .where(and(eq(submissions.id, id), isNull(submissions.parentId), isNotNull(submissions.deletedAt)));
  return row ?? null;
}

/** Submissions and the parts of those with several tasks. */
export function findFamilies(
  queries: Queries,
  ids: readonly number[],
  { seesDeleted = false }: { seesDeleted?: boolean } = {},
) {
  return queries
    .select({
      ...getTableColumns(submissions),
      competitionId: phases.competitionId,
      phaseName: phases.name,
      owner: users.username,
      leaderboardId: phases.leaderboardId,
      taskName: tasks.name,
      taskKey: tasks.key,
      isOfFormerVersion: sql<boolean>`coalesce(${submissions.taskVersion} < ${tasks.version}, false)`,
      siteRule: taskSetups.siteRule,
      onLeaderboard: sql<boolean>`${leaderboardEntries.submissionId} is not null`,
    })
    .from(submissions)
    .innerJoin(phases, eq(phases.id, submissions.phaseId))
    .innerJoin(users, eq(users.id, submissions.ownerId))
    .leftJoin(tasks, eq(tasks.id, submissions.taskId))
    .leftJoin(
      taskSetups,
      and(eq(taskSetups.taskId, submissions.taskId), eq(taskSetups.version, submissions.taskVersion)),
    )
    .leftJoin(leaderboardEntries, eq(leaderboardEntries.submissionId, submissions.id))
    .where(
      and(
        or(inArray(submissions.id, [...ids]), inArray(submissions.parentId, [...ids])),
        seesDeleted ? undefined : isNull(submissions.deletedAt),
      ),
    )
    .orderBy(asc(submissions.id));
}

/** Leaf submissions of these submissions: they themselves, or their parts. */
function leavesOf(queries: Queries, ids: readonly number[]) {
  return queries
    .select({ id: submissions.id })
    .from(submissions)
    .where(or(inArray(submissions.id, [...ids]), inArray(submissions.parentId, [...ids])));
}

export function findRuns(queries: Queries, ids: readonly number[]) {
  return queries
    .select({
      id: runs.id,
      submissionId: submissions.id,
      siteId: runs.siteId,
      siteName: sites.name,
      siteTitle: sites.title,
      state: runs.state,
      attempt: runs.attempt,
      startedAt: runs.startedAt,
      finishedAt: runs.finishedAt,
      scores: runs.scores,
      isRehearsal: submissions.isRehearsal,
      sharesScores: runs.sharesScores,
      siteShares: sites.sharesScores,
      siteWeight: runs.siteWeight,
      combinedAt: runs.combinedAt,
      outputs: runs.outputs,
      waitsFor: runs.waitsFor,
      waitsUntil: runs.waitsUntil,
      failureCode: runs.failureCode,
      fault: runs.fault,
    })
    .from(runs)
    .innerJoin(submissions, eq(submissions.id, runs.submissionId))
    .leftJoin(sites, eq(sites.id, runs.siteId))
    .where(inArray(runs.submissionId, leavesOf(queries, ids)))
    .orderBy(asc(runs.id));
}

export function findScores(queries: Queries, ids: readonly number[]) {
  return queries
    .select({
      submissionId: scores.submissionId,
      columnId: columns.id,
      columnKey: columns.key,
      index: columns.index,
      title: columns.title,
      precision: columns.precision,
      isPrimary: sql<boolean>`${columns.index} = ${leaderboards.primaryIndex}`,
      hidden: isConcealed,
      value: scores.value,
    })
    .from(scores)
    .innerJoin(columns, eq(columns.id, scores.columnId))
    .innerJoin(leaderboards, eq(leaderboards.id, columns.leaderboardId))
    .where(inArray(scores.submissionId, leavesOf(queries, ids)))
    .orderBy(asc(columns.index));
}

export type SubmissionKind = 'submission' | 'rehearsal';

/** Columns of boards, by index. */
export function findColumns(queries: Queries, leaderboardIds: readonly number[]) {
  return queries
    .select({
      leaderboardId: columns.leaderboardId,
      columnKey: columns.key,
      title: columns.title,
      precision: columns.precision,
      hidden: isConcealed,
    })
    .from(columns)
    .where(inArray(columns.leaderboardId, [...leaderboardIds]))
    .orderBy(asc(columns.index));
}

export interface SubmissionFilter {
  readonly ownerId?: number;
  /** This robot's own, and those of competitions that allow robots. */
  readonly robotId?: number;
  /** This person's own, and those of competitions that they organize. */
  readonly organizerId?: number;
  readonly phaseId?: number | undefined;
  readonly competitionId?: number | undefined;
  readonly status?: SubmissionStatus | undefined;
  readonly isPublic?: boolean | undefined;
  /** Login name of whose they are. */
  readonly owner?: string | undefined;
  readonly onLeaderboard?: boolean | undefined;
  /** Organizers changed a score or the board by hand. */
  readonly byHand?: boolean | undefined;
  /** Only these, as far as they match. */
  readonly ids?: readonly number[] | undefined;
  /** Without, both. */
  readonly kind?: SubmissionKind | undefined;
  /** In the names of the submission, its file and its owner; a number is also an id. */
  readonly search?: string | undefined;
  /** Those that were deleted, instead of those that were not. */
  readonly isDeleted?: boolean;
  readonly before: number | null;
  readonly limit: number;
}

/** Ids of root submissions, newest first. */
export async function listRoots(queries: Queries, filter: SubmissionFilter): Promise<number[]> {
  const pattern = filter.search && containing(filter.search);
  const rows = await queries
    .select({ id: submissions.id })
    .from(submissions)
    .innerJoin(phases, eq(phases.id, submissions.phaseId))
    .innerJoin(competitions, eq(competitions.id, phases.competitionId))
    .innerJoin(users, eq(users.id, submissions.ownerId))
    .where(
      and(
        isNull(submissions.parentId),
        filter.isDeleted ? isNotNull(submissions.deletedAt) : isNull(submissions.deletedAt),
        isNull(competitions.deletedAt),
        filter.ownerId === undefined ? undefined : eq(submissions.ownerId, filter.ownerId),
        filter.robotId === undefined
          ? undefined
          : or(eq(submissions.ownerId, filter.robotId), competitions.allowRobotSubmissions),
        filter.organizerId === undefined
          ? undefined
          : or(
              eq(submissions.ownerId, filter.organizerId),
              eq(competitions.createdBy, filter.organizerId),
              sql`exists (select from ${collaborators} where ${collaborators.competitionId} = ${competitions.id}
                and ${collaborators.userId} = ${filter.organizerId})`,
            ),
        filter.phaseId === undefined ? undefined : eq(submissions.phaseId, filter.phaseId),
        filter.competitionId === undefined ? undefined : eq(phases.competitionId, filter.competitionId),
        filter.status && eq(submissions.status, filter.status),
        filter.isPublic === undefined ? undefined : eq(submissions.isPublic, filter.isPublic),
        filter.owner === undefined ? undefined : eq(users.username, filter.owner),
        filter.onLeaderboard === undefined
          ? undefined
          : eq(
              sql`exists (select from ${leaderboardEntries} where ${leaderboardEntries.submissionId} = ${submissions.id})`,
              filter.onLeaderboard,
            ),
        filter.byHand === undefined
          ? undefined
          : eq(
              sql`exists (select from ${submissionChanges} c where c.submission_id = ${submissions.id}
                or c.submission_id in (select part.id from ${submissions} part where part.parent_id = ${submissions.id}))`,
              filter.byHand,
            ),
        filter.ids && inArray(submissions.id, [...filter.ids]),
        filter.kind && eq(submissions.isRehearsal, filter.kind === 'rehearsal'),
        filter.before === null ? undefined : lt(submissions.id, filter.before),
        pattern
          ? or(
              ilike(users.username, pattern),
              ilike(submissions.name, pattern),
              ilike(submissions.fileName, pattern),
              eq(sql`${submissions.id}::text`, filter.search),
            )
          : undefined,
      ),
    )
    .orderBy(desc(submissions.id))
    .limit(filter.limit);
  return rows.map(({ id }) => id);
}

/** In the phase's order. */
export async function findPhaseTasks(
  queries: Queries,
  phaseId: number,
): Promise<{ id: number; key: string }[]> {
  return queries
    .select({ id: tasks.id, key: tasks.key })
    .from(phaseTasks)
    .innerJoin(tasks, eq(tasks.id, phaseTasks.taskId))
    .where(eq(phaseTasks.phaseId, phaseId))
    .orderBy(phaseTasks.index);
}

/** Tasks on which a submission was entered, in order. */
export async function findTaskIds(queries: Queries, id: number): Promise<number[]> {
  const rows = await queries
    .select({ taskId: submissions.taskId })
    .from(submissions)
    .where(or(eq(submissions.id, id), eq(submissions.parentId, id)))
    .orderBy(asc(submissions.id));
  return rows.flatMap(({ taskId }) => taskId ?? []);
}

export async function findArchive(queries: Queries, resourceId: number) {
  const [row] = await queries
    .select({ digest: resources.digest, fileName: resources.fileName })
    .from(resources)
    .where(eq(resources.id, resourceId));
  return row ?? null;
}

export async function findRun(queries: Queries, runId: number) {
  const [row] = await queries
    .select({
      submissionId: submissions.id,
      attempt: runs.attempt,
      outputs: runs.outputs,
      seesSiteData: sql<boolean>`${tasks.siteDatasetName} is not null and not ${submissions.isRehearsal}`,
    })
    .from(runs)
    .innerJoin(submissions, eq(submissions.id, runs.submissionId))
    .innerJoin(tasks, eq(tasks.id, submissions.taskId))
    .where(eq(runs.id, runId));
  return row ?? null;
}

export async function isOnBoard(queries: Queries, submissionId: number): Promise<boolean> {
  return (await queries.$count(leaderboardEntries, eq(leaderboardEntries.submissionId, submissionId))) > 0;
}

/** Whether an organizer has forced it onto the board, where the automatic rule leaves it. */
export async function isForcedOntoBoard(queries: Queries, submissionId: number): Promise<boolean> {
  const forced = and(
    eq(leaderboardEntries.submissionId, submissionId),
    eq(leaderboardEntries.isForced, true),
  );
  return (await queries.$count(leaderboardEntries, forced)) > 0;
}

/** Locks the root; null when it was deleted meanwhile. */
export async function lockRoot(
  tx: Transaction,
  id: number,
): Promise<{ status: SubmissionStatus; isForBoards: boolean; isSuperseded: boolean } | null> {
  const [row] = await tx.queries
    .select({
      status: submissions.status,
      isForBoards: sql<boolean>`not (${submissions.isSpecificTaskReRun} or ${submissions.isRehearsal})`,
      isSuperseded: submissions.isSuperseded,
    })
    .from(submissions)
    .where(and(eq(submissions.id, id), isNull(submissions.deletedAt)))
    .for('no key update');
  return row ?? null;
}

export async function markDeleted(tx: Transaction, rootId: number): Promise<void> {
  await tx.queries
    .update(submissions)
    .set({ deletedAt: new Date(), version: sql`${submissions.version} + 1` })
    .where(or(eq(submissions.id, rootId), eq(submissions.parentId, rootId)));
}

/** False when it was restored already. */
export async function markRestored(tx: Transaction, rootId: number): Promise<boolean> {
  const rows = await tx.queries
    .update(submissions)
    .set({ deletedAt: null, version: sql`${submissions.version} + 1` })
    .where(
      and(or(eq(submissions.id, rootId), eq(submissions.parentId, rootId)), isNotNull(submissions.deletedAt)),
    )
    .returning({ id: submissions.id });
  return rows.length > 0;
}

export async function touch(tx: Transaction, id: number): Promise<void> {
  await tx.queries
    .update(submissions)
    .set({ version: sql`${submissions.version} + 1` })
    .where(eq(submissions.id, id));
}
