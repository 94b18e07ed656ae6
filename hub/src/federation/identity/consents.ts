import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import type { Queries } from '../../db/database.ts';
import { peers } from '../peers/schema.ts';
import type { Purpose, Share, SubjectKind } from './model.ts';
import { consents } from './schema.ts';

export type Consent = typeof consents.$inferSelect;

export interface Agreement {
  readonly purposes: readonly Purpose[];
  readonly shares: readonly Share[];
  readonly subjectKind: SubjectKind;
}

const inForce = (userId: number, peerId: number) =>
  and(eq(consents.userId, userId), eq(consents.peerId, peerId), isNull(consents.endedAt));

export async function findConsent(queries: Queries, userId: number, peerId: number): Promise<Consent | null> {
  const [row] = await queries.select().from(consents).where(inForce(userId, peerId));
  return row ?? null;
}

/** Of one person, those in force first, each with the peer's name. */
export function listConsents(queries: Queries, userId: number) {
  return queries
    .select({
      id: consents.id,
      peerId: consents.peerId,
      hub: peers.name,
      address: peers.address,
      purposes: consents.purposes,
      shares: consents.shares,
      subjectKind: consents.subjectKind,
      givenAt: consents.givenAt,
      endedAt: consents.endedAt,
      isWithdrawn: consents.isWithdrawn,
      peerToldAt: consents.peerToldAt,
    })
    .from(consents)
    .innerJoin(peers, eq(peers.id, consents.peerId))
    .where(eq(consents.userId, userId))
    .orderBy(sql`${consents.endedAt} desc nulls first`, desc(consents.givenAt))
    .limit(200);
}

/** Ends the one in force. @returns it; null when there was none */
export async function endConsent(
  queries: Queries,
  userId: number,
  peerId: number,
  isWithdrawn: boolean,
): Promise<Consent | null> {
  const [ended] = await queries
    .update(consents)
    .set({ endedAt: sql`now()`, isWithdrawn })
    .where(inForce(userId, peerId))
    .returning();
  return ended ?? null;
}

export async function insertConsent(
  queries: Queries,
  userId: number,
  peerId: number,
  { purposes, shares, subjectKind }: Agreement,
): Promise<Consent> {
  const [row] = await queries
    .insert(consents)
    .values({ userId, peerId, purposes: [...purposes], shares: [...shares], subjectKind })
    .returning();
  return row!;
}
