import { sql } from 'drizzle-orm';
import { bigint, index, integer, numeric, pgTable, timestamp } from 'drizzle-orm/pg-core';
import { users } from '../accounts/schema.ts';
import { phases } from '../competitions/schema.ts';
import { submissions } from '../submissions/schema.ts';

/**
 * The ranking of a phase, kept up to date as scores arrive. One row for each root submission on the board.
 * `sortKey` holds the visible columns, the primary one first, each turned so that smaller is better (a score to be maximised is
 * negated) and a missing score as Infinity: the board is then an index scan in (sortKey, createdAt, submissionId).
 */
export const leaderboardEntries = pgTable(
  'leaderboard_entries',
  {
    submissionId: bigint({ mode: 'number' })
      .primaryKey()
      .references(() => submissions.id, { onDelete: 'cascade' }),
    phaseId: integer()
      .notNull()
      .references(() => phases.id, { onDelete: 'cascade' }),
    ownerId: integer()
      .notNull()
      .references(() => users.id),
    sortKey: numeric().array().notNull().default(sql`'{}'`),
    submittedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    index('leaderboard_entries_rank').on(table.phaseId, table.sortKey, table.submittedAt, table.submissionId),
    index('leaderboard_entries_owner').on(table.phaseId, table.ownerId),
  ],
);
