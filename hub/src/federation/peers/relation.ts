import { eq } from 'drizzle-orm';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Database, Queries } from '../../db/database.ts';
import { BoundedFetchError } from '../bounded-fetch.ts';
import { HubDocumentError } from '../errors.ts';
import type { PeerCalls } from './client.ts';
import type { KnownPeer, PeerDirectory } from './directory.ts';
import { PeerCallError } from './errors.ts';
import { peerState, peers } from './schema.ts';
import { type PeerState, SCOPES, type WhenTrustEnds } from './state.ts';
import * as store from './store.ts';

/** How one hub sees another. Told when it changes, and asked for each minute: what is told may be lost, or come late. */
export const relation = z.object({
  state: z.enum(peerState.enumValues),
  /** What the hub that says it lets the other do. */
  scopes: z.array(z.enum(SCOPES)).max(SCOPES.length),
});
export type Relation = z.output<typeof relation>;

/** `lookAtKeys`: some of its keys have ended, which calls do not show. */
export const toldRelation = relation.extend({ lookAtKeys: z.boolean() });

/** A hub's keys are read anew that often, also when nothing asks for it. */
const LOOK_EVERY_MS = 5 * 60_000;
const LOOK_AT_MOST_EVERY_MS = 5_000;
const OVER: readonly PeerState[] = ['revoked', 'blocked'];

export function relationTo({ state, scopesGiven }: KnownPeer): Relation {
  return { state, scopes: [...scopesGiven] };
}

/** Keeps what two hubs think of one another in step, across losses of connection and whoever misses what. */
export class Relations {
  readonly #database: Database;
  readonly #directory: PeerDirectory;
  readonly #calls: PeerCalls;
  readonly #log: Logger;
  readonly #whenTrustEnds: WhenTrustEnds;

  constructor(parts: {
    readonly database: Database;
    readonly directory: PeerDirectory;
    readonly calls: PeerCalls;
    readonly log: Logger;
    readonly whenTrustEnds: WhenTrustEnds;
  }) {
    this.#database = parts.database;
    this.#directory = parts.directory;
    this.#calls = parts.calls;
    this.#log = parts.log;
    this.#whenTrustEnds = parts.whenTrustEnds;
  }

  /** The peer says how it sees this hub. */
  async learn(peer: KnownPeer, theirs: Relation): Promise<void> {
    await this.#database.transaction(async ({ queries }) => {
      const [stored] = await queries.select().from(peers).where(eq(peers.id, peer.id)).for('update');
      if (!stored) return;
      const state = stateAfter(stored.state, theirs.state);
      const isSame = JSON.stringify(stored.scopesGot) === JSON.stringify(theirs.scopes);
      if (state === stored.state && stored.theirState === theirs.state && isSame) return;
      await queries
        .update(peers)
        .set({
          theirState: theirs.state,
          // What comes from a peer that has ended it says nothing about scopes.
          ...(theirs.state === 'revoked' ? {} : { scopesGot: theirs.scopes }),
          ...(state === stored.state ? {} : { state, stateSince: new Date() }),
        })
        .where(eq(peers.id, peer.id));
      if (state === 'revoked') await this.#whenTrustEnds(queries, peer.id);
      await store.insertEvent(queries, { peerId: peer.id, kind: 'peer_said', details: { ...theirs } });
    });
  }

  /** Tells the peer how this hub sees it now. Whether it arrives or not, the peer asks each minute. */
  async tell(peerId: number, { lookAtKeys = false } = {}): Promise<void> {
    const peer = await this.#directory.get(peerId);
    try {
      await this.#calls.callKnown({ ...peer, retryAt: null }, z.object({}), (hub) =>
        hub.peering.tell.mutate({ ...relationTo(peer), lookAtKeys }),
      );
    } catch (error) {
      if (!(error instanceof PeerCallError)) throw error;
    }
  }

  /** Reads the peer's keys, as it asks for. Not more often than makes sense. */
  async look(peer: KnownPeer): Promise<void> {
    if (Date.now() - peer.chainSeenAt.getTime() < LOOK_AT_MOST_EVERY_MS) return;
    try {
      await this.#directory.look(peer);
    } catch (error) {
      this.#log.warn({ err: error, peer: peer.name }, 'the keys of a peer could not be read');
    }
  }

  /** Asks the peer how it sees this hub, and reads its keys where that was long ago. */
  async tend(peer: KnownPeer): Promise<void> {
    try {
      const isDue = Date.now() - peer.chainSeenAt.getTime() > LOOK_EVERY_MS;
      const known = isDue || peer.state === 'identity_changed' ? await this.#directory.look(peer) : peer;
      if (known.state === 'identity_changed') return;
      await this.learn(
        known,
        await this.#calls.callKnown(known, relation, (hub) => hub.hub.describe.query({})),
      );
    } catch (error) {
      if (error instanceof BoundedFetchError || error instanceof HubDocumentError) {
        const problem = error instanceof HubDocumentError ? error.code : `peer_${error.problem}`;
        const told = { problem, detail: error.message, isAnswer: false };
        await store.noteProblem(this.#database.queries, peer.id, told);
      } else if (error instanceof PeerCallError) {
        // It has ended what was between us, and has not been able to say so.
        if (error.refusal === 'peer_revoked') await this.learn(peer, { state: 'revoked', scopes: [] });
      } else throw error;
    }
  }

  /** Of all peers with which something is going on. */
  async tendAll(): Promise<void> {
    const all = (await this.#directory.list()).filter(
      ({ state, retryAt }) => !OVER.includes(state) && !(retryAt && retryAt.getTime() > Date.now()),
    );
    const results = await Promise.allSettled(all.map((peer) => this.tend(peer)));
    for (const result of results)
      if (result.status === 'rejected')
        this.#log.error({ err: result.reason }, 'a peer could not be looked after');
  }

  /** Notes what somebody did. */
  event(queries: Queries, event: store.PeerEvent): Promise<void> {
    return store.insertEvent(queries, event);
  }
}

/** Ours, after the other has said theirs: it can confirm what we wait for and end what is, and nothing else. */
function stateAfter(ours: PeerState, theirs: PeerState): PeerState {
  if (theirs === 'revoked' && ours !== 'blocked') return 'revoked';
  if (ours === 'waiting' && (theirs === 'active' || theirs === 'paused')) return 'active';
  return ours;
}
