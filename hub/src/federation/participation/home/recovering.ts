import type { Logger } from 'pino';
import type { Database } from '../../../db/database.ts';
import { DomainError } from '../../../http/domain-error.ts';
import type { LiveBus } from '../../../live/bus.ts';
import type { PeerIdentity } from '../../identity/service.ts';
import type { PeerCalls } from '../../peers/client.ts';
import type { KnownPeer, PeerDirectory } from '../../peers/directory.ts';
import { recordsReading } from '../wire/records.ts';
import type { DeliveryKeys } from './delivery-keys.ts';
import * as store from './delivery-store.ts';
import type { Following } from './following.ts';
import { topicsOf } from './topics.ts';

const MOST_ANSWER_BYTES = 8 * 1024 ** 2;
/** Of one person at one peer: whoever says that there are more is not believed. */
const MOST_PAGES = 1_000;

interface Parts {
  readonly database: Database;
  readonly directory: PeerDirectory;
  readonly calls: PeerCalls;
  readonly identity: Pick<PeerIdentity, 'assertionFor' | 'agreements'>;
  readonly keys: DeliveryKeys;
  readonly following: Following;
  readonly live: LiveBus;
  readonly log: Logger;
}

/**
 * At home: lists again what a person has entered at peers and this hub has no record of, since it was restored from a backup of before. The peer is asked for
 * what it has of that person, once in the life of a process, when the person looks. A restored hub starts anew, so nobody has to notice that it was.
 */
export class Recovering implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #stopping = new AbortController();
  /** `<user> <peer>`: asked, or being asked. */
  readonly #asked = new Map<string, Promise<unknown>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Of one peer, or of all; nothing that can be waited for: what is found is announced. */
  async begin(userId: number, peerId?: number): Promise<void> {
    for (const peer of await this.#parts.directory.list()) {
      const isOpen = peer.state === 'active' && peer.scopesGot.includes('submit') && !peer.retryAt;
      if (!isOpen || (peerId !== undefined && peer.id !== peerId)) continue;
      const name = `${userId} ${peer.id}`;
      if (this.#asked.has(name)) continue;
      const asking = this.recover(userId, peer).catch((error) => {
        // Nothing agreed to, or not now: the next look asks again.
        this.#asked.delete(name);
        if (!(error instanceof DomainError) && !this.#stopping.signal.aborted)
          this.#parts.log.error({ err: error, peer: peer.name }, 'submissions could not be recovered');
      });
      this.#asked.set(name, asking);
    }
  }

  /**
   * Can be repeated: what is known here stays as it is known.
   * @returns how many were listed again
   * @throws PeerCallError | ConsentMissingError
   */
  async recover(userId: number, peer: Pick<KnownPeer, 'id' | 'rootId'>): Promise<number> {
    const { database, calls, identity, keys, following, live, log } = this.#parts;
    let recovered = 0;
    for (let after = 0, page = 0; page < MOST_PAGES; page += 1) {
      const assertion = await identity.assertionFor({ id: userId }, peer.id, 'submit');
      const question = { assertion, after };
      const { records, more } = await calls
        .client(peer.id)
        .call(recordsReading(after), (hub) => hub.participation.records.query(question), {
          scope: 'submit',
          maxBytes: MOST_ANSWER_BYTES,
          signal: this.#stopping.signal,
        });
      const ours = records.filter(({ key }) => keys.isOurs(key, { userId, peerRootId: peer.rootId }));
      if (ours.length < records.length)
        log.warn({ peerId: peer.id, userId }, 'a peer named submissions that this hub did not make');
      const listed = await store.insertEntered(database.queries, { userId, peerId: peer.id }, ours);
      for (const delivery of listed) live.announce(topicsOf(delivery));
      recovered += listed.length;
      if (!more || records.length === 0) break;
      after = records.at(-1)!.submissionId;
    }
    if (recovered > 0) following.begin(peer.id);
    return recovered;
  }

  /** What is being asked has been answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#asked.values());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.settled();
  }
}
