import { and, eq, isNull, ne, or, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import type { Topic } from '../live/bus.ts';
import { submissions } from '../submissions/schema.ts';
import type { PlannedRun } from './admit.ts';
import type { Pool } from './pools.ts';
import { claims, runs } from './schema.ts';
import type { TaskSpec } from './task-specs.ts';

export interface WaitingSubmission {
  readonly pools: Pool[];
  readonly topics: Topic[];
}

/** The parts of a submission that wait in `Submitting`, and the phase that they are in. */
export interface Unreleased {
  readonly phaseId: number;
  readonly leaves: { id: number; taskId: number }[];
}

/** Null when the submission does not wait there (any more). */
export async function findUnreleased(
  { queries }: Database,
  submissionId: number,
): Promise<Unreleased | null> {
  const family = await queries
    .select({ id: submissions.id, phaseId: submissions.phaseId, taskId: submissions.taskId })
    .from(submissions)
    .where(isUnreleased(submissionId))
    .orderBy(submissions.id);
  const [first] = family;
  if (!first) return null;
  return {
    phaseId: first.phaseId,
    leaves: family.flatMap(({ id, taskId }) => (taskId === null ? [] : [{ id, taskId }])),
  };
}

/**
 * Gives its runs to a submission that waits in `Submitting`; null when another call was first. Nothing of it has run yet, so it is run on the tasks as
 * they are now.
 */
export function releaseSubmission(
  database: Database,
  submissionId: number,
  planned: readonly PlannedRun[],
  tasks: Iterable<TaskSpec>,
): Promise<WaitingSubmission | null> {
  return database.transaction(async ({ queries }) => {
    const family = await queries
      .select({ id: submissions.id, phaseId: submissions.phaseId, ownerId: submissions.ownerId })
      .from(submissions)
      .where(isUnreleased(submissionId))
      // Parts before the whole, as everywhere.
      .orderBy(sql`${submissions.parentId} nulls last`, submissions.id)
      .for('no key update');
    if (family.length === 0) return null;
    await queries
      .insert(runs)
      .values(planned.map(({ id, leafId, siteId }) => ({ id, submissionId: leafId, siteId })));
    await queries.insert(claims).values(planned.map(({ id, pool }) => ({ runId: id, pool })));
    await queries
      .update(submissions)
      .set({ status: 'Submitted', isSuperseded: false, version: sql`${submissions.version} + 1` })
      .where(isOf(submissionId));
    for (const { id, version } of tasks) {
      await queries
        .update(submissions)
        .set({ taskVersion: version })
        .where(and(isOf(submissionId), eq(submissions.taskId, id), ne(submissions.taskVersion, version)));
    }
    return {
      pools: planned.map(({ pool }) => pool),
      topics: family.flatMap(({ id, phaseId, ownerId }): Topic[] => [
        `submission:${id}`,
        `phase:${phaseId}:owner:${ownerId}`,
      ]),
    };
  });
}

function isOf(submissionId: number) {
  return or(eq(submissions.id, submissionId), eq(submissions.parentId, submissionId));
}

function isUnreleased(submissionId: number) {
  return and(isOf(submissionId), eq(submissions.status, 'Submitting'), isNull(submissions.deletedAt));
}
