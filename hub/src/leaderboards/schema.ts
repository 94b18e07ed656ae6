import {
  bigint,
  boolean,
  index,
  integer,
  numeric,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';

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
    /**
     * Listed to compare with: stands in the order, takes no rank, and has a slot of its own, so that no entry of its owner takes its place.
     */
    isBaseline: boolean().notNull().default(false),
    /** Put there by an organizer whatever the automatic rule says: it keeps its slot until it is taken off again. */
    isForced: boolean().notNull().default(false),
    /**
     * Only of boards that rank by ranks: what is compared in each contest of the board, turned as in the sort key. The ranks themselves depend
     * on all entries and are made when the board is read; their places in the sort key hold 0.
     */
    rankInputs: numeric().array(),
  },
  (table) => [
    primaryKey({ columns: [table.phaseId, table.ownerId, table.slot] }),
    // With all that counting ranks needs, so that the rows themselves are read for one page alone.
    index('leaderboard_entries_order').on(
      table.phaseId,
      table.sortKey,
      table.submittedAt,
      table.submissionId,
      table.isBaseline,
    ),
  ],
);

/**
 * How boards have changed: a row for each commit that changed one, folded together now and then. Its sums are the version of a board and the
 * number of its entries, exact for every reader, without a row that all writers wait for. (A counter of the largest version would miss a commit
 * that took its number earlier and came later.)
 */
export const boardChanges = pgTable(
  'board_changes',
  {
    phaseId: integer().notNull(),
    /** Entries added less those removed. */
    entries: integer().notNull(),
    changes: bigint({ mode: 'number' }).notNull().default(1),
  },
  (table) => [index('board_changes_phase').on(table.phaseId)],
);

export const boardMark = pgEnum('board_mark', ['verified', 'flagged']);

/** What organizers say of entries; kept with the submission, so that it comes back when the submission does. */
export const boardMarks = pgTable('board_marks', {
  submissionId: bigint({ mode: 'number' }).primaryKey(),
  isBaseline: boolean().notNull().default(false),
  mark: boardMark(),
  /** For everybody who sees the board. */
  note: text().notNull().default(''),
  markedBy: integer().notNull(),
  markedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
});
