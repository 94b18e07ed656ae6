import { sql } from 'drizzle-orm';
import type { Queries } from '../../db/database.ts';
import { CallRefusedError } from './refusals.ts';
import { peerCallRates, usedCallTokens } from './schema.ts';
import { type ClaimedCall, forgetAfter } from './token.ts';

/** Of all processes that get the same token, one takes it. @throws CallRefusedError */
export async function useUp(queries: Queries, peerId: number, claimed: ClaimedCall): Promise<void> {
  const { rowCount } = await queries
    .insert(usedCallTokens)
    .values({ peerId, jti: claimed.jti, expiresAt: forgetAfter(claimed) })
    .onConflictDoNothing();
  if (rowCount !== 1) throw new CallRefusedError('token_replayed', 'this token has been used');
}

/** Tokens too old to be taken need not be remembered. */
export async function forgetOldTokens(queries: Queries): Promise<void> {
  await queries.delete(usedCallTokens).where(sql`${usedCallTokens.expiresAt} < now()`);
}

/**
 * Counts a call in the minute that runs, of all processes together. The minutes are those of the clock: around their change, up to twice as many calls come
 * within 60 seconds.
 * @throws CallRefusedError
 */
export async function countCall(queries: Queries, peerId: number, callsPerMinute: number): Promise<void> {
  const minute = sql`date_trunc('minute', now())`;
  const [row] = await queries
    .insert(peerCallRates)
    .values({ peerId, minute, calls: 1 })
    .onConflictDoUpdate({
      target: peerCallRates.peerId,
      set: {
        minute,
        calls: sql`case when ${peerCallRates.minute} = excluded.minute then ${peerCallRates.calls} + 1 else 1 end`,
      },
    })
    .returning({
      calls: peerCallRates.calls,
      secondsLeft: sql<number>`ceil(60 - extract(second from now()))::int`,
    });
  if (!row || row.calls <= callsPerMinute) return;
  throw new CallRefusedError(
    'rate_exceeded',
    `this hub takes ${callsPerMinute} calls a minute from yours: again in ${row.secondsLeft} s`,
  );
}
