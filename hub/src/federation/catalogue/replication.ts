import type { Logger } from 'pino';
import type { PeerCalls } from '../peers/client.ts';
import type { KnownPeer, PeerDirectory } from '../peers/directory.ts';
import { PeerCallError } from '../peers/errors.ts';
import { type Descriptor, readDescriptor } from './descriptor.ts';
import { type CataloguePage, cataloguePage, digestOf, openEntry } from './entry.ts';
import { CatalogueRefusedError } from './errors.ts';
import type { Replica, ReplicaStore } from './replica-store.ts';

const ENTRIES_ON_A_PAGE = 200;
/** Of escaped text, with all that is around it. */
const MOST_PAGE_BYTES = 3 * 1024 * 1024;

export interface ReplicationLimits {
  /** Of one reading: the rest comes with the next. */
  readonly pages: number;
  readonly milliseconds: number;
  /** Of one peer, that are kept here. */
  readonly competitions: number;
}
export const REPLICATION_LIMITS: ReplicationLimits = {
  pages: 500,
  milliseconds: 40_000,
  competitions: 100_000,
};

/** One entry, believed and understood; the descriptor of a withdrawal is null. */
export interface Taken {
  readonly competitionId: number;
  readonly sequence: number;
  readonly descriptor: Descriptor | null;
  readonly signed: string;
  readonly keyId: string;
  readonly signature: string;
}

/**
 * Copies what peers say of their competitions, page by page, each with its cursor in one transaction.
 *
 * Of a page in which anything is wrong (a signature, the origin, the order), nothing is taken and the cursor stays: the problem is shown to administrators, what
 * was known stays, and the next reading tries again. A signed entry that this version cannot read is skipped and counted: one does not hide the others.
 *
 * A catalogue whose end lies before what was read, or in which the last entry that was read is another or none, is that of a hub that was restored from a
 * backup; one under a new identity, of a hub that was keyed anew and accepted. Both are read again from the beginning. What was known stays, marked as the last
 * that is known, until it is seen again; administrators are told.
 */
export class Replication {
  readonly #store: ReplicaStore;
  readonly #directory: PeerDirectory;
  readonly #calls: PeerCalls;
  readonly #log: Logger;

  constructor(parts: {
    readonly store: ReplicaStore;
    readonly directory: PeerDirectory;
    readonly calls: PeerCalls;
    readonly log: Logger;
  }) {
    this.#store = parts.store;
    this.#directory = parts.directory;
    this.#calls = parts.calls;
    this.#log = parts.log;
  }

  /** Peers that let this hub list what they have. */
  async due(): Promise<KnownPeer[]> {
    const all = await this.#directory.list();
    return all.filter((peer) => mayRead(peer) && !(peer.retryAt && peer.retryAt.getTime() > Date.now()));
  }

  /** Problems of the peer are written down, not thrown. */
  async replicate(peerId: number, signal?: AbortSignal, limits = REPLICATION_LIMITS): Promise<void> {
    const peer = await this.#directory.find(peerId);
    if (!peer || !mayRead(peer)) return;
    try {
      await this.#read(peer, limits, signal);
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof CatalogueRefusedError) {
        this.#log.warn(
          { peer: peer.name, problem: error.problem, detail: error.message },
          'a catalogue is refused',
        );
        await this.#store.noteProblem(peer, error.problem, error.message);
      } else if (error instanceof PeerCallError) {
        await this.#store.noteProblem(peer, error.refusal ?? error.code, error.detail);
      } else throw error;
    }
  }

  async #read(peer: KnownPeer, limits: ReplicationLimits, signal: AbortSignal | undefined): Promise<void> {
    const until = performance.now() + limits.milliseconds;
    let replica = await this.#store.open(peer);
    let restarts = 0;
    for (let pages = 0; pages < limits.pages && performance.now() < until; pages += 1) {
      signal?.throwIfAborted();
      const page = await this.#page(peer, replica, signal);
      const reason = reasonToRestart(replica, page);
      if (reason) {
        restarts += 1;
        if (restarts > 1)
          throw new CatalogueRefusedError('restarts', 'it changes what it has said while it is read');
        replica = await this.#store.restart(peer, replica, reason);
        continue;
      }
      const { taken, skipped } = await this.#take(peer, replica, page);
      const last = page.entries.at(-1);
      const next: Replica = last
        ? { ...replica, cursor: taken.cursor, cursorDigest: digestOf(last.signed) }
        : replica;
      const isEnd = !page.more;
      const isOurs = await this.#store.apply(peer.id, replica, next, {
        taken: taken.entries,
        skipped,
        isEnd,
        most: limits.competitions,
      });
      // Another process is at it.
      if (!isOurs || isEnd) return;
      replica = next;
    }
  }

  #page(peer: KnownPeer, { cursor }: Replica, signal: AbortSignal | undefined): Promise<CataloguePage> {
    return this.#calls
      .client(peer.id)
      .call(cataloguePage, (hub) => hub.catalogue.page.query({ after: cursor, limit: ENTRIES_ON_A_PAGE }), {
        scope: 'list',
        maxBytes: MOST_PAGE_BYTES,
        ...(signal ? { signal } : {}),
      });
  }

  async #take(peer: KnownPeer, { cursor: before }: Replica, page: CataloguePage) {
    if (page.more && page.entries.length === 0)
      throw new CatalogueRefusedError('order_wrong', 'it says that there is more, and shows nothing');
    const hub = await this.#withKeys(peer, page);
    const contents = await Promise.all(page.entries.map((entry) => openEntry(entry, hub)));
    const entries: Taken[] = [];
    let skipped = 0;
    let cursor = before;
    for (const [place, content] of contents.entries()) {
      if (content.sequence <= cursor || content.sequence > page.head)
        throw new CatalogueRefusedError(
          'order_wrong',
          `entry ${content.sequence} comes after entry ${cursor}, and the last is ${page.head}`,
        );
      cursor = content.sequence;
      const descriptor = content.kind === 'withdraw' ? null : readDescriptor(content);
      if (content.kind !== 'withdraw' && !descriptor) skipped += 1;
      else
        entries.push({
          ...page.entries[place]!,
          competitionId: content.competition,
          sequence: cursor,
          descriptor,
        });
    }
    return { taken: { entries, cursor }, skipped };
  }

  /** A key that is not known may be a new one of the peer: its chain is read again. */
  async #withKeys(peer: KnownPeer, { entries }: CataloguePage): Promise<KnownPeer> {
    const known = new Set(peer.chain.map(({ id }) => id));
    if (entries.every(({ keyId }) => known.has(keyId))) return peer;
    try {
      const looked = await this.#directory.look(peer);
      return looked.state === 'active' ? looked : peer;
    } catch (error) {
      this.#log.warn({ err: error, peer: peer.name }, 'the keys of a peer could not be read');
      return peer;
    }
  }
}

function mayRead({ state, scopesGot }: KnownPeer): boolean {
  return state === 'active' && scopesGot.includes('list');
}

export type RestartReason = 'rewound' | 'differs' | 'rekeyed';

function reasonToRestart({ cursor, cursorDigest }: Replica, page: CataloguePage): RestartReason | null {
  if (page.head < cursor) return 'rewound';
  return cursor > 0 && page.cursorDigest !== cursorDigest ? 'differs' : null;
}
