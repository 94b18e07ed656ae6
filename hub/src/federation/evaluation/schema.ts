import {
  bigint,
  boolean,
  customType,
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
import { users } from '../../accounts/schema.ts';
import { nodes, sites } from '../../sites/schema.ts';
import { peers } from '../peers/schema.ts';

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/** Which competition of a peer may be evaluated at which site of this hub, on which of its data. Given by administrators. */
export const evaluationGrants = pgTable(
  'evaluation_grants',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    peerId: integer()
      .notNull()
      .references(() => peers.id, { onDelete: 'cascade' }),
    /** Its number at that hub. */
    competitionId: integer().notNull(),
    siteId: integer()
      .notNull()
      .references(() => sites.id, { onDelete: 'cascade' }),
    datasetName: text().notNull(),
    datasetVersion: text().notNull(),
    grantedBy: integer().references(() => users.id, { onDelete: 'set null' }),
    grantedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    unique('evaluation_grants_once').on(
      table.peerId,
      table.competitionId,
      table.siteId,
      table.datasetName,
      table.datasetVersion,
    ),
  ],
);

/** The same from the other side: what competitions of this hub may use at sites of peers, as those said last. */
export const peerSiteUses = pgTable(
  'peer_site_uses',
  {
    siteId: integer()
      .notNull()
      .references(() => sites.id, { onDelete: 'cascade' }),
    competitionId: integer().notNull(),
    datasetName: text().notNull(),
    datasetVersion: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.siteId, table.competitionId, table.datasetName, table.datasetVersion] }),
  ],
);

export interface LogPlace {
  /** The try, as the peer counts. */
  readonly attempt: number;
  /** For each stream the number of chunks of earlier tries. */
  readonly after: Readonly<Record<string, number>>;
}

/** Attempts of this hub that a site of a peer has, or is to be told about. */
export const handedRuns = pgTable(
  'handed_runs',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    attempt: integer().notNull(),
    peerId: integer()
      .notNull()
      .references(() => peers.id, { onDelete: 'cascade' }),
    /** The stand-in for the nodes of the site. */
    nodeId: uuid()
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
    /** An Assignment, as protobuf: it is offered again whenever the peer does not know it. */
    assignment: bytea().notNull(),
    isOffered: boolean().notNull().default(false),
    /** Since when its outcome is recorded, while logs, report or files may still be on their way. */
    overAt: timestamp({ withTimezone: true }),
    /** All that there is has been taken, or the attempt is no longer the site's: what is left is to tell the peer. */
    isGone: boolean().notNull().default(false),
    /** Why it waits at the peer, in the peer's words; null when it does not. */
    waiting: text(),
    /**
     * Where the peer's logs begin in this attempt's. The peer may try more than once within one attempt of this hub, and numbers each try's chunks from 1: they come
     * after those of the try before. Null before the first chunk.
     */
    logs: jsonb().$type<LogPlace>(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.attempt] }),
    index('handed_runs_peer').on(table.peerId),
  ],
);

/** What a peer has handed over itself. That this hub has a blob of the same digest gives nobody a right to it. */
export const peerBlobs = pgTable(
  'peer_blobs',
  {
    peerId: integer()
      .notNull()
      .references(() => peers.id, { onDelete: 'cascade' }),
    digest: text().notNull(),
    fetchedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.peerId, table.digest] })],
);
