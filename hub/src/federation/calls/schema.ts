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
