import {
  and,
  asc,
  count,
  desc,
  eq,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  max,
  notInArray,
  sql,
} from 'drizzle-orm';
import { users } from '../../accounts/schema.ts';
import { competitions, phases, tasks } from '../../competitions/schema.ts';
import type { Queries, Transaction } from '../../db/database.ts';
import { leaderboardEntries } from '../../leaderboards/schema.ts';
import { batchEntries, batches, submissions } from '../schema.ts';

export type Batch = NonNullable<Awaited<ReturnType<typeof findBatch>>>;

/** A batch and the phase that it enters submissions in; null when there is none (any more). */
export async function findBatch(queries: Queries, id: number) {
  const [row] = await queries
    .select({
      ...batchColumns,
      competitionId: phases.competitionId,
      index: phases.index,
      isAutomatic: phases.autoMigrateToThisPhase,
      hasBegun: sql<boolean>`${phases.startsAt} <= now()`,
      isGone: isNotNull(competitions.deletedAt).mapWith(Boolean),
    })
    .from(batches)
    .innerJoin(phases, eq(phases.id, batches.phaseId))
    .innerJoin(competitions, eq(competitions.id, phases.competitionId))
    .where(eq(batches.id, id));
  return row ?? null;
}

const batchColumns = {
  id: batches.id,
  kind: batches.kind,
  phaseId: batches.phaseId,
  taskId: batches.taskId,
  askedBy: batches.askedBy,
  upTo: batches.upTo,
  chosen: batches.chosen,
  onlyFormerVersions: batches.onlyFormerVersions,
  details: batches.details,
  total: batches.total,
  createdAt: batches.createdAt,
  finishedAt: batches.finishedAt,
};

/** Newest first, with what they have done. */
export function listBatches(queries: Queries, competitionId: number, limit: number) {
  return queries
    .select({
      ...batchColumns,
      phaseName: phases.name,
      taskName: tasks.name,
      askedBy: users.username,
      entered: sql<number>`(select count(*)::int from ${batchEntries} where ${batchEntries.batchId} = ${batches.id})`,
      /** Of those that were entered, so many are over. */
      over: sql<number>`(select count(*)::int from ${batchEntries} join ${submissions} on ${submissions.id} = ${batchEntries.submissionId}
        where ${batchEntries.batchId} = ${batches.id} and ${submissions.status} in ('Finished', 'Failed', 'Cancelled'))`,
    })
    .from(batches)
    .innerJoin(phases, eq(phases.id, batches.phaseId))
    .leftJoin(tasks, eq(tasks.id, batches.taskId))
    .leftJoin(users, eq(users.id, batches.askedBy))
    .where(eq(phases.competitionId, competitionId))
    .orderBy(desc(batches.id))
    .limit(limit);
}

/** Phases that begin within two minutes or have begun, and have not taken over what was on the board before. */
export function findPhasesToMigrate(queries: Queries) {
  const isDone = sql`exists (select from ${batches} where ${batches.phaseId} = ${phases.id} and ${batches.kind} = 'migration' and ${batches.finishedAt} is not null)`;
  return queries
    .select({ phaseId: phases.id, startsAt: phases.startsAt })
    .from(phases)
    .innerJoin(competitions, eq(competitions.id, phases.competitionId))
    .where(
      and(
        phases.autoMigrateToThisPhase,
        isNull(competitions.deletedAt),
        sql`${phases.startsAt} <= now() + interval '2 minutes'`,
        sql`not ${isDone}`,
      ),
    );
}

/** Re-runs that somebody asked for some time ago and that are not done: their job may have been given up. */
export async function findLateReruns(queries: Queries): Promise<number[]> {
  const rows = await queries
    .select({ id: batches.id })
    .from(batches)
    .where(
      and(
        eq(batches.kind, 'rerun'),
        isNull(batches.finishedAt),
        sql`${batches.createdAt} < now() - interval '10 minutes'`,
      ),
    );
  return rows.map(({ id }) => id);
}

/** How many a batch has entered. */
export function countEntered(queries: Queries, batchId: number): Promise<number> {
  return queries.$count(batchEntries, eq(batchEntries.batchId, batchId));
}

/** The one migration to a phase. Asked for by somebody, it no longer waits for the phase to begin. */
export async function ensureMigration(
  tx: Transaction,
  phaseId: number,
  askedBy: number | null,
): Promise<number> {
  const [row] = await tx.queries
    .insert(batches)
    .values({ kind: 'migration', phaseId, askedBy })
    .onConflictDoUpdate({
      target: batches.phaseId,
      targetWhere: sql`${batches.kind} = 'migration'`,
      set: { askedBy: sql`coalesce(excluded.asked_by, ${batches.askedBy})` },
    })
    .returning({ id: batches.id });
  return row!.id;
}

export async function insertRerun(
  tx: Transaction,
  {
    phaseId,
    ...rerun
  }: {
    phaseId: number;
    taskId: number | null;
    askedBy: number;
    chosen?: number[];
    onlyFormerVersions?: boolean;
  },
): Promise<number> {
  const last = sql`(select coalesce(max(${submissions.id}), 0) from ${submissions} where ${submissions.phaseId} = ${phaseId})`;
  const [row] = await tx.queries
    .insert(batches)
    .values({ kind: 'rerun', phaseId, ...rerun, upTo: last.mapWith(Number) })
    .returning({ id: batches.id });
  return row!.id;
}

