import { and, eq, sql } from 'drizzle-orm';
import type { Queries } from '../../../db/database.ts';
import { peerReadings } from '../schema.ts';

export interface StoredReading<Content> {
  readonly content: Content;
  readonly digest: string;
  readonly readAt: Date;
}

export async function findReading<Content>(
  queries: Queries,
  peerId: number,
  what: string,
): Promise<StoredReading<Content> | null> {
  const [row] = await queries
    .select()
    .from(peerReadings)
    .where(and(eq(peerReadings.peerId, peerId), eq(peerReadings.what, what)));
  // Only what this feature has checked was ever written.
  return row ? { ...row, content: row.content as Content } : null;
}

export async function saveReading(
  queries: Queries,
  peerId: number,
  what: string,
  reading: { readonly content: unknown; readonly digest: string },
): Promise<Date> {
  const set = { ...reading, readAt: sql`now()` };
  const [row] = await queries
    .insert(peerReadings)
    .values({ peerId, what, ...reading })
    .onConflictDoUpdate({ target: [peerReadings.peerId, peerReadings.what], set })
    .returning({ readAt: peerReadings.readAt });
  return row!.readAt;
}

/** It is as it was. */
export async function confirmReading(queries: Queries, peerId: number, what: string): Promise<Date> {
  const [row] = await queries
    .update(peerReadings)
    .set({ readAt: sql`now()` })
    .where(and(eq(peerReadings.peerId, peerId), eq(peerReadings.what, what)))
    .returning({ readAt: peerReadings.readAt });
  return row?.readAt ?? new Date();
}
