import type { Logger } from 'pino';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Database } from '../../db/database.ts';
import type { KeyRing } from '../../keys/ring.ts';
import type { KnownPeer, PeerDirectory } from '../peers/directory.ts';
import type { Traffic } from '../peers/traffic.ts';
import { countCall, forgetOldTokens, useUp } from './accounting.ts';
import { CallRefusedError } from './refusals.ts';
import { type CallBody, readToken, requireProtocol, verifyToken } from './token.ts';

/** A call as it came in, nothing of it believed. */
export interface IncomingCall {
  readonly method: string;
  readonly token: string | null;
  /** Path of the procedure that it came to. */
  readonly procedure: string;
  /** As it was sent. */
  readonly body: string;
}

/** How often a peer's keys are read because a token names one that is not known. Anybody can write such a token, so a few do not keep a true rotation waiting. */
const LOOKS = { points: 3, duration: 30 };

/**
 * Decides who calls. Nothing of a body is read before its token holds, and what each refusal says is for the other hub's administrators.
 *
 * In this order: it is a POST; the token can be read; the protocol is one of ours; the peer is known and neither blocked nor revoked; its identity stands; the key is
 * one of its chain and has not ended; signature; audience; procedure; body; time; not used before; not too many.
 */
export class CallDesk {
  readonly #database: Database;
  readonly #keys: Pick<KeyRing, 'rootId'>;
  readonly #directory: PeerDirectory;
  readonly #traffic: Traffic;
  readonly #log: Logger;
  readonly #looks = new RateLimiterMemory(LOOKS);

  constructor(parts: {
    readonly database: Database;
    readonly keys: Pick<KeyRing, 'rootId'>;
    readonly directory: PeerDirectory;
    readonly traffic: Traffic;
    readonly log: Logger;
  }) {
    this.#database = parts.database;
    this.#keys = parts.keys;
    this.#directory = parts.directory;
    this.#traffic = parts.traffic;
    this.#log = parts.log;
  }

  /** @throws CallRefusedError */
  async admit(call: IncomingCall): Promise<KnownPeer> {
    // What stands in an address is not what the token is for.
    if (call.method !== 'POST')
      throw new CallRefusedError('method_wrong', 'calls between hubs are POST requests');
    return this.#admit(call, call.body.length);
  }

  /** Bytes that come by themselves, for something that was agreed on by a call. @throws CallRefusedError */
  admitBytes(transfer: Pick<IncomingCall, 'token' | 'procedure'> & { digest: string }): Promise<KnownPeer> {
    const { token, procedure, digest } = transfer;
    return this.#admit({ token, procedure, body: { digest } }, 0);
  }

  async #admit(
    call: Pick<IncomingCall, 'token' | 'procedure'> & { readonly body: CallBody },
    bytes: number,
  ): Promise<KnownPeer> {
    const claimed = readToken(call.token);
    requireProtocol(claimed);
    let peer = requireTrusted(await this.#directory.findByRoot(claimed.iss));
    try {
      if (!peer.chain.some(({ id }) => id === claimed.kid))
        peer = requireTrusted(await this.#lookAgain(peer));
      const expected = { ...call, chain: peer.chain, audience: this.#keys.rootId, now: Date.now() };
      await verifyToken(call.token!, claimed, expected);
      await useUp(this.#database.queries, peer.id, claimed);
      await countCall(this.#database.queries, peer.id, peer.callsPerMinute);
    } catch (error) {
      if (error instanceof CallRefusedError) this.#traffic.refusedIn(peer.id);
      throw error;
    }
    this.#traffic.callIn(peer.id, bytes);
    return peer;
  }

  /** It may have rotated its keys. Asked for seldom: who holds none of its keys can make us look too. */
  async #lookAgain(peer: KnownPeer): Promise<KnownPeer> {
    const { consumedPoints } = await this.#looks.penalty(peer.id);
    if (consumedPoints > LOOKS.points) return peer;
    try {
      return await this.#directory.look(peer);
    } catch (error) {
      this.#log.warn({ err: error, peer: peer.name }, 'a peer signs with a new key and shows none');
      return peer;
    }
  }

  /** Tokens too old to be taken need not be remembered. */
  async forgetOldTokens(): Promise<void> {
    await forgetOldTokens(this.#database.queries);
  }
}

function requireTrusted(peer: KnownPeer | null): KnownPeer {
  if (!peer)
    throw new CallRefusedError(
      'peer_unknown',
      'this hub does not know yours: an administrator may invite it',
    );
  if (peer.state === 'blocked') throw new CallRefusedError('peer_blocked', 'this hub has blocked yours');
  if (peer.state === 'revoked')
    throw new CallRefusedError(
      'peer_revoked',
      'this hub and yours are peers no more: a new invitation begins anew',
    );
  if (peer.state === 'identity_changed') {
    throw new CallRefusedError(
      'identity_changed',
      'your hub shows keys that are not linked to those that this hub knows: an administrator here has to decide',
    );
  }
  return peer;
}
