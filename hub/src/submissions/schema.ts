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
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { users } from '../accounts/schema.ts';
import { phases } from '../competitions/schema.ts';

/** One person's limits where they are not the phase's. */
export interface OwnLimits {
  readonly perDay: number | null;
  readonly perMonth: number | null;
  readonly inAll: number | null;
  readonly atATime: number | null;
  readonly isBlocked: boolean;
}

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
    /** Of the task, as it was when the submission was admitted: its runs are on that one. Says nothing of a parent. */
    taskVersion: integer().notNull().default(1),
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
    /** Of a root: a task of it has been changed since, and the phase does not keep such on its board. */
    isSuperseded: boolean().notNull().default(false),
    /** The day (UTC) that it counts against; null when it does not count. */
    countedOn: date(),
    /** Until it is over it counts against the limit of submissions at a time. */
    holdsSlot: boolean().notNull().default(false),
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

/**
 * What a person may use and has used of a phase: kept beside the submissions so that the check is one row lock, exact under concurrency. The month
 * is that of `day`.
 */
export const submissionUsage = pgTable(
  'submission_usage',
  {
    phaseId: integer().notNull(),
    userId: integer().notNull(),
    day: date().notNull(),
    usedToday: integer().notNull(),
    usedThisMonth: integer().notNull().default(0),
    usedInAll: integer().notNull(),
    /** Submissions that hold a slot: counted where there is a limit of submissions at a time. */
    inFlight: integer().notNull().default(0),
    /** Limits that organizers set for this person in place of the phase's; null: the phase's own. */
    ownPerDay: integer(),
    ownPerMonth: integer(),
    ownInAll: integer(),
    ownAtATime: integer(),
    isBlocked: boolean().notNull().default(false),
  },
  (table) => [primaryKey({ columns: [table.phaseId, table.userId] })],
);

/** What organizers changed of one person's limits in a phase, and why. */
export const limitChanges = pgTable(
  'limit_changes',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    phaseId: integer().notNull(),
    userId: integer().notNull(),
    before: jsonb().$type<OwnLimits>().notNull(),
    after: jsonb().$type<OwnLimits>().notNull(),
    /** What had been used was forgotten. */
    isReset: boolean().notNull(),
    reason: text().notNull(),
    changedBy: integer().notNull(),
    changedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('limit_changes_person').on(table.phaseId, table.userId, table.id)],
);

export const changeKind = pgEnum('submission_change_kind', ['score', 'board']);

/** What organizers did by hand to submissions that the rules do not do, and why. Never changed, never deleted. */
export const submissionChanges = pgTable(
  'submission_changes',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** Of a score the leaf, of a place on the board the root. */
    submissionId: bigint({ mode: 'number' }).notNull(),
    kind: changeKind().notNull(),
    /** Of a score; null otherwise, and so are the values. */
    columnId: integer(),
    /** Null: there was none. */
    oldValue: numeric({ precision: 20, scale: 10 }),
    newValue: numeric({ precision: 20, scale: 10 }),
    reason: text().notNull(),
    changedBy: integer().notNull(),
    changedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('submission_changes_submission').on(table.submissionId, table.id)],
);

export const batchKind = pgEnum('batch_kind', ['migration', 'rerun']);

/** Many submissions entered again in the background: what is on the board of one phase in the next (a migration), or all of a phase once more. */
export const batches = pgTable(
  'submission_batches',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    kind: batchKind().notNull(),
    /** Where they are entered. */
    phaseId: integer().notNull(),
    /** The one task that they are run on, of whatever phase; null: those of the phase. */
    taskId: integer(),
    /** Null: the phase began. */
    askedBy: integer(),
    /** Submissions after this one are not of the batch; null for a migration, which takes what is on the board. */
    upTo: bigint({ mode: 'number' }),
    /** The submissions that somebody chose; null: all of the phase. */
    chosen: bigint({ mode: 'number' }).array(),
    /** Of the phase only what was last run on a former version of a task. */
    onlyFormerVersions: boolean().notNull().default(false),
    /** How many are to be entered; null until that is known. */
    total: integer(),
    /** Why it waits or could not go on; empty otherwise. */
    details: text().notNull().default(''),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    finishedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    uniqueIndex('submission_batches_one_migration').on(table.phaseId).where(sql`${table.kind} = 'migration'`),
    index('submission_batches_phase').on(table.phaseId, table.id),
  ],
);

/** Written in the transaction that enters the copy: so each is entered exactly once. */
export const batchEntries = pgTable(
  'submission_batch_entries',
  {
    batchId: integer().notNull(),
    sourceId: bigint({ mode: 'number' }).notNull(),
    submissionId: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.batchId, table.sourceId] }),
    index('submission_batch_entries_copy').on(table.submissionId),
  ],
);

/** Tasks outside a phase that something of it was run on. */
export const foreignTasks = pgTable(
  'phase_foreign_tasks',
  { phaseId: integer().notNull(), taskId: integer().notNull() },
  (table) => [primaryKey({ columns: [table.phaseId, table.taskId] })],
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
