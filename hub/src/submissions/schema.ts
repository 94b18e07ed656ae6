import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  date,
  index,
  integer,
  jsonb,
  numeric,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import { users } from '../accounts/schema.ts';
import { phases } from '../competitions/schema.ts';

/** Codabench's public names, since scripts compare them. */
export const submissionStatus = pgEnum('submission_status', [
  'Submitting',
  'Submitted',
  'Preparing',
  'Running',
  'Scoring',
  'Finished',
  'Failed',
  'Cancelled',
]);

/** Whose fault a failure is. Only a participant's own count against limits. */
export const fault = pgEnum('fault', ['participant', 'organizer', 'site', 'hub']);

/**
 * The tables of this file and of `dispatch` and `leaderboards` are written for each run. Only a submission and its runs carry foreign keys, to what
 * they belong to: each key costs a look-up and a row lock at every insert, and the other rows are written by statements that hold the
 * submission's row anyway.
 */

/**
 * What a participant enters in a phase. With one task it is a *leaf* and has the runs itself. With several tasks it is a parent
 * with one leaf for each task, and has no runs of its own.
 */
export const submissions = pgTable(
  'submissions',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
    phaseId: integer()
      .notNull()
      .references(() => phases.id),
    ownerId: integer()
      .notNull()
      .references(() => users.id),
    parentId: bigint({ mode: 'number' }),
    /** Null for a parent. */
    taskId: integer(),
    resourceId: integer().notNull(),
    name: text().notNull().default(''),
    description: text().notNull().default(''),
    fileName: text().notNull().default(''),
    factSheetAnswers: jsonb().$type<Record<string, unknown>>(),
    status: submissionStatus().notNull(),
    /** Closed-set code of a failure or refusal, for the sentence that explains it; null otherwise. */
    failureCode: text(),
    fault: fault(),
    isPublic: boolean().notNull().default(false),
    /** A re-run on one task never appears on a board. */
    isSpecificTaskReRun: boolean().notNull().default(false),
    /** Ran on synthetic data at sites, to try things out: of no board, and beside the phase's limits. */
    isRehearsal: boolean().notNull().default(false),
    /** The day (UTC) that it counts against; null when it does not count. */
    countedOn: date(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    finishedAt: timestamp({ withTimezone: true }),
    deletedAt: timestamp({ withTimezone: true }),
    /** Grows with each change of the row: cursor of its live events. */
    version: integer().notNull().default(1),
  },
  (table) => [
    index('submissions_phase').on(table.phaseId, table.id),
    index('submissions_owner').on(table.ownerId, table.phaseId, table.id),
    index('submissions_parent').on(table.parentId).where(sql`${table.parentId} is not null`),
  ],
);

/** What a person has used of a phase's limits: kept beside the submissions so that the check is one row lock, exact under concurrency. */
export const submissionUsage = pgTable(
  'submission_usage',
  {
    phaseId: integer().notNull(),
    userId: integer().notNull(),
    day: date().notNull(),
    usedToday: integer().notNull(),
    usedInAll: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.phaseId, table.userId] })],
);

/** What a person has rehearsed today: rehearsals have a limit of their own, over all competitions. */
export const rehearsalUsage = pgTable('rehearsal_usage', {
  userId: integer().primaryKey(),
  day: date().notNull(),
  usedToday: integer().notNull(),
});

/** Scores of leaf submissions, combined over the sites; computed columns included. */
export const scores = pgTable(
  'scores',
  {
    submissionId: bigint({ mode: 'number' }).notNull(),
    columnId: integer().notNull(),
    value: numeric({ precision: 20, scale: 10 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.submissionId, table.columnId] })],
);
