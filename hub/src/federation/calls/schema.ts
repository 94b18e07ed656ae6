import { index, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { peers } from '../peers/schema.ts';

/** Tokens that have been used, until they would be too old anyway. One table for all hub processes: none of them takes one twice. */
export const usedCallTokens = pgTable(
  'used_call_tokens',
  {
    peerId: integer()
      .notNull()
      .references(() => peers.id, { onDelete: 'cascade' }),
    jti: text().notNull(),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.peerId, table.jti] }),
    index('used_call_tokens_expiry').on(table.expiresAt),
  ],
);

/**
 * Calls of each peer in the minute that runs, by the database's clock: one count for all hub processes. The migration makes it UNLOGGED, since every call
 * writes the same row: a commit need not wait for the disk, and after a crash of the database the minute begins anew.
 */
export const peerCallRates = pgTable('peer_call_rates', {
  peerId: integer()
    .primaryKey()
    .references(() => peers.id, { onDelete: 'cascade' }),
  minute: timestamp({ withTimezone: true }).notNull(),
  calls: integer().notNull(),
});
