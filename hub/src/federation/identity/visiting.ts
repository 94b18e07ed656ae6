import { z } from 'zod';
import { beginJourney, endJourney } from '../../accounts/sign-in/journeys.ts';
import type { Database } from '../../db/database.ts';
import type { KeyRing } from '../../keys/ring.ts';
import type { PeerCalls } from '../peers/client.ts';
import type { KnownPeer, PeerDirectory } from '../peers/directory.ts';
import { PeerMissingError } from '../peers/errors.ts';
import { PersonRefusedError } from './errors.ts';
import type { AccountsOfPeers } from './mapping.ts';

/** Page of a home hub's portal where people see who asks for them. */
export const AUTHORIZE_PATH = '/authorize';

const redeemed = z.object({ assertion: z.string().max(48 * 1024) });

/** "Sign in with my home hub", at the peer that is signed in to. */
export class Visiting {
  readonly #database: Database;
  readonly #keys: Pick<KeyRing, 'rootId'>;
  readonly #directory: PeerDirectory;
  readonly #calls: PeerCalls;
  readonly #accounts: AccountsOfPeers;

  constructor(parts: {
    readonly database: Database;
    readonly keys: Pick<KeyRing, 'rootId'>;
    readonly directory: PeerDirectory;
    readonly calls: PeerCalls;
    readonly accounts: AccountsOfPeers;
  }) {
    this.#database = parts.database;
    this.#keys = parts.keys;
    this.#directory = parts.directory;
    this.#calls = parts.calls;
    this.#accounts = parts.accounts;
  }

  /** Hubs whose people may come in. */
  async homes(): Promise<{ id: number; name: string }[]> {
    const peers = await this.#directory.list();
    return peers.filter(letsIn).map(({ id, name }) => ({ id, name }));
  }

  /** @returns where the browser goes now */
  async begin(peerId: number, returnTo: string, browser: string): Promise<string> {
    const peer = await this.#directory.get(peerId);
    if (!letsIn(peer)) throw new PeerMissingError();
    const destination = { kind: 'hub', peerId } as const;
    const journey = { destination, returnTo, userId: null };
    const { state, challenge } = await beginJourney(this.#database.queries, browser, journey);
    const address = new URL(AUTHORIZE_PATH, peer.address);
    address.search = new URLSearchParams({ hub: this.#keys.rootId, state, challenge }).toString();
    return address.toString();
  }

  /**
   * What the browser brings is a code alone; who it is, the home hub says to this one directly, for this very sign-in.
   * @throws SignInLostError | PeerCallError | AssertionRefusedError | PersonRefusedError
   */
  async comeBack(
    search: URLSearchParams,
    browser: string | null,
  ): Promise<{ userId: number; returnTo: string }> {
    const state = search.get('state');
    const journey = await endJourney(this.#database.queries, 'hub', { state, browser });
    const peer = await this.#directory.get(journey.destination.peerId);
    if (!letsIn(peer))
      throw new PersonRefusedError(
        'peer_may_not_register',
        `This hub does not let people of hub ${peer.name} in.`,
      );
    const { nonce, codeVerifier: verifier, returnTo } = journey;
    const code = (search.get('code') ?? '').slice(0, 100);
    const { assertion } = await this.#calls
      .client(peer.id)
      .call(redeemed, (home) => home.identity.redeem.mutate({ code, verifier, nonce }));
    const { user } = await this.#accounts.accountOf(peer, assertion, ['sign_in'], { nonce });
    return { userId: user.id, returnTo };
  }
}

function letsIn({ state, scopesGiven }: KnownPeer): boolean {
  return state === 'active' && scopesGiven.includes('register');
}
