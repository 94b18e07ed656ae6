import type { Logger } from 'pino';
import type { Database } from '../../../db/database.ts';
import type { Jobs } from '../../../jobs/jobs.ts';
import type { LiveBus } from '../../../live/bus.ts';
import type { PeerCalls } from '../../peers/client.ts';
import { PeerCallError } from '../../peers/errors.ts';
import { MOST_FOLLOWED } from '../wire/entry.ts';
import { changesReading } from '../wire/following.ts';
import * as store from './delivery-store.ts';
import { topicsOf } from './topics.ts';

const MOST_ANSWER_BYTES = 8 * 1024 ** 2;
/** Between two questions: at once after something has changed, then the longer nothing does the longer. */
const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

interface Parts {
  readonly database: Database;
  readonly calls: PeerCalls;
  readonly jobs: Pick<Jobs, 'enqueue'>;
  readonly live: LiveBus;
  readonly log: Logger;
}

/** At home: learns what becomes of submissions at a peer, by one question for many of them. What was seen last is the cursor. */
export class Following {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The job's handler: asks once, and says when to ask again while something is under way. */
  async follow(peerId: number): Promise<void> {
    const { database, jobs, log } = this.#parts;
    const followed = await store.findFollowed(database.queries, peerId, MOST_FOLLOWED);
    if (followed.length === 0) return;
    let pauseMs = LONGEST_PAUSE_MS;
    try {
      const more = await this.#look(peerId, followed);
      const now = await store.findFollowed(database.queries, peerId, MOST_FOLLOWED);
      const open = now.filter(({ isOver, isLost }) => !isOver && !isLost);
      if (open.length === 0 && !more) return;
      pauseMs = more ? 0 : pauseFor(open);
    } catch (error) {
      if (!(error instanceof PeerCallError)) throw error;
      log.info({ err: error }, 'what became of submissions to a peer could not be learnt');
      pauseMs = 10_000;
    }
    const runAt = new Date(Date.now() + pauseMs);
    await database.transaction((tx) =>
      jobs.enqueue(tx, 'follow-peer', { peerId }, `follow:${peerId}`, { runAt }),
    );
  }

  /** One of them, for somebody who looks at it now. @throws PeerCallError */
  async look(delivery: store.Delivery): Promise<void> {
    await this.#look(delivery.peerId, [delivery], 4_000);
  }

  /** Each minute. */
  async tend(): Promise<void> {
    const { database, jobs } = this.#parts;
    for (const peerId of await store.findPeersFollowed(database.queries))
      await database.transaction((tx) => jobs.enqueue(tx, 'follow-peer', { peerId }, `follow:${peerId}`));
  }

  /** @returns whether the peer has more to tell */
  async #look(peerId: number, followed: readonly store.Delivery[], timeoutMs = 20_000): Promise<boolean> {
    const { database, calls, live } = this.#parts;
    const { queries } = database;
    const askedAt = new Date();
    const seen = followed.map(({ key, remoteDigest }) => ({ key, digest: remoteDigest }));
    const answer = await calls
      .client(peerId)
      .call(changesReading, (hub) => hub.participation.changes.query({ seen }), {
        scope: 'submit',
        maxBytes: MOST_ANSWER_BYTES,
        timeoutMs,
      });
    const byKey = new Map(followed.map((delivery) => [delivery.key, delivery]));
    for (const { key, digest, submission: view } of answer.changed) {
      const delivery = byKey.get(key);
      // What was not asked about, or is another submission than it was: nothing is believed of it.
      if (!delivery || (delivery.remoteId !== null && delivery.remoteId !== view.id)) continue;
      byKey.delete(key);
      const noted = await store.noteSeen(queries, delivery.id, { view, digest, askedAt });
      if (noted) live.announce(topicsOf(noted));
    }
    for (const key of answer.lost) {
      const delivery = byKey.get(key);
      byKey.delete(key);
      if (!delivery || delivery.isLost) continue;
      const lost = await store.noteLost(queries, delivery.id, askedAt);
      if (lost) live.announce(topicsOf(lost));
    }
    if (!answer.more)
      await store.noteUnchanged(
        queries,
        [...byKey.values()].map(({ id }) => id),
        askedAt,
      );
    return answer.more;
  }
}

/** A submission that waits for days is not asked about each second. */
function pauseFor(open: readonly store.Delivery[]): number {
  const youngest = Math.max(...open.map(({ createdAt }) => createdAt.getTime()));
  const age = Date.now() - youngest;
  return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, age / 100));
}
