import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../../../db/database.ts';
import type { LiveBus } from '../../../live/bus.ts';
import type { PeerCalls } from '../../peers/client.ts';
import { PeerCallError } from '../../peers/errors.ts';
import { changesReading, LONGEST_WAIT_MS, MOST_FOLLOWED } from '../wire/following.ts';
import * as store from './delivery-store.ts';
import { topicsOf } from './topics.ts';

const MOST_ANSWER_BYTES = 8 * 1024 ** 2;
/** Of more submissions than one question has room for, each has its turn. */
const CROWDED_WAIT_MS = 1_000;
/** After a question that brought nothing, though it could have waited. */
const IDLE_MS = 1_000;
/** Between two calls of a peer that does not answer. */
const AWAY_MS = 5_000;
/** Several questions may follow one another at once; in the long run there is one in this time. */
const TURN_MS = 250;
const BURST_MS = 2_000;

interface Parts {
  readonly database: Database;
  readonly calls: PeerCalls;
  readonly live: LiveBus;
  readonly log: Logger;
}

/** What one question brought. */
interface Look {
  readonly hasNews: boolean;
  /** The peer has more to tell. */
  readonly more: boolean;
}

interface Follower {
  readonly done: Promise<void>;
  /** To ask again, of what has been entered since too. */
  wake(): void;
}

/**
 * At home: learns what becomes of submissions at peers, by one question for many of them, which waits at the peer while there is nothing to tell. What was
 * seen last is the cursor: any process may ask, and several may ask the same.
 */
export class Following implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #stopping = new AbortController();
  readonly #followers = new Map<number, Follower>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Follows what is under way at a peer, in this process, until nothing is; what has been entered since is asked about from now on. */
  begin(peerId: number): void {
    const follower = this.#followers.get(peerId);
    if (follower) follower.wake();
    else if (!this.#stopping.signal.aborted) this.#followers.set(peerId, this.#start(peerId));
  }

  /** Asks once, without waiting there. @returns whether to ask again */
  async follow(peerId: number): Promise<boolean> {
    return this.#turn(peerId, 0, this.#stopping.signal);
  }

  /** One of them, for somebody who looks at it now. @throws PeerCallError */
  async look(delivery: store.Delivery): Promise<void> {
    await this.#look(delivery.peerId, [delivery], { waitMs: 0, timeoutMs: 4_000 });
  }

  /** Each minute, and when a hub process starts. */
  async tend(): Promise<void> {
    for (const peerId of await store.findPeersFollowed(this.#parts.database.queries)) this.begin(peerId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#followers.values()].map(({ done }) => done));
  }

  #start(peerId: number): Follower {
    let turn = new AbortController();
    let isWanted = false;
    const goOn = async () => {
      const { signal } = this.#stopping;
      let due = 0;
      for (let isOpen = true; (isOpen || isWanted) && !signal.aborted; ) {
        isWanted = false;
        turn = new AbortController();
        isOpen = await this.#turn(peerId, LONGEST_WAIT_MS, AbortSignal.any([signal, turn.signal]));
        due = Math.max(due, performance.now() - BURST_MS) + TURN_MS;
        if (isOpen) await pause(due - performance.now(), signal);
      }
      // Nothing is awaited since it was found that nothing is wanted.
      this.#followers.delete(peerId);
    };
    const wake = () => {
      isWanted = true;
      turn.abort();
    };
    return { done: goOn(), wake };
  }

  /** @returns whether anything is under way there, or waits to get there */
  async #turn(peerId: number, waitMs: number, signal: AbortSignal): Promise<boolean> {
    const { database, log } = this.#parts;
    try {
      const followed = await store.findFollowed(database.queries, peerId, MOST_FOLLOWED);
      const isOpen = followed.some((one) => !one.isOver && !one.isLost);
      // Somebody has to find out that it is there again.
      if (followed.length === 0 && !(await store.isWaitedFor(database.queries, peerId))) return false;
      const isCrowded = followed.length === MOST_FOLLOWED;
      const longest = isOpen ? Math.min(waitMs, isCrowded ? CROWDED_WAIT_MS : LONGEST_WAIT_MS) : 0;
      const askedAt = performance.now();
      const options = { waitMs: longest, timeoutMs: longest + 15_000, signal };
      const { hasNews, more } = await this.#look(peerId, followed, options);
      // However it answers, it is not asked without end.
      const isIdle = !hasNews && performance.now() - askedAt < longest / 2;
      if (isIdle) await pause(IDLE_MS, signal);
      return isOpen || more;
    } catch (error) {
      if (signal.aborted) return true;
      if (error instanceof PeerCallError)
        log.info({ err: error }, 'what became of submissions to a peer could not be learnt');
      else log.error({ err: error }, 'submissions to a peer could not be followed');
      if (waitMs > 0) await pause(AWAY_MS, signal);
      return !(error instanceof PeerCallError) || isPassing(error);
    }
  }

  async #look(
    peerId: number,
    followed: readonly store.Delivery[],
    { waitMs, ...options }: { waitMs: number; timeoutMs: number; signal?: AbortSignal },
  ): Promise<Look> {
    const { database, calls, live } = this.#parts;
    const { queries } = database;
    const askedAt = new Date();
    const seen = followed.map(({ key, remoteDigest }) => ({ key, digest: remoteDigest }));
    const answer = await calls
      .client(peerId)
      .call(changesReading, (hub) => hub.participation.changes.query({ seen, waitMs }), {
        scope: 'submit',
        maxBytes: MOST_ANSWER_BYTES,
        ...options,
      });
    const unchanged = new Map(followed.map((delivery) => [delivery.key, delivery]));
    let hasNews = false;
    for (const { key, digest, submission: view } of answer.changed) {
      const delivery = unchanged.get(key);
      // What was not asked about, or is another submission than it was: nothing is believed of it.
      if (!delivery || (delivery.remoteId !== null && delivery.remoteId !== view.id)) continue;
      unchanged.delete(key);
      const noted = await store.noteSeen(queries, delivery.id, { view, digest, askedAt });
      if (!noted) continue;
      hasNews = true;
      live.announce(topicsOf(noted));
    }
    for (const key of answer.lost) {
      const delivery = unchanged.get(key);
      if (!delivery || delivery.isLost) continue;
      unchanged.delete(key);
      const lost = await store.noteLost(queries, delivery.id, askedAt);
      if (!lost) continue;
      hasNews = true;
      live.announce(topicsOf(lost));
    }
    if (!answer.more)
      await store.noteUnchanged(
        queries,
        [...unchanged.values()].map(({ id }) => id),
        askedAt,
      );
    return { hasNews, more: answer.more };
  }
}

/** Refused for good, or not called for now: the next minute asks again. */
function isPassing({ code }: PeerCallError): boolean {
  return code !== 'peer_not_active' && code !== 'peer_scope_missing';
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}
