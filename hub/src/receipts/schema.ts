import { bigint, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { nodes } from '../sites/schema.ts';

/** Keys with which nodes sign receipts, as they have shown them. None is ever removed: an old receipt is checked with an old key. */
export const nodeKeys = pgTable(
  'node_keys',
  {
    nodeId: uuid()
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
    /** sha256:<hex> of the raw public key. */
    keyId: text().notNull(),
    /** base64 of the raw Ed25519 public key. */
    publicKey: text().notNull(),
    firstSeenAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    lastSeenAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** From when on another key signs in its place; null for the key in use. Receipts of runs that finished later are not by this key. */
    replacedAt: timestamp({ withTimezone: true }),
    /** The key that announced this one, and its signature (base64). Null for a node's first key, and for one that came with a new enrolment. */
    announcedBy: text(),
    announcement: text(),
  },
  (table) => [primaryKey({ columns: [table.nodeId, table.keyId] })],
);

/** The receipt of each attempt whose scores were taken, written with them. */
export const receipts = pgTable(
  'receipts',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    attempt: integer().notNull(),
    /** DSSE envelope as JSON: the bytes that were signed, the node's signature, the hub's. */
    envelope: text().notNull(),
    storedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.attempt] })],
);
