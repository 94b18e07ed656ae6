import { sql } from 'drizzle-orm';
import {
  bigint,
  index,
  integer,
  numeric,
  pgSequence,
  pgTable,
  primaryKey,
  timestamp,
} from 'drizzle-orm/pg-core';

/** Grows with each change of any board. */
export const boardVersions = pgSequence('board_versions');

/**
 * The ranking of a phase, kept up to date as scores arrive. One row for each root submission on the board.
 * `sortKey` holds the primary column and then the visible ones, each turned so that smaller is better (a score to be maximised is
 * negated) and a missing score as Infinity: the board is then an index scan in (sortKey, submittedAt, submissionId).
 */
export const leaderboardEntries = pgTable(
  'leaderboard_entries',
  {
    phaseId: integer().notNull(),
    ownerId: integer().notNull(),
    /**
     * 0 where the rule gives an owner one entry, else the submission's id. So a submission takes the place of another in one
     * insert-or-update, which is exact when several arrive at once.
     */
    slot: bigint({ mode: 'number' }).notNull(),
    submissionId: bigint({ mode: 'number' }).notNull().unique(),
    sortKey: numeric().array().notNull(),
    submittedAt: timestamp({ withTimezone: true }).notNull(),
    /** The largest of a phase is the version of its board. */
    version: bigint({ mode: 'number' }).notNull().default(sql`nextval('board_versions')`),
  },
  (table) => [
    primaryKey({ columns: [table.phaseId, table.ownerId, table.slot] }),
    index('leaderboard_entries_rank').on(table.phaseId, table.sortKey, table.submittedAt, table.submissionId),
    index('leaderboard_entries_version').on(table.phaseId, table.version),
  ],
);
