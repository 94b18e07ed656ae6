import {
  bigint,
  date,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import { users } from '../../accounts/schema.ts';
import type { ChainKey } from '../../keys/chain.ts';

/** See `state.ts` for what each means and how they follow one another. */
export const peerState = pgEnum('peer_state', [
  'waiting',
  'asking',
  'active',
  'paused',
  'identity_changed',
  'revoked',
  'blocked',
]);

/** What one hub lets another do. */
export const peerScope = pgEnum('peer_scope', ['list', 'register', 'submit', 'evaluate']);

/** Other hubs, by their identity. A row is never used for another identity, so whatever refers to its id goes on to mean the same hub. */
export const peers = pgTable('peers', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  /** Fingerprint of its oldest key. */
  rootId: text().notNull().unique(),
  /** Its short name, as it says: unique here, so that `person@name` means one hub. */
  name: text().notNull().unique(),
  /** Origin where it answers. */
  address: text().notNull(),
  state: peerState().notNull(),
  /** How it sees this hub, as it says; null before it has said so. */
  theirState: peerState(),
  /** The keys that are believed, oldest first. */
  chain: jsonb().$type<ChainKey[]>().notNull(),
  /** Keys that it shows and that are not believed, until an administrator decides. */
  claimedChain: jsonb().$type<ChainKey[]>(),
  chainSeenAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  /** What it may do here. */
  scopesGiven: peerScope().array().notNull(),
  /** What it lets this hub do, as it says. */
  scopesGot: peerScope().array().notNull(),
  /** Calls that it may make here in a minute. */
  callsPerMinute: integer().notNull().default(600),
  /** Highest protocol that both speak. */
  protocol: integer().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  stateSince: timestamp({ withTimezone: true }).notNull().defaultNow(),
});

/** How it answers. Written by every process that calls it. */
export const peerHealth = pgTable('peer_health', {
  peerId: integer()
    .primaryKey()
    .references(() => peers.id, { onDelete: 'cascade' }),
  lastAnswerAt: timestamp({ withTimezone: true }),
  /** When it last called here with a token that held. */
  lastCallAt: timestamp({ withTimezone: true }),
  /** Calls in a row without an answer that counts. */
  failures: integer().notNull().default(0),
  unreachableSince: timestamp({ withTimezone: true }),
  /** Not called before then, while it does not answer. */
  retryAt: timestamp({ withTimezone: true }),
  problem: text(),
  problemDetail: text(),
  problemAt: timestamp({ withTimezone: true }),
  /** Milliseconds by which its clock is ahead of ours, as its last answer said. */
  clockAheadMs: integer(),
});

/** Invitations that administrators of this hub have made. */
export const peerInvitations = pgTable('peer_invitations', {
  id: uuid().primaryKey().defaultRandom(),
  /** sha256:<hex> of the secret in it. */
  secretDigest: text().notNull().unique(),
  /** What whoever accepts it may do here, once that is confirmed. */
  scopes: peerScope().array().notNull(),
  /** Whom it is for, in the administrator's words. */
  note: text().notNull(),
  createdBy: integer()
    .notNull()
    .references(() => users.id),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  expiresAt: timestamp({ withTimezone: true }).notNull(),
  withdrawnAt: timestamp({ withTimezone: true }),
  usedAt: timestamp({ withTimezone: true }),
  /** The hub that used it. */
  peerId: integer().references(() => peers.id, { onDelete: 'cascade' }),
});

/** What was done and noticed about peers. Only ever added to. */
export const peerEvents = pgTable(
  'peer_events',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** Null for what concerns this hub itself: its keys, its invitations. */
    peerId: integer().references(() => peers.id, { onDelete: 'cascade' }),
    kind: text().notNull(),
    /** Who did it; null for what the hub noticed by itself. */
    userId: integer().references(() => users.id, { onDelete: 'set null' }),
    details: jsonb().$type<Record<string, unknown>>().notNull(),
  },
  (table) => [index('peer_events_peer').on(table.peerId, table.id)],
);

/** Calls of one day, each way. */
export const peerTraffic = pgTable(
  'peer_traffic',
  {
    peerId: integer()
      .notNull()
      .references(() => peers.id, { onDelete: 'cascade' }),
    /** UTC */
    day: date().notNull(),
    callsIn: bigint({ mode: 'number' }).notNull().default(0),
    refusedIn: bigint({ mode: 'number' }).notNull().default(0),
    bytesIn: bigint({ mode: 'number' }).notNull().default(0),
    callsOut: bigint({ mode: 'number' }).notNull().default(0),
    failedOut: bigint({ mode: 'number' }).notNull().default(0),
    bytesOut: bigint({ mode: 'number' }).notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.peerId, table.day] })],
);