/** The phase before; null for the first. */
export async function findPhaseBefore(queries: Queries, competitionId: number, index: number) {
  const [row] = await queries
    .select({ id: phases.id, name: phases.name })
    .from(phases)
    .where(and(eq(phases.competitionId, competitionId), lt(phases.index, index)))
    .orderBy(desc(phases.index))
    .limit(1);
  return row ?? null;
}

/** Submissions of a phase that run. Those that wait for an organizer to start them may do so for ever, and hold up nothing. */
export async function countUnderWay(queries: Queries, phaseId: number): Promise<number> {
  const [row] = await queries
    .select({ open: count() })
    .from(submissions)
    .where(
      and(
        eq(submissions.phaseId, phaseId),
        isRegular(),
        inArray(submissions.status, ['Submitted', 'Preparing', 'Running', 'Scoring']),
      ),
    );
  return row!.open;
}

/** What is to be entered still, oldest first: what is on the board of the phase before. */
export async function sourcesOnBoard(queries: Queries, batchId: number, phaseId: number): Promise<number[]> {
  const rows = await queries
    .select({ id: submissions.id })
    .from(leaderboardEntries)
    .innerJoin(submissions, eq(submissions.id, leaderboardEntries.submissionId))
    .where(
      and(
        eq(leaderboardEntries.phaseId, phaseId),
        isRegular(),
        eq(submissions.status, 'Finished'),
        notInArray(submissions.id, enteredBy(queries, batchId)),
      ),
    )
    .orderBy(asc(submissions.id));
  return rows.map(({ id }) => id);
}

/** What can be run again: it is over, and is no rehearsal. */
const RERUNNABLE = ['Finished', 'Failed', 'Cancelled'] as const;

/** Of these, roots of the competition that can be run again, with their phases. */
export function findRerunnable(queries: Queries, competitionId: number, ids: readonly number[]) {
  return queries
    .select({ id: submissions.id, phaseId: submissions.phaseId })
    .from(submissions)
    .innerJoin(phases, eq(phases.id, submissions.phaseId))
    .where(
      and(
        eq(phases.competitionId, competitionId),
        inArray(submissions.id, [...ids]),
        isNull(submissions.parentId),
        isNull(submissions.deletedAt),
        eq(submissions.isRehearsal, false),
        inArray(submissions.status, [...RERUNNABLE]),
      ),
    )
    .orderBy(asc(submissions.id));
}

/** What is to be entered still of those that somebody chose, as far as they are there still. */
export async function sourcesChosen(queries: Queries, { id }: Batch, chosen: number[]): Promise<number[]> {
  const rows = await queries
    .select({ id: submissions.id })
    .from(submissions)
    .where(
      and(
        inArray(submissions.id, chosen),
        isNull(submissions.deletedAt),
        notInArray(submissions.id, enteredBy(queries, id)),
      ),
    )
    .orderBy(asc(submissions.id));
  return rows.map((row) => row.id);
}

/** Roots that a former version of a task scored, or a part of them. */
function ofFormerVersions(queries: Queries, phaseId: number) {
  return queries
    .select({ id: sql<number>`coalesce(${submissions.parentId}, ${submissions.id})` })
    .from(submissions)
    .innerJoin(tasks, eq(tasks.id, submissions.taskId))
    .where(and(eq(submissions.phaseId, phaseId), lt(submissions.taskVersion, tasks.version)));
}

/** What is to be entered still, oldest first: of each file of each participant the latest submission. */
export async function sourcesOfPhase(
  queries: Queries,
  { id, phaseId, upTo, onlyFormerVersions }: Batch,
): Promise<number[]> {
  const latest = max(submissions.id).mapWith(Number);
  const rows = await queries
    .select({ id: latest })
    .from(submissions)
    .where(
      and(
        eq(submissions.phaseId, phaseId),
        lte(submissions.id, upTo ?? 0),
        isRegular(),
        inArray(submissions.status, ['Finished', 'Failed']),
      ),
    )
    .groupBy(submissions.ownerId, submissions.resourceId)
    .having(
      and(
        notInArray(max(submissions.id), enteredBy(queries, id)),
        onlyFormerVersions ? inArray(max(submissions.id), ofFormerVersions(queries, phaseId)) : undefined,
      ),
    )
    .orderBy(asc(latest));
  return rows.map((row) => row.id);
}

/** Root submissions that count: neither rehearsals nor re-runs on one task. */
function isRegular() {
  return and(
    isNull(submissions.parentId),
    isNull(submissions.deletedAt),
    eq(submissions.isRehearsal, false),
    eq(submissions.isSpecificTaskReRun, false),
  );
}

function enteredBy(queries: Queries, batchId: number) {
  return queries
    .select({ id: batchEntries.sourceId })
    .from(batchEntries)
    .where(eq(batchEntries.batchId, batchId));
}

/** False when the source has been entered before. */
export async function recordEntry(
  tx: Transaction,
  entry: { batchId: number; sourceId: number; submissionId: number },
): Promise<boolean> {
  const rows = await tx.queries
    .insert(batchEntries)
    .values(entry)
    .onConflictDoNothing()
    .returning({ id: batchEntries.submissionId });
  return rows.length > 0;
}

export async function tellBatch(
  queries: Queries,
  id: number,
  { isFinished, ...told }: { details: string; total?: number; isFinished?: boolean },
): Promise<void> {
  await queries
    .update(batches)
    .set({ ...told, ...(isFinished && { finishedAt: new Date() }) })
    .where(and(eq(batches.id, id), isNull(batches.finishedAt)));
}
