import { createHash, randomBytes } from 'node:crypto';
import { and, eq, gt, lt, sql } from 'drizzle-orm';
import { type Actor, requireSession } from '../../accounts/access.ts';
import type { Database } from '../../db/database.ts';
import type { KnownPeer, PeerDirectory } from '../peers/directory.ts';
import { PeerMissingError } from '../peers/errors.ts';
import type { Asserting } from './asserting.ts';
import { findConsent } from './consents.ts';
import { ConsentMissingError, SignInCodeError } from './errors.ts';
import { signInCodes } from './schema.ts';

/** Where a peer waits for people to come back with a code. */
export const RETURN_PATH = '/sign-in/hub/return';
const CODE_LIFE_MS = 2 * 60_000;

export const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

/**
 * "Sign in with my home hub", at home: whoever is signed in here takes a code through their browser to a peer, which redeems it by a call of its own. The
 * code is good once, for that peer, with the secret that only the peer's own process holds; and people are sent to that peer's known address
 * alone.
 */
export class SignInCodes {
  readonly #database: Database;
  readonly #directory: PeerDirectory;
  readonly #asserting: Asserting;

  constructor(parts: {
    readonly database: Database;
    readonly directory: PeerDirectory;
    readonly asserting: Asserting;
  }) {
    this.#database = parts.database;
    this.#directory = parts.directory;
    this.#asserting = parts.asserting;
  }

  /** The hub that somebody is asked to sign in to. @throws PeerMissingError for any that is no active peer */
  async destination(rootId: string): Promise<KnownPeer> {
    const peer = await this.#directory.findByRoot(rootId);
    if (peer?.state !== 'active') throw new PeerMissingError();
    return peer;
  }

  /** @returns where the browser goes now */
  async issue(
    actor: Actor,
    { rootId, state, challenge }: { rootId: string; state: string; challenge: string },
  ): Promise<string> {
    const user = requireSession(actor);
    const peer = await this.destination(rootId);
    const { queries } = this.#database;
    const consent = await findConsent(queries, user.id, peer.id);
    if (!consent?.purposes.includes('sign_in')) throw new ConsentMissingError(peer.name, 'sign_in');
    const code = randomBytes(32).toString('base64url');
    await queries.delete(signInCodes).where(lt(signInCodes.expiresAt, sql`now()`));
    await queries.insert(signInCodes).values({
      codeHash: sha256(code),
      userId: user.id,
      peerId: peer.id,
      challenge,
      expiresAt: new Date(Date.now() + CODE_LIFE_MS),
    });
    const back = new URL(RETURN_PATH, peer.address);
    back.search = new URLSearchParams({ code, state }).toString();
    return back.toString();
  }

  /** Used up by the first try, right or wrong. @throws SignInCodeError | ConsentMissingError */
  async redeem(
    peer: KnownPeer,
    { code, verifier, nonce }: { code: string; verifier: string; nonce: string },
  ): Promise<string> {
    const [issued] = await this.#database.queries
      .delete(signInCodes)
      .where(
        and(
          eq(signInCodes.codeHash, sha256(code)),
          eq(signInCodes.peerId, peer.id),
          gt(signInCodes.expiresAt, sql`now()`),
        ),
      )
      .returning();
    if (!issued || issued.challenge !== sha256(verifier)) throw new SignInCodeError();
    return this.#asserting.assertionFor({ id: issued.userId }, peer.id, 'sign_in', { nonce });
  }
}
