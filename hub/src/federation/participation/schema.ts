import { sql } from 'drizzle-orm';
import {
  bigint,
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
import { users } from '../../accounts/schema.ts';
import { participantStatus } from '../../competitions/schema.ts';
import { resources } from '../../resources/schema.ts';
import { peers } from '../peers/schema.ts';
import type { EntryRequest } from './wire/entry.ts';
import type { PeerSubmissionView } from './wire/submission.ts';

const moment = () => timestamp({ withTimezone: true });

/*
 * At home: what the people of this hub do at peers.
 */

/** What a peer last said of a competition or a board: checked and sanitised, so that it can be read while the peer is down. */
export const peerReadings = pgTable(
  'peer_readings',
  {
    peerId: integer()
      .notNull()
      .references(() => peers.id, { onDelete: 'cascade' }),
    /** `competition <id>`, `board <phase>`, `published <competition>`, or `whole board <phase> <split>` */
    what: text().notNull(),
    content: jsonb().notNull(),
    /** Of the answer as it came: what has not changed is not sanitised again. */
    digest: text().notNull(),
    readAt: moment().notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.peerId, table.what] })],
);

/** Somebody of this hub takes part in a peer's competition. */
export const peerRegistrations = pgTable(
  'peer_registrations',
  {
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    peerId: integer()
      .notNull()
      .references(() => peers.id),
    competitionId: integer().notNull(),
    /** As the peer last said; null once they have left. */
    status: participantStatus(),
    acceptedTermsVersion: integer().notNull(),
    /** The terms as they were accepted, and what this hub signed about it. */
    termsDigest: text().notNull(),
    termsHtml: text().notNull(),
    statement: text().notNull(),
    acceptedAt: moment().notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.peerId, table.competitionId] })],
);

/**
 *   queued ----delivered----> entered
 *     | |---refused by the peer---> refused ---again---> queued
 *     |                             entered, and lost there ---again---> queued
 *     | |---withdrawn before it was entered---> withdrawn
 *     +-----withdrawn while nobody knows whether it was---> withdrawing ---the peer says---> withdrawn, entered
 */
export const deliveryState = pgEnum('delivery_state', [
  'queued',
  'entered',
  'refused',
  'withdrawing',
  'withdrawn',
]);

/** A submission of somebody of this hub to a peer's competition: from when it was made here until what came of it is known. */
export const peerSubmissions = pgTable(
  'peer_submissions',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** Names it at the peer: however often it is delivered, it is entered once. Made by `home/delivery-keys.ts`. */
    key: uuid().notNull().unique(),
    userId: integer()
      .notNull()
      .references(() => users.id),
    peerId: integer()
      .notNull()
      .references(() => peers.id),
    competitionId: integer().notNull(),
    phaseId: integer().notNull(),
    /** What was uploaded; null where only the peer has it, since this hub was restored from a backup. */
    resourceId: integer().references(() => resources.id),
    request: jsonb().$type<EntryRequest>().notNull(),
    state: deliveryState().notNull().default('queued'),
    /** Why it waits or was refused: a code and, bounded, the peer's words. */
    problem: text(),
    problemDetail: text(),
    tries: integer().notNull().default(0),
    nextTryAt: moment().notNull().defaultNow(),
    /** Whoever delivers it holds it until then; a process that was killed holds it no longer. */
    heldUntil: moment(),
    sentBytes: bigint({ mode: 'number' }).notNull().default(0),
    /** From then on the peer may have entered it, whether it could say so or not. */
    submitSentAt: moment(),
    createdAt: moment().notNull().defaultNow(),
    /** At the peer. */
    remoteId: bigint({ mode: 'number' }),
    /** What the peer last said of it. */
    remote: jsonb().$type<PeerSubmissionView>(),
    remoteDigest: text(),
    isOver: boolean().notNull().default(false),
    /** When the call began in which the peer last spoke of it: an answer to an older call changes nothing any more. */
    lookedAt: moment(),
    /** The peer does not tell of it any more. */
    isLost: boolean().notNull().default(false),
    version: integer().notNull().default(1),
  },
  (table) => [
    index('peer_submissions_user').on(table.userId, table.peerId, table.competitionId, table.id),
    index('peer_submissions_due').on(table.nextTryAt).where(sql`${table.state} in ('queued', 'withdrawing')`),
    index('peer_submissions_followed')
      .on(table.peerId, table.lookedAt)
      .where(sql`${table.state} = 'entered'`),
  ],
);

/*
 * At the peer: what people of other hubs do here.
 */

/** Terms that somebody of another hub has accepted, with what their hub signed about it. Never changed. */
export const peerAcceptances = pgTable(
  'peer_acceptances',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    peerId: integer()
      .notNull()
      .references(() => peers.id),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    competitionId: integer().notNull(),
    termsVersion: integer().notNull(),
    termsDigest: text().notNull(),
    statement: text().notNull(),
    acceptedAt: moment().notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('peer_acceptances_once').on(
      table.userId,
      table.competitionId,
      table.termsVersion,
      table.termsDigest,
    ),
  ],
);

/**
 * A submission that a peer delivers for one of its people: the grant to send its bytes, and what it became. By the peer's key it is entered once, however
 * often it is delivered.
 */
export const peerEntries = pgTable(
  'peer_entries',
  {
    peerId: integer()
      .notNull()
      .references(() => peers.id),
    key: uuid().notNull(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    phaseId: integer().notNull(),
    request: jsonb().$type<EntryRequest>().notNull(),
    /** Of the bytes that the grant is for. */
    digest: text().notNull(),
    size: bigint({ mode: 'number' }).notNull(),
    /** Names the grant in force; a new one takes its place, and none is left once all bytes are here. */
    grantId: uuid().unique(),
    grantedAt: moment().notNull().defaultNow(),
    grantEndsAt: moment(),
    /** The bytes, once all are here. */
    resourceId: integer().references(() => resources.id),
    /** Reserved before it is entered, so that entering again finds it. */
    submissionId: bigint({ mode: 'number' }),
    enteredAt: moment(),
    withdrawnAt: moment(),
  },
  (table) => [
    primaryKey({ columns: [table.peerId, table.key] }),
    index('peer_entries_submission').on(table.submissionId),
  ],
);
