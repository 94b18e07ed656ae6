import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import { users } from '../../accounts/schema.ts';
import { competitions, competitionType } from '../../competitions/schema.ts';
import { peers } from '../peers/schema.ts';
import type { Descriptor } from './descriptor.ts';

export const catalogueKind = pgEnum('catalogue_kind', ['create', 'change', 'withdraw']);
export const catalogueVisibility = pgEnum('catalogue_visibility', ['all', 'chosen', 'none']);

const instants = customType<{ data: string }>({ dataType: () => 'tstzmultirange' });

/** Which peers see a competition, where organizers have chosen; without a row, all do once it is published. */
export const catalogueAudiences = pgTable('catalogue_audiences', {
  competitionId: integer()
    .primaryKey()
    .references(() => competitions.id, { onDelete: 'cascade' }),
  visibility: catalogueVisibility().notNull(),
  /** With `chosen`. */
  peerIds: integer().array().notNull(),
  changedBy: integer()
    .notNull()
    .references(() => users.id),
  changedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
});

/** What this hub tells its peers of its competitions, signed. Only ever added to, one at a time, so that whoever has read up to one has missed none before it. */
export const catalogueEntries = pgTable(
  'catalogue_entries',
  {
    /** 1, 2, 3, ... */
    sequence: bigint({ mode: 'number' }).primaryKey(),
    competitionId: integer()
      .notNull()
      .references(() => competitions.id),
    kind: catalogueKind().notNull(),
    /** Whom it is for: those in `peerIds`, or everyone but them. */
    everyoneBut: boolean().notNull(),
    peerIds: integer().array().notNull(),
    /** Of what the descriptor was made from; null for a withdrawal. */
    contentDigest: text(),
    /** The very text that is signed. */
    signed: text().notNull(),
    keyId: text().notNull(),
    /** base64 */
    signature: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [index('catalogue_entries_competition').on(table.competitionId, table.sequence)],
);

/** How far the catalogue of a peer has been read. */
export const catalogueReplicas = pgTable('catalogue_replicas', {
  peerId: integer()
    .primaryKey()
    .references(() => peers.id, { onDelete: 'cascade' }),
  /** The identity under which it was read. */
  rootId: text().notNull(),
  /** Grows when it is read from its beginning again. */
  generation: integer().notNull().default(1),
  /** Sequence of the last entry that was taken, and the digest of its text. */
  cursor: bigint({ mode: 'number' }).notNull().default(0),
  cursorDigest: text(),
  /** When it was last read up to its end. */
  readAt: timestamp({ withTimezone: true }),
  /** Signed entries that this version cannot read. */
  skipped: integer().notNull().default(0),
  problem: text(),
  problemDetail: text(),
  problemAt: timestamp({ withTimezone: true }),
});

/** Competitions of peers, as they said. */
export const peerCompetitions = pgTable(
  'peer_competitions',
  {
    peerId: integer()
      .notNull()
      .references(() => peers.id, { onDelete: 'cascade' }),
    /** The peer's own number for it. */
    competitionId: integer().notNull(),
    sequence: bigint({ mode: 'number' }).notNull(),
    /** Of the reading in which it was last seen: from an earlier one it is the last that is known of it. */
    generation: integer().notNull(),
    title: text().notNull(),
    description: text().notNull(),
    type: competitionType().notNull(),
    /** Times of its phases: its state at any moment follows from them. */
    openDuring: instants().notNull(),
    descriptor: jsonb().$type<Descriptor>().notNull(),
    /** Its place in lists: never in the future, whatever the peer says. */
    listedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    receivedAt: timestamp({ withTimezone: true }).notNull(),
    /** What the peer can be held to. */
    signed: text().notNull(),
    keyId: text().notNull(),
    signature: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.peerId, table.competitionId] }),
    index('peer_competitions_listed').on(table.listedAt, table.peerId, table.competitionId),
  ],
);
