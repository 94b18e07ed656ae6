import { and, asc, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { users } from '../accounts/schema.ts';
import { columns, phases, tasks } from '../competitions/schema.ts';
import type { Queries } from '../db/database.ts';
import { isConcealed } from '../leaderboards/concealed.ts';
import { limitChanges, submissionChanges, submissions } from './schema.ts';

export type SubmissionChange = Awaited<ReturnType<typeof findChanges>>[number];
export type ChangeOfCompetition = Awaited<ReturnType<typeof listChanges>>[number];
export type LimitChange = Awaited<ReturnType<typeof listLimitChanges>>[number];

const change = {
  kind: submissionChanges.kind,
  columnTitle: columns.title,
  oldValue: sql<number | null>`${submissionChanges.oldValue}::float8`,
  newValue: sql<number | null>`${submissionChanges.newValue}::float8`,
  reason: submissionChanges.reason,
  by: users.username,
  at: submissionChanges.changedAt,
};

/** What organizers changed by hand of these submissions, oldest first. */
export function findChanges(queries: Queries, submissionIds: readonly number[]) {
  return queries
    .select({
      ...change,
      submissionId: submissionChanges.submissionId,
      columnKey: columns.key,
      isHidden: isConcealed,
    })
    .from(submissionChanges)
    .innerJoin(users, eq(users.id, submissionChanges.changedBy))
    .leftJoin(columns, eq(columns.id, submissionChanges.columnId))
    .where(inArray(submissionChanges.submissionId, [...submissionIds]))
    .orderBy(asc(submissionChanges.id));
}

interface Listed {
  readonly competitionId: number;
  readonly before: number | null;
  readonly limit: number;
}

const owner = alias(users, 'owner');

/** What organizers changed by hand of submissions of a competition, deleted ones too, newest first. */
export function listChanges(queries: Queries, { competitionId, before, limit }: Listed) {
  return queries
    .select({
      ...change,
      id: submissionChanges.id,
      /** The whole, where a part was changed. */
      submissionId: sql<number>`coalesce(${submissions.parentId}, ${submissions.id})`.mapWith(Number),
      isDeleted: sql<boolean>`${submissions.deletedAt} is not null`,
      phaseName: phases.name,
      taskName: tasks.name,
      owner: owner.username,
    })
    .from(submissionChanges)
    .innerJoin(submissions, eq(submissions.id, submissionChanges.submissionId))
    .innerJoin(phases, eq(phases.id, submissions.phaseId))
    .innerJoin(owner, eq(owner.id, submissions.ownerId))
    .innerJoin(users, eq(users.id, submissionChanges.changedBy))
    .leftJoin(tasks, eq(tasks.id, submissions.taskId))
    .leftJoin(columns, eq(columns.id, submissionChanges.columnId))
    .where(
      and(
        eq(phases.competitionId, competitionId),
        before === null ? undefined : lt(submissionChanges.id, before),
      ),
    )
    .orderBy(desc(submissionChanges.id))
    .limit(limit);
}

/** What organizers changed of people's limits in a competition, newest first. */
export function listLimitChanges(queries: Queries, { competitionId, before, limit }: Listed) {
  return queries
    .select({
      id: limitChanges.id,
      phaseId: limitChanges.phaseId,
      phaseName: phases.name,
      username: owner.username,
      before: limitChanges.before,
      after: limitChanges.after,
      isReset: limitChanges.isReset,
      reason: limitChanges.reason,
      by: users.username,
      at: limitChanges.changedAt,
    })
    .from(limitChanges)
    .innerJoin(phases, eq(phases.id, limitChanges.phaseId))
    .innerJoin(owner, eq(owner.id, limitChanges.userId))
    .innerJoin(users, eq(users.id, limitChanges.changedBy))
    .where(
      and(eq(phases.competitionId, competitionId), before === null ? undefined : lt(limitChanges.id, before)),
    )
    .orderBy(desc(limitChanges.id))
    .limit(limit);
}
