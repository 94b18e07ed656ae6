import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { peers } from '../federation/peers/schema.ts';
import { fault, submissions } from '../submissions/schema.ts';

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/**
 *   queued -> offered -> awaiting_site -> preparing -> predicting -> scoring -> reviewing -> reporting -> finished | failed | cancelled | refused
 *
 * A lost lease takes a run back to `queued` with the next attempt. The last four are never left.
 */
export const runState = pgEnum('run_state', [
  'queued',
  'offered',
  'awaiting_site',
  'preparing',
  'predicting',
  'scoring',
  'reviewing',
  'reporting',
  'finished',
  'failed',
  'cancelled',
  'refused',
]);

/** What a run waits for at a node, as its site says. */
export const waitReason = pgEnum('wait_reason', ['approval', 'review', 'window', 'rate']);

/** One leaf submission at one site; `siteId` is null for runs that any node serving the queue may take. Rows without a submission are another hub's. */
export const runs = pgTable(
  'runs',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
    /** Null for a run of another hub, see `guestRuns`. */
    submissionId: bigint({ mode: 'number' }).references(() => submissions.id, { onDelete: 'cascade' }),
    siteId: integer(),
    state: runState().notNull().default('queued'),
    /** The last attempt, running or over; 0 before the first. */
    attempt: integer().notNull().default(0),
    nodeId: uuid(),
    failureCode: text(),
    fault: fault(),
    /** Column key -> number, as released by the site. */
    scores: jsonb().$type<Record<string, number>>(),
    imageDigest: text(),
    /** As the site had it when the run ended, so that a later setting or manifest does not change history. Null before, and without a site. */
    sharesScores: boolean(),
    /** The count that the task weighs sites by, as the site's manifest had it when the run ended; null when it has none, or none is asked. */
    siteWeight: doublePrecision(),
    /** Since when the submission's combined score has this run's scores in it. */
    combinedAt: timestamp({ withTimezone: true }),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    startedAt: timestamp({ withTimezone: true }),
    finishedAt: timestamp({ withTimezone: true }),
    /** Only while it waits at its node, in `awaiting_site` or `reviewing`. */
    waitsFor: waitReason(),
    /** When the wait ends by itself. */
    waitsUntil: timestamp({ withTimezone: true }),
    /** Digests of what the competition keeps besides the scores, by kind. */
    outputs:
      jsonb().$type<Partial<Record<'prediction_result' | 'scoring_result' | 'detailed_result', string>>>(),
  },
  (table) => [index('runs_submission').on(table.submissionId)],
);

/**
 * One narrow row for each run that is not over: the queue and the leases in one. A row without a node waits; a row with one is leased.
 * It is deleted when the run ends, so the table stays as small as the work in hand.
 */
export const claims = pgTable(
  'claims',
  {
    runId: bigint({ mode: 'number' }).primaryKey(),
    /** Who may take it: 'site:<id>' or 'queue:<id>'. */
    pool: text().notNull(),
    priority: smallint().notNull().default(0),
    attempt: integer().notNull().default(0),
    nodeId: uuid(),
    leaseExpiresAt: timestamp({ withTimezone: true }),
    /** Not before this moment: back-off after an attempt that a site or the hub spoiled. */
    notBefore: timestamp({ withTimezone: true }),
  },
  (table) => [
    index('claims_waiting')
      .on(table.pool, table.priority.desc(), table.runId)
      .where(sql`${table.nodeId} is null`),
    index('claims_node').on(table.nodeId).where(sql`${table.nodeId} is not null`),
  ],
);

/**
 * Runs that another hub has handed over, to be evaluated at a site of this one. Each is one attempt as that hub counts; here it is a run with leases and
 * attempts of its own, without a submission: it stands on no board and counts against no limit of this hub.
 */
export const guestRuns = pgTable(
  'guest_runs',
  {
    runId: bigint({ mode: 'number' })
      .primaryKey()
      .references(() => runs.id, { onDelete: 'cascade' }),
    peerId: integer()
      .notNull()
      .references(() => peers.id),
    theirRun: bigint({ mode: 'number' }).notNull(),
    theirAttempt: integer().notNull(),
    /** Of the competition, at that hub. */
    competitionId: integer().notNull(),
    /** NAME@VERSION of the site's dataset. */
    dataset: text().notNull(),
    /** On the synthetic part of the dataset. */
    isRehearsal: boolean().notNull().default(false),
    /** Digest of what is asked: a hub that was restored from a backup counts anew, and comes with other runs of the same number. */
    asked: text().notNull(),
    /** What that hub asks for: an Assignment, as protobuf. Null once it has taken the outcome. */
    assignment: bytea(),
    /** Since when all of its files are here; before that it is in no queue. */
    readyAt: timestamp({ withTimezone: true }),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    unique('guest_runs_attempt').on(table.peerId, table.theirRun, table.theirAttempt),
    index('guest_runs_open').on(table.peerId).where(sql`${table.assignment} is not null`),
  ],
);

/** Attempts that are over, for the history of a run. Written as an attempt ends. */
export const attempts = pgTable(
  'attempts',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    attempt: integer().notNull(),
    nodeId: uuid(),
    /** finished, failed, cancelled, refused, or lost (its lease ran out). */
    outcome: text().notNull(),
    failureCode: text(),
    endedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.attempt] })],
);

export const logChunks = pgTable(
  'log_chunks',
  {
    runId: bigint({ mode: 'number' }).notNull(),
    attempt: integer().notNull(),
    /** Number of the contract's LogStream. */
    stream: smallint().notNull(),
    sequence: integer().notNull(),
    text: bytea().notNull(),
    truncated: boolean().notNull().default(false),
    receivedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.attempt, table.stream, table.sequence] })],
);
