import { and, eq, isNull, or, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import type { Topic } from '../live/bus.ts';
import { submissions } from '../submissions/schema.ts';
import type { PlannedRun } from './admit.ts';
import type { Pool } from './pools.ts';
import { claims, runs } from './schema.ts';

export interface WaitingSubmission {
  readonly pools: Pool[];
  readonly topics: Topic[];
}

/** Gives a submission that waits in `Submitting` its runs. Null when it does not wait there (any more). */
export function releasedSubmission(
  database: Database,
  submissionId: number,
  plan: (phaseId: number, leaves: { id: number; taskId: number }[]) => Promise<PlannedRun[]>,
): Promise<WaitingSubmission | null> {
  return database.transaction(async ({ queries }) => {
    const family = await queries
      .select({
        id: submissions.id,
        phaseId: submissions.phaseId,
        ownerId: submissions.ownerId,
        taskId: submissions.taskId,
      })
      .from(submissions)
      .where(
        and(
          or(eq(submissions.id, submissionId), eq(submissions.parentId, submissionId)),
          eq(submissions.status, 'Submitting'),
          isNull(submissions.deletedAt),
        ),
      )
      .orderBy(submissions.id)
      .for('no key update');
    const [root] = family;
    if (!root) return null;
    const planned = await plan(
      root.phaseId,
      family.flatMap(({ id, taskId }) => (taskId === null ? [] : [{ id, taskId }])),
    );
    await queries
      .insert(runs)
      .values(planned.map(({ id, leafId, siteId }) => ({ id, submissionId: leafId, siteId })));
    await queries.insert(claims).values(planned.map(({ id, pool }) => ({ runId: id, pool })));
    await queries
      .update(submissions)
      .set({ status: 'Submitted', version: sql`${submissions.version} + 1` })
      .where(or(eq(submissions.id, submissionId), eq(submissions.parentId, submissionId)));
    return {
      pools: planned.map(({ pool }) => pool),
      topics: family.flatMap(({ id, phaseId, ownerId }): Topic[] => [
        `submission:${id}`,
        `phase:${phaseId}:owner:${ownerId}`,
      ]),
    };
  });
}
