import { sql } from 'drizzle-orm';
import {
  boolean,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { Attribute } from '../../accounts/attributes.ts';
import { users } from '../../accounts/schema.ts';
import { peers } from '../peers/schema.ts';
import { PURPOSES, SHARES, SUBJECT_KINDS } from './model.ts';

export const assertionPurpose = pgEnum('assertion_purpose', PURPOSES);
export const assertionShare = pgEnum('assertion_share', SHARES);
export const subjectKind = pgEnum('subject_kind', SUBJECT_KINDS);

/** What people of this hub agreed that a peer is told. A changed agreement is a new row; what was, stays. */
export const consents = pgTable(
  'consents',
  {
    id: uuid().primaryKey().defaultRandom(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    peerId: integer()
      .notNull()
      .references(() => peers.id),
    purposes: assertionPurpose().array().notNull(),
    shares: assertionShare().array().notNull(),
    subjectKind: subjectKind().notNull(),
    givenAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** Withdrawn, or replaced by another. */
    endedAt: timestamp({ withTimezone: true }),
    isWithdrawn: boolean().notNull().default(false),
    /** When the peer has acknowledged that it was withdrawn. */
    peerToldAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    uniqueIndex('consents_one_in_force').on(table.userId, table.peerId).where(sql`${table.endedAt} is null`),
  ],
);

/** Accounts here of people of other hubs. A person is (peer, subject) and nothing else: names and addresses say nothing. */
export const mappedAccounts = pgTable(
  'mapped_accounts',
  {
    userId: integer()
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    peerId: integer()
      .notNull()
      .references(() => peers.id),
    subject: text().notNull(),
    /** User name at the home hub, as it last said. */
    homeName: text().notNull(),
    attributes: jsonb().$type<Attribute[]>().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    lastSeenAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** When the person agreed at home to what holds now: by the clock there. */
    consentGivenAt: timestamp({ withTimezone: true }).notNull(),
    /** The last time that they withdrew it, by the same clock. Whatever was agreed to before then does not count any more. */
    withdrawnAt: timestamp({ withTimezone: true }),
    /** Administrators of this hub do not want them here. */
    suspendedAt: timestamp({ withTimezone: true }),
    suspendedBy: integer().references(() => users.id, { onDelete: 'set null' }),
  },
  (table) => [uniqueIndex('mapped_accounts_subject').on(table.peerId, table.subject)],
);

/** Assertions that have been taken, until they could not be taken any more anyway. */
export const usedAssertions = pgTable(
  'used_assertions',
  {
    peerId: integer()
      .notNull()
      .references(() => peers.id, { onDelete: 'cascade' }),
    jti: text().notNull(),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.peerId, table.jti] }),
    index('used_assertions_expiry').on(table.expiresAt),
  ],
);

/** One-time codes of "sign in with my home hub", on their way from here to a peer through a browser. */
export const signInCodes = pgTable(
  'sign_in_codes',
  {
    /** SHA-256 */
    codeHash: text().primaryKey(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    peerId: integer()
      .notNull()
      .references(() => peers.id, { onDelete: 'cascade' }),
    /** SHA-256, base64url, of what the peer keeps to itself until it redeems the code. */
    challenge: text().notNull(),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [index('sign_in_codes_expiry').on(table.expiresAt)],
);
