import { eq } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { type ChainKey, compareChains } from '../../keys/chain.ts';
import { BoundedFetchError, boundedFetch } from '../bounded-fetch.ts';
import { HubDocumentError } from '../errors.ts';
import {
  commonProtocol,
  HUB_DOCUMENT_PATH,
  HUB_SIGNATURE_HEADER,
  type HubDocument,
  MOST_DOCUMENT_BYTES,
  readHubDocument,
} from '../hub-document.ts';
import { HubUnreachableError, PeerMissingError } from './errors.ts';
import { peers } from './schema.ts';
import type { Peer, WhenTrustEnds } from './state.ts';
import * as store from './store.ts';

/** A peer with what it takes to believe and to call it. */
export interface KnownPeer extends Peer {
  readonly chain: readonly ChainKey[];
  readonly chainSeenAt: Date;
  readonly callsPerMinute: number;
  readonly protocol: number;
  readonly unreachableSince: Date | null;
  /** Not called before then. */
  readonly retryAt: Date | null;
}

const LOOK_TIMEOUT_MS = 10_000;

/** Who the peers are, read anew each time: what an administrator decides holds at once in every process. */
export class PeerDirectory {
  readonly #database: Database;
  readonly #whenTrustEnds: WhenTrustEnds;

  constructor(database: Database, whenTrustEnds: WhenTrustEnds) {
    this.#database = database;
    this.#whenTrustEnds = whenTrustEnds;
  }

  async find(id: number): Promise<KnownPeer | null> {
    return toKnownPeer(await store.findPeer(this.#database.queries, id));
  }

  /** @throws PeerMissingError */
  async get(id: number): Promise<KnownPeer> {
    const peer = await this.find(id);
    if (!peer) throw new PeerMissingError();
    return peer;
  }

  async findByRoot(rootId: string): Promise<KnownPeer | null> {
    return toKnownPeer(await store.findPeerByRoot(this.#database.queries, rootId));
  }

  async list(): Promise<KnownPeer[]> {
    return (await store.listPeers(this.#database.queries)).map((row) => toKnownPeer(row)!);
  }

  /**
   * Reads what the peer says of itself now, and follows a rotation of its keys. Keys that are not linked to those that were known are kept apart and
   * the peer is not believed any more, until an administrator decides.
   * @returns the peer as it is then
   * @throws BoundedFetchError | HubDocumentError
   */
  async look(peer: KnownPeer): Promise<KnownPeer> {
    return this.follow(peer, await fetchHubDocument(peer.address));
  }

  /** The same with a document that is at hand already. */
  async follow(peer: KnownPeer, document: HubDocument): Promise<KnownPeer> {
    await this.#database.transaction(async ({ queries }) => {
      const [stored] = await queries.select().from(peers).where(eq(peers.id, peer.id)).for('update');
      if (!stored) throw new PeerMissingError();
      const relation = compareChains(stored.chain, document.keys);
      if (relation === 'same' || relation === 'extended') {
        const protocol = commonProtocol(document.protocols) ?? stored.protocol;
        await queries
          .update(peers)
          .set({ chain: document.keys, chainSeenAt: new Date(), protocol })
          .where(eq(peers.id, peer.id));
        if (relation === 'extended') {
          const details = { newest: document.keys.at(-1)!.id, keys: document.keys.length };
          await store.insertEvent(queries, { peerId: peer.id, kind: 'keys_rotated', details });
        }
        return;
      }
      const newest = document.keys.at(-1)!.id;
      if (stored.claimedChain?.at(-1)?.id === newest) return;
      const isOver = stored.state === 'revoked' || stored.state === 'blocked';
      await queries
        .update(peers)
        .set({
          claimedChain: document.keys,
          ...(isOver ? {} : { state: 'identity_changed', stateSince: new Date() }),
        })
        .where(eq(peers.id, peer.id));
      await this.#whenTrustEnds(queries, peer.id);
      await store.insertEvent(queries, {
        peerId: peer.id,
        kind: 'identity_changed',
        details: { relation, fingerprint: document.fingerprint, newest },
      });
    });
    return this.get(peer.id);
  }
}

/** What answers at an address that an administrator gives. @throws HubUnreachableError */
export async function visitHub(address: string): Promise<HubDocument> {
  try {
    return await fetchHubDocument(address);
  } catch (error) {
    const isTheirs = error instanceof BoundedFetchError || error instanceof HubDocumentError;
    throw isTheirs ? new HubUnreachableError(address, error) : error;
  }
}

/** @throws BoundedFetchError | HubDocumentError */
export async function fetchHubDocument(address: string): Promise<HubDocument> {
  const bounds = { maxBytes: MOST_DOCUMENT_BYTES, timeoutMs: LOOK_TIMEOUT_MS };
  const answer = await boundedFetch(`${address}${HUB_DOCUMENT_PATH}`, {}, bounds);
  const signature = answer.headers.get(HUB_SIGNATURE_HEADER) ?? '';
  return readHubDocument({ body: answer.body.toString('utf8'), signature });
}

function toKnownPeer(row: store.PeerWithHealth | null): KnownPeer | null {
  if (!row) return null;
  const { peer, health } = row;
  return {
    id: peer.id,
    rootId: peer.rootId,
    name: peer.name,
    address: peer.address,
    state: peer.state,
    scopesGiven: peer.scopesGiven,
    scopesGot: peer.scopesGot,
    chain: peer.chain,
    chainSeenAt: peer.chainSeenAt,
    callsPerMinute: peer.callsPerMinute,
    protocol: peer.protocol,
    unreachableSince: health?.unreachableSince ?? null,
    retryAt: health?.retryAt ?? null,
  };
}
