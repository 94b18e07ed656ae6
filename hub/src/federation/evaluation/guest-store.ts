import { and, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Database, Queries, Statement, Transaction } from '../../db/database.ts';
import type { OutputKindName } from '../../dispatch/artifact-urls.ts';
import type { RunStateName } from '../../dispatch/guests/told.ts';
import { guestRuns, runs } from '../../dispatch/schema.ts';
import { peers } from '../peers/schema.ts';
import { peerBlobs } from './schema.ts';
import type { AttemptName } from './wire.ts';

/** A run of a peer with all that there is to tell about it. */
export interface GuestRow {
  readonly runId: number;
  readonly run: number;
  readonly attempt: number;
  readonly isReady: boolean;
  /** It is over, and its node may still bring lines of its logs: only rehearsals send those beside the outcome. */
  readonly isTrailing: boolean;
  /** Tries at this hub. */
  readonly tries: number;
  readonly outputs: Readonly<Partial<Record<OutputKindName, string>>> | null;
  readonly state: RunStateName;
  readonly waitsFor: 'approval' | 'review' | 'window' | 'rate' | null;
  readonly waitsUntil: Date | null;
  readonly failureCode: string | null;
  readonly scores: Readonly<Record<string, number>> | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly imageDigest: string | null;
  readonly receipt: string | null;
  /** base64 of the raw public key that signed the receipt for the node. */
  readonly nodeKey: string | null;
}

const FOUND: Statement = {
  name: 'guests-found',
  text: `
select g.run_id::float8 as "runId", g.their_run::float8 as run, g.their_attempt as attempt, g.ready_at is not null as "isReady", coalesce(g.is_rehearsal and r.finished_at > now() - interval '10 seconds', false) as "isTrailing",
  r.attempt as tries, r.outputs, r.state,
  r.waits_for as "waitsFor", r.waits_until as "waitsUntil", r.failure_code as "failureCode", r.scores, r.started_at as "startedAt",
  r.finished_at as "finishedAt", r.image_digest as "imageDigest", e.envelope as receipt,
  (select k.public_key from node_keys k where k.node_id = r.node_id and k.key_id = e.envelope::jsonb -> 'signatures' -> 0 ->> 'keyid') as "nodeKey"
from unnest($2::bigint[], $3::int[]) as asked(run, attempt)
join guest_runs g on g.peer_id = $1 and g.their_run = asked.run and g.their_attempt = asked.attempt
join runs r on r.id = g.run_id
left join receipts e on e.run_id = r.id and e.attempt = r.attempt`,
};

export function findGuests(
  database: Database,
  peerId: number,
  attempts: readonly AttemptName[],
): Promise<GuestRow[]> {
  return database.prepared<GuestRow & { [column: string]: unknown }>(FOUND, [
    peerId,
    attempts.map(({ run }) => run),
    attempts.map(({ attempt }) => attempt),
  ]);
}

/** Offers of one run are looked at one after the other, also before there is a row to lock. */
export async function takeTurns({ queries }: Transaction, peerId: number, run: number): Promise<void> {
  await queries.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`guest ${peerId} ${run}`}, 0))`);
}

/** All that is known of a run of a peer, the latest attempt first. */
export function findAttempts(queries: Queries, peerId: number, run: number) {
  return queries
    .select({ runId: guestRuns.runId, attempt: guestRuns.theirAttempt, asked: guestRuns.asked })
    .from(guestRuns)
    .where(and(eq(guestRuns.peerId, peerId), eq(guestRuns.theirRun, run)))
    .orderBy(desc(guestRuns.theirAttempt));
}

export function countOpen(queries: Queries, peerId: number): Promise<number> {
  return queries.$count(guestRuns, and(eq(guestRuns.peerId, peerId), isNotNull(guestRuns.assignment)));
}

/** What nobody will ask for again. Its outcome stays, logs and files were for the other hub alone. */
const SETTLE: Statement = {
  name: 'guests-settle',
  text: `
with settled as (
  update guest_runs set assignment = null where run_id = any($1) returning run_id
), forgotten as (
  update runs r set outputs = null from settled s where r.id = s.run_id and r.outputs is not null
)
delete from log_chunks l using settled s where l.run_id = s.run_id`,
};

export async function settle(database: Database, runIds: readonly number[]): Promise<void> {
  if (runIds.length > 0) await database.prepared(SETTLE, [runIds]);
}

/** Files that a peer may fetch of a run: null unless it is over, not settled, and the peer may have runs evaluated here. */
export async function findOutputs(queries: Queries, runId: number): Promise<GuestRow['outputs']> {
  const [row] = await queries
    .select({ outputs: runs.outputs })
    .from(guestRuns)
    .innerJoin(runs, eq(runs.id, guestRuns.runId))
    .innerJoin(peers, eq(peers.id, guestRuns.peerId))
    .where(
      and(
        eq(guestRuns.runId, runId),
        isNotNull(guestRuns.assignment),
        isNotNull(runs.finishedAt),
        eq(peers.state, 'active'),
        sql`'evaluate' = any(${peers.scopesGiven})`,
      ),
    );
  return row?.outputs ?? null;
}

export interface UnreadyGuest {
  readonly runId: number;
  readonly peerId: number;
  readonly assignment: Buffer;
  readonly createdAt: Date;
}

/** Runs that wait for their files. */
export async function findUnready(queries: Queries, runId?: number): Promise<UnreadyGuest[]> {
  const rows = await queries
    .select({
      runId: guestRuns.runId,
      peerId: guestRuns.peerId,
      assignment: guestRuns.assignment,
      createdAt: guestRuns.createdAt,
    })
    .from(guestRuns)
    .where(
      and(
        isNull(guestRuns.readyAt),
        isNotNull(guestRuns.assignment),
        sql`exists (select from runs r where r.id = ${guestRuns.runId} and r.state = 'queued')`,
        ...(runId === undefined ? [] : [eq(guestRuns.runId, runId)]),
      ),
    )
    .orderBy(guestRuns.runId)
    .limit(1_000);
  return rows.flatMap(({ assignment, ...row }) => (assignment ? [{ ...row, assignment }] : []));
}

const UNWELCOME: Statement = {
  name: 'guests-unwelcome',
  text: `
select g.run_id::float8 as "runId" from guest_runs g join runs r on r.id = g.run_id join peers p on p.id = g.peer_id
where g.assignment is not null and r.state not in ('finished', 'failed', 'cancelled', 'refused') and (
  p.state in ('revoked', 'blocked') or not 'evaluate' = any(p.scopes_given) or not exists (
    select from evaluation_grants e where e.peer_id = g.peer_id and e.competition_id = g.competition_id and e.site_id = r.site_id
      and e.dataset_name || '@' || e.dataset_version = g.dataset))`,
};

/** Runs that are not over and that nobody here permits any more. */
export async function findUnwelcome(database: Database): Promise<number[]> {
  return (await database.prepared<{ runId: number }>(UNWELCOME, [])).map(({ runId }) => runId);
}

export async function hasFetched(queries: Queries, peerId: number, digest: string): Promise<boolean> {
  return (
    (await queries.$count(peerBlobs, and(eq(peerBlobs.peerId, peerId), eq(peerBlobs.digest, digest)))) > 0
  );
}

export async function noteFetched(queries: Queries, peerId: number, digest: string): Promise<void> {
  await queries.insert(peerBlobs).values({ peerId, digest }).onConflictDoNothing();
}
