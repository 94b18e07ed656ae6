import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { users } from '../accounts/schema.ts';
import { queues } from '../competitions/schema.ts';
import { peers } from '../federation/peers/schema.ts';

export const sites = pgTable(
  'sites',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** Short name for addresses and logs: lower-case letters, digits, hyphens. */
    name: text().notNull().unique(),
    title: text().notNull(),
    /**
     * The hub that the site is enrolled with; null for this one. A site of a peer is called `name@hub` and has one stand-in for its nodes, to which runs are leased
     * as they are to any node.
     */
    peerId: integer().references(() => peers.id),
    /** Its number there, which stays when the site or its hub takes another name. Null for sites of this hub. */
    peerSiteId: integer(),
    /** Of a site of a peer: what it was called before. Tasks that name it so mean it still, and nobody else is ever called so. */
    formerNames: text().array().notNull().default([]),
    paused: boolean().notNull().default(false),
    /** Whether scores of runs at this site may be shown as its own. Otherwise they count in combined scores alone, and nobody sees them, organizers included. */
    sharesScores: boolean().notNull().default(false),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [unique('sites_of_peer').on(table.peerId, table.peerSiteId)],
);

/** Who looks after a site at the hub: sees what runs there, and enrols and revokes its nodes. Assigned by administrators. */
export const siteStewards = pgTable(
  'site_stewards',
  {
    siteId: integer()
      .notNull()
      .references(() => sites.id, { onDelete: 'cascade' }),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.siteId, table.userId] }),
    index('site_stewards_user').on(table.userId),
  ],
);

/** Queues whose runs a site's nodes take, besides the runs for the site's own data. */
export const siteQueues = pgTable(
  'site_queues',
  {
    siteId: integer()
      .notNull()
      .references(() => sites.id, { onDelete: 'cascade' }),
    queueId: integer()
      .notNull()
      .references(() => queues.id, { onDelete: 'cascade' }),
  },
  (table) => [primaryKey({ columns: [table.siteId, table.queueId] })],
);

export const nodes = pgTable(
  'nodes',
  {
    id: uuid().primaryKey().defaultRandom(),
    siteId: integer()
      .notNull()
      .references(() => sites.id),
    name: text().notNull(),
    /** Hex serial number of its newest certificate. */
    certificateSerial: text().notNull(),
    certificateIssuedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** Certificates that begin earlier are refused: those from before the node enrolled again. */
    certificatesFrom: timestamp({ withTimezone: true }),
    certificateExpiresAt: timestamp({ withTimezone: true }).notNull(),
    revokedAt: timestamp({ withTimezone: true }),
    softwareVersion: text(),
    engine: text(),
    engineVersion: text(),
    slots: integer().notNull().default(0),
    gpus: integer().notNull().default(0),
    /** What the people of the site have decided, as the node says: it takes no runs while it is paused or draining. */
    paused: boolean().notNull().default(false),
    draining: boolean().notNull().default(false),
    /** sha256:<hex> of the policy in force at the node; empty when there is none. */
    policyDigest: text().notNull().default(''),
    /** Runs that wait for a person there. */
    awaitingPeople: integer().notNull().default(0),
    /** Somebody at the hub wants it to be handed nothing new. */
    drainRequestedAt: timestamp({ withTimezone: true }),
    connectedAt: timestamp({ withTimezone: true }),
    lastSeenAt: timestamp({ withTimezone: true }),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('nodes_site').on(table.siteId)],
);

export const enrolments = pgTable('enrolments', {
  id: uuid().primaryKey().defaultRandom(),
  siteId: integer()
    .notNull()
    .references(() => sites.id, { onDelete: 'cascade' }),
  /** SHA-256 of the token's secret: the key that both sides use to authenticate the exchange. */
  macKey: text().notNull(),
  expiresAt: timestamp({ withTimezone: true }).notNull(),
  usedAt: timestamp({ withTimezone: true }),
  /** The node that comes back with it; null for a new one. */
  againFor: uuid().references(() => nodes.id),
  /** The node that used it. */
  nodeId: uuid().references(() => nodes.id),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
});

/** Manifests of the datasets that sites hold; the data never leaves them. */
export const siteDatasets = pgTable(
  'site_datasets',
  {
    siteId: integer()
      .notNull()
      .references(() => sites.id, { onDelete: 'cascade' }),
    name: text().notNull(),
    version: text().notNull(),
    digest: text().notNull(),
    hasInput: boolean().notNull(),
    hasReference: boolean().notNull(),
    hasSynthetic: boolean().notNull().default(false),
    counts: jsonb().$type<Record<string, number>>().notNull(),
    seenAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.siteId, table.name, table.version] })],
);

/** The hub's own keys: certificate authority and server certificate. The private part is encrypted with the hub's secret. */
export const hubKeys = pgTable('hub_keys', {
  purpose: text().primaryKey(),
  certificate: text().notNull(),
  sealedPrivateKey: text().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  serial: bigint({ mode: 'number' }).notNull().default(1),
});
