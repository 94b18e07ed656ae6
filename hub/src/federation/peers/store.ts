import { desc, eq, sql } from 'drizzle-orm';
import type { Queries } from '../../db/database.ts';
import { peerEvents, peerHealth, peers } from './schema.ts';

export type PeerRow = typeof peers.$inferSelect;
export type HealthRow = typeof peerHealth.$inferSelect;
export type PeerEvent = typeof peerEvents.$inferInsert;

export interface PeerWithHealth {
  readonly peer: PeerRow;
  readonly health: HealthRow | null;
}

function selectPeers(queries: Queries) {
  return queries
    .select({ peer: peers, health: peerHealth })
    .from(peers)
    .leftJoin(peerHealth, eq(peerHealth.peerId, peers.id));
}

export async function findPeer(queries: Queries, id: number): Promise<PeerWithHealth | null> {
  return (await selectPeers(queries).where(eq(peers.id, id)))[0] ?? null;
}

export async function findPeerByRoot(queries: Queries, rootId: string): Promise<PeerWithHealth | null> {
  return (await selectPeers(queries).where(eq(peers.rootId, rootId)))[0] ?? null;
}

export function listPeers(queries: Queries): Promise<PeerWithHealth[]> {
  return selectPeers(queries).orderBy(peers.name);
}

export async function insertEvent(queries: Queries, event: PeerEvent): Promise<void> {
  await queries.insert(peerEvents).values(event);
}

export function listEvents(queries: Queries, most: number) {
  return queries.select().from(peerEvents).orderBy(desc(peerEvents.id)).limit(most);
}

/** An answer that counts. */
export async function noteAnswer(
  queries: Queries,
  peerId: number,
  clockAheadMs: number | null,
): Promise<void> {
  const now = {
    lastAnswerAt: sql`now()`,
    failures: 0,
    unreachableSince: null,
    retryAt: null,
    problem: null,
    problemDetail: null,
    problemAt: null,
    clockAheadMs,
  };
  await queries
    .insert(peerHealth)
    .values({ peerId, ...now })
    .onConflictDoUpdate({ target: peerHealth.peerId, set: now });
}

/**
 * No answer, or one that does not count. From the third in a row on it is left alone for a while: 2 s, 4 s, ... 30 s.
 * @param isAnswer it refused: then it is there, and goes on to be called
 */
export async function noteProblem(
  queries: Queries,
  peerId: number,
  { problem, detail, isAnswer }: { problem: string; detail: string; isAnswer: boolean },
): Promise<void> {
  const told = { problem, problemDetail: detail, problemAt: sql`now()` };
  const answered = { failures: 0, unreachableSince: null, retryAt: null, lastAnswerAt: sql`now()` };
  const failed = {
    failures: sql`${peerHealth.failures} + 1`,
    unreachableSince: sql`coalesce(${peerHealth.unreachableSince}, now())`,
    retryAt: sql`case when ${peerHealth.failures} >= 2
      then now() + least(interval '30 seconds', interval '2 seconds' * power(2, least(${peerHealth.failures} - 2, 10))) end`,
  };
  const first = isAnswer ? answered : { failures: 1, unreachableSince: sql`now()` };
  await queries
    .insert(peerHealth)
    .values({ peerId, ...told, ...first })
    .onConflictDoUpdate({
      target: peerHealth.peerId,
      set: { ...told, ...(isAnswer ? answered : failed) },
    });
}
