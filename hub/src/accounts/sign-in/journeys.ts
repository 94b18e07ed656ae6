import { createHash, randomBytes } from 'node:crypto';
import { and, eq, gt, lt, sql } from 'drizzle-orm';
import type { Queries } from '../../db/database.ts';
import { SignInLostError } from './errors.ts';
import { begunSignIns, type Destination } from './schema.ts';

const LIFE_MS = 15 * 60_000;

export interface Begun {
  /** What goes along through the browser and comes back. */
  readonly state: string;
  /** Comes back in what the other side signs. */
  readonly nonce: string;
  /** Stays here until the code is redeemed. */
  readonly codeVerifier: string;
  /** base64url of its SHA-256. */
  readonly challenge: string;
}

export type ComeBack = typeof begunSignIns.$inferSelect;

/** @param browser secret of the browser's cookie */
export async function beginJourney(
  queries: Queries,
  browser: string,
  journey: { destination: Destination; returnTo: string; userId: number | null },
): Promise<Begun> {
  const [state, nonce, codeVerifier] = [secret(), secret(), secret()];
  await queries.delete(begunSignIns).where(lt(begunSignIns.expiresAt, sql`now()`));
  await queries.insert(begunSignIns).values({
    ...journey,
    returnTo: toOwnPath(journey.returnTo),
    stateHash: hashOf(state),
    browserHash: hashOf(browser),
    nonce,
    codeVerifier,
    expiresAt: new Date(Date.now() + LIFE_MS),
  });
  return { state, nonce, codeVerifier, challenge: hashOf(codeVerifier) };
}

/**
 * Once, in the browser that it left from: an answer that somebody else began is of no use to anybody.
 * @throws SignInLostError
 */
export async function endJourney<Kind extends Destination['kind']>(
  queries: Queries,
  kind: Kind,
  { state, browser }: { state: string | null; browser: string | null },
): Promise<ComeBack & { readonly destination: Extract<Destination, { kind: Kind }> }> {
  if (!state || !browser) throw new SignInLostError();
  const [journey] = await queries
    .delete(begunSignIns)
    .where(
      and(
        eq(begunSignIns.stateHash, hashOf(state)),
        eq(begunSignIns.browserHash, hashOf(browser)),
        sql`${begunSignIns.destination}->>'kind' = ${kind}`,
        gt(begunSignIns.expiresAt, sql`now()`),
      ),
    )
    .returning();
  if (!journey) throw new SignInLostError();
  return { ...journey, destination: journey.destination as Extract<Destination, { kind: Kind }> };
}

/** A path of this portal: whatever else is asked for leads to its front page. */
export function toOwnPath(path: string): string {
  const here = 'http://here.invalid';
  const url = /^\/(?![/\\])/.test(path) && !/[\\\p{C}]/u.test(path) ? URL.parse(path, here) : null;
  return url?.origin === here ? url.pathname + url.search + url.hash : '/';
}

export const secret = () => randomBytes(32).toString('base64url');
export const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url');
