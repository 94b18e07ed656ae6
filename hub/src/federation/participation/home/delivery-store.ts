import { and, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import type { Queries } from '../../../db/database.ts';
import { isOver } from '../../../submissions/outcome.ts';
import { peers } from '../../peers/schema.ts';
import { peerSubmissions } from '../schema.ts';
import type { EntryRecord } from '../wire/records.ts';
import type { PeerSubmissionView } from '../wire/submission.ts';

export type Delivery = typeof peerSubmissions.$inferSelect;
export type DeliveryState = Delivery['state'];

/** Not heard of for so long, whoever delivers it is gone. */
const HELD = sql`now() + interval '90 seconds'`;
const changed = { version: sql`${peerSubmissions.version} + 1` };

export async function insertDelivery(
  queries: Queries,
  delivery: typeof peerSubmissions.$inferInsert,
): Promise<Delivery> {
  const [row] = await queries.insert(peerSubmissions).values(delivery).returning();
  return row!;
}

/** What a peer has entered and this hub does not know of. @returns what was not known */
export async function insertEntered(
  queries: Queries,
  whose: Pick<Delivery, 'userId' | 'peerId'>,
  records: readonly EntryRecord[],
): Promise<Delivery[]> {
  if (records.length === 0) return [];
  const rows = records.map(({ key, submissionId, enteredAt, request }) => ({
    ...whose,
    key,
    competitionId: request.competitionId,
    phaseId: request.phaseId,
    request,
    state: 'entered' as const,
    remoteId: submissionId,
    createdAt: sql`least(${enteredAt}::timestamptz, now())`,
    sentBytes: request.size,
  }));
  return queries.insert(peerSubmissions).values(rows).onConflictDoNothing().returning();
}

export async function findDelivery(queries: Queries, id: number): Promise<Delivery | null> {
  const [row] = await queries.select().from(peerSubmissions).where(eq(peerSubmissions.id, id));
  return row ?? null;
}

/** Of several that would deliver it, one does. */
export async function takeDelivery(queries: Queries, id: number): Promise<Delivery | null> {
  const [row] = await queries
    .update(peerSubmissions)
    .set({ heldUntil: HELD, tries: sql`${peerSubmissions.tries} + 1` })
    .where(
      and(
        eq(peerSubmissions.id, id),
        inArray(peerSubmissions.state, ['queued', 'withdrawing']),
        sql`(${peerSubmissions.heldUntil} is null or ${peerSubmissions.heldUntil} < now())`,
      ),
    )
    .returning();
  return row ?? null;
}

/** Bytes go: it is held on. @returns null once it is not to be delivered any more */
export async function noteSent(queries: Queries, id: number, sentBytes: number): Promise<Delivery | null> {
  return change(queries, id, ['queued'], { heldUntil: HELD, sentBytes, tries: 1 });
}

/**
 * From then on nobody here can say whether the peer has entered it, but the peer.
 * @returns null when it was withdrawn before
 */
export async function noteSubmitSent(queries: Queries, id: number): Promise<Delivery | null> {
  const submitSentAt = sql`coalesce(${peerSubmissions.submitSentAt}, now())`;
  return change(queries, id, ['queued'], { heldUntil: HELD, submitSentAt });
}

/** Compares and sets: null when it was in none of these states. */
export async function change(
  queries: Queries,
  id: number,
  from: readonly DeliveryState[],
  set: Parameters<ReturnType<Queries['update']>['set']>[0] & object,
): Promise<Delivery | null> {
  const [row] = await queries
    .update(peerSubmissions)
    .set({ ...set, ...changed })
    .where(and(eq(peerSubmissions.id, id), inArray(peerSubmissions.state, [...from])))
    .returning();
  return row ?? null;
}

/** What was refused, or is lost: from the beginning, as far as this hub goes. */
export async function queueAgain(queries: Queries, id: number): Promise<Delivery | null> {
  const [row] = await queries
    .update(peerSubmissions)
    .set({
      state: 'queued',
      tries: 0,
      nextTryAt: sql`now()`,
      problem: null,
      problemDetail: null,
      remoteId: null,
      remote: null,
      remoteDigest: null,
      lookedAt: null,
      isOver: false,
      isLost: false,
      ...changed,
    })
    .where(
      and(
        eq(peerSubmissions.id, id),
        sql`(${peerSubmissions.state} = 'refused' or ${peerSubmissions.state} = 'entered' and ${peerSubmissions.isLost})`,
      ),
    )
    .returning();
  return row ?? null;
}

/** While nothing was asked of the peer that could have entered it. */
export async function withdrawUnsent(queries: Queries, id: number): Promise<Delivery | null> {
  const [row] = await queries
    .update(peerSubmissions)
    .set({ state: 'withdrawn', heldUntil: null, problem: null, problemDetail: null, ...changed })
    .where(
      and(
        eq(peerSubmissions.id, id),
        eq(peerSubmissions.state, 'queued'),
        sql`${peerSubmissions.submitSentAt} is null`,
      ),
    )
    .returning();
  return row ?? null;
}

/**
 * What the peer says of it, unless it has said something since.
 * @param from not what is being taken back, unless the peer has heard that
 */
export async function noteSeen(
  queries: Queries,
  id: number,
  { view, digest, askedAt }: { view: PeerSubmissionView; digest: string | null; askedAt: Date },
  from: readonly DeliveryState[] = ['queued', 'entered'],
): Promise<Delivery | null> {
  const [row] = await queries
    .update(peerSubmissions)
    .set({
      state: 'entered',
      problem: null,
      problemDetail: null,
      heldUntil: null,
      remoteId: view.id,
      remote: view,
      remoteDigest: digest,
      isOver: isOver(view.status),
      isLost: false,
      lookedAt: askedAt,
      ...changed,
    })
    .where(
      and(
        eq(peerSubmissions.id, id),
        inArray(peerSubmissions.state, [...from]),
        sql`(${peerSubmissions.lookedAt} is null or ${peerSubmissions.lookedAt} <= ${askedAt.toISOString()}::timestamptz)`,
      ),
    )
    .returning();
  return row ?? null;
}

export async function noteUnchanged(queries: Queries, ids: readonly number[], askedAt: Date): Promise<void> {
  if (ids.length === 0) return;
  await queries
    .update(peerSubmissions)
    .set({ lookedAt: askedAt })
    .where(
      and(
        inArray(peerSubmissions.id, [...ids]),
        sql`${peerSubmissions.lookedAt} <= ${askedAt.toISOString()}::timestamptz`,
      ),
    );
}

export async function noteLost(queries: Queries, id: number, askedAt: Date): Promise<Delivery | null> {
  return change(queries, id, ['entered'], { isLost: true, lookedAt: askedAt });
}

/** @returns whether it was in one of these states, or lost, and is no more */
export async function removeDelivery(
  queries: Queries,
  id: number,
  from: readonly DeliveryState[],
): Promise<boolean> {
  const { rowCount } = await queries
    .delete(peerSubmissions)
    .where(and(eq(peerSubmissions.id, id), inArray(peerSubmissions.state, [...from])));
  return rowCount === 1;
}

/** Those whose time has come, or whose deliverer is gone. */
export async function findDue(queries: Queries): Promise<number[]> {
  const rows = await queries
    .select({ id: peerSubmissions.id })
    .from(peerSubmissions)
    .where(
      and(
        inArray(peerSubmissions.state, ['queued', 'withdrawing']),
        sql`${peerSubmissions.nextTryAt} <= now()`,
        sql`(${peerSubmissions.heldUntil} is null or ${peerSubmissions.heldUntil} < now())`,
      ),
    )
    .orderBy(peerSubmissions.nextTryAt)
    .limit(1_000);
  return rows.map(({ id }) => id);
}

export async function countWaiting(queries: Queries, userId: number): Promise<number> {
  return queries.$count(
    peerSubmissions,
    and(eq(peerSubmissions.userId, userId), inArray(peerSubmissions.state, ['queued', 'withdrawing'])),
  );
}

/** Under way first; then, each now and then, those that are over and whose scores may still change. */
export async function findFollowed(queries: Queries, peerId: number, limit: number): Promise<Delivery[]> {
  return queries
    .select()
    .from(peerSubmissions)
    .where(
      and(
        eq(peerSubmissions.peerId, peerId),
        eq(peerSubmissions.state, 'entered'),
        sql`(not ${peerSubmissions.isOver} and not ${peerSubmissions.isLost}
          or ${peerSubmissions.lookedAt} < now() - case when ${peerSubmissions.createdAt} > now() - interval '30 days'
            then interval '10 minutes' else interval '1 day' end)`,
      ),
    )
    .orderBy(peerSubmissions.isOver, peerSubmissions.lookedAt)
    .limit(limit);
}

/** Peers of whose doings something is to be learnt, or for which something waits. */
export async function findPeersFollowed(queries: Queries): Promise<number[]> {
  const rows = await queries
    .selectDistinct({ peerId: peerSubmissions.peerId })
    .from(peerSubmissions)
    .innerJoin(peers, eq(peers.id, peerSubmissions.peerId))
    .where(
      and(inArray(peerSubmissions.state, ['queued', 'withdrawing', 'entered']), eq(peers.state, 'active')),
    );
  return rows.map(({ peerId }) => peerId);
}

/** Something has not got through to the peer, and is to be tried again. */
export async function isWaitedFor(queries: Queries, peerId: number): Promise<boolean> {
  const [row] = await queries
    .select({ id: peerSubmissions.id })
    .from(peerSubmissions)
    .where(
      and(
        eq(peerSubmissions.peerId, peerId),
        inArray(peerSubmissions.state, ['queued', 'withdrawing']),
        sql`${peerSubmissions.problem} is not null`,
      ),
    )
    .limit(1);
  return row !== undefined;
}

/** What waits for a peer is to be tried at once. */
export async function endPauses(queries: Queries, peerId: number): Promise<number[]> {
  const rows = await queries
    .update(peerSubmissions)
    .set({ nextTryAt: sql`now()` })
    .where(
      and(
        eq(peerSubmissions.peerId, peerId),
        inArray(peerSubmissions.state, ['queued', 'withdrawing']),
        sql`${peerSubmissions.nextTryAt} > now()`,
      ),
    )
    .returning({ id: peerSubmissions.id });
  return rows.map(({ id }) => id);
}

/** Of one person, newest first, each with the name of its hub. */
export function listDeliveries(
  queries: Queries,
  filter: {
    userId: number;
    peerId?: number | undefined;
    competitionId?: number | undefined;
    phaseId?: number | undefined;
    id?: number | undefined;
    before?: number | undefined;
    limit: number;
  },
) {
  const { userId, peerId, competitionId, phaseId, id, before, limit } = filter;
  return queries
    .select({ delivery: peerSubmissions, hub: peers.name })
    .from(peerSubmissions)
    .innerJoin(peers, eq(peers.id, peerSubmissions.peerId))
    .where(
      and(
        eq(peerSubmissions.userId, userId),
        peerId === undefined ? undefined : eq(peerSubmissions.peerId, peerId),
        competitionId === undefined ? undefined : eq(peerSubmissions.competitionId, competitionId),
        phaseId === undefined ? undefined : eq(peerSubmissions.phaseId, phaseId),
        id === undefined ? undefined : eq(peerSubmissions.id, id),
        before === undefined ? undefined : lt(peerSubmissions.id, before),
      ),
    )
    .orderBy(desc(peerSubmissions.id))
    .limit(limit);
}

export async function findRemoteIds(
  queries: Queries,
  userId: number,
  peerId: number,
  phaseId: number,
): Promise<Set<number>> {
  const rows = await queries
    .select({ remoteId: peerSubmissions.remoteId })
    .from(peerSubmissions)
    .where(
      and(
        eq(peerSubmissions.userId, userId),
        eq(peerSubmissions.peerId, peerId),
        eq(peerSubmissions.phaseId, phaseId),
        // A peer that was restored from a backup gives its number to another.
        eq(peerSubmissions.isLost, false),
      ),
    );
  return new Set(rows.flatMap(({ remoteId }) => remoteId ?? []));
}
