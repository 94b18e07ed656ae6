import type { Logger } from 'pino';
import type { Database } from '../../../db/database.ts';
import type { Jobs } from '../../../jobs/jobs.ts';
import type { KeyRing } from '../../../keys/ring.ts';
import type { LiveBus } from '../../../live/bus.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import type { PeerIdentity } from '../../identity/service.ts';
import type { PeerCalls } from '../../peers/client.ts';
import type { PeerDirectory } from '../../peers/directory.ts';
import { granted } from '../wire/entry.ts';
import { changedReading, enteredReading } from '../wire/following.ts';
import type { PeerSubmissionView } from '../wire/submission.ts';
import * as store from './delivery-store.ts';
import type { Following } from './following.ts';
import { sendBytes } from './sending.ts';
import { topicsOf } from './topics.ts';
import { verdictOn } from './verdict.ts';

const MOST_ANSWER_BYTES = 4 * 1024 ** 2;
const LONGEST_PAUSE_S = 300;

interface Parts {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly keys: Pick<KeyRing, 'signing' | 'rootId'>;
  readonly directory: PeerDirectory;
  readonly calls: PeerCalls;
  readonly identity: Pick<PeerIdentity, 'assertionFor'>;
  readonly following: Following;
  readonly jobs: Pick<Jobs, 'enqueue'>;
  readonly live: LiveBus;
  readonly log: Logger;
}

/**
 * At home: brings what people have submitted to its hub. What it does is known to the database before it is done, and each step can be repeated: whichever
 * process is killed, the next one goes on, and the peer enters a key once.
 */
export class Delivering {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The job's handler. Another process may be at it: then nothing happens. */
  async deliver(id: number, signal: AbortSignal): Promise<void> {
    const { database, log } = this.#parts;
    const taken = await store.takeDelivery(database.queries, id);
    if (!taken) return;
    try {
      if (taken.state === 'withdrawing') await this.#withdraw(taken, signal);
      else await this.#bring(taken, signal);
    } catch (error) {
      const verdict = signal.aborted
        ? { isFinal: false, problem: 'hub_stopping', detail: 'This hub is being restarted.' }
        : verdictOn(error);
      log.info({ err: error, id, problem: verdict.problem }, 'a submission did not get through to its hub');
      await this.#stop(taken, verdict);
    }
  }

  /** Each minute: what waits and whose turn it is, also when a killed process has left it behind. */
  async tend(): Promise<void> {
    const { database } = this.#parts;
    for (const id of await store.findDue(database.queries)) await this.enqueue(id);
  }

  /** The peer answers again: all that waits for it goes at once. */
  async resume(peerId: number): Promise<void> {
    for (const id of await store.endPauses(this.#parts.database.queries, peerId)) await this.enqueue(id);
  }

  async enqueue(id: number, runAt?: Date): Promise<void> {
    const { database, jobs } = this.#parts;
    await database.transaction((tx) =>
      jobs.enqueue(tx, 'deliver-submission', { id }, `deliver:${id}`, runAt ? { runAt } : {}),
    );
  }

  async #bring(delivery: store.Delivery, signal: AbortSignal): Promise<void> {
    const { database } = this.#parts;
    const { id, key, peerId, request } = delivery;
    const grant = await this.#ask(delivery, granted, signal, (hub, assertion) =>
      hub.participation.grant.mutate({ assertion, key, request }),
    );
    if (grant.state === 'wanted') {
      const { digest, size } = request;
      const { grant: grantId, offset } = grant;
      const peer = await this.#parts.directory.get(peerId);
      const note = async (sent: number) => {
        const noted = await store.noteSent(database.queries, id, sent);
        if (noted) this.#announce(noted);
        return noted !== null;
      };
      if (!(await sendBytes(this.#parts, peer, { grant: grantId, offset, digest, size }, note, signal)))
        return this.#takenBack(delivery, signal);
    }
    if (!(await store.noteSubmitSent(database.queries, id))) return this.#takenBack(delivery, signal);
    const askedAt = new Date();
    const { submission } = await this.#ask(delivery, enteredReading, signal, (hub, assertion) =>
      hub.participation.submit.mutate({ assertion, key }),
    );
    if (!(await this.#entered(delivery, submission, askedAt))) await this.#takenBack(delivery, signal);
  }

  /** Somebody wants it back who could do no more than say so while it was held here. */
  async #takenBack({ id }: store.Delivery, signal: AbortSignal): Promise<void> {
    const delivery = await store.findDelivery(this.#parts.database.queries, id);
    if (delivery?.state === 'withdrawing') await this.#withdraw(delivery, signal);
  }

  /** Whether the peer had entered it, it says now. */
  async #withdraw(delivery: store.Delivery, signal: AbortSignal): Promise<void> {
    const askedAt = new Date();
    const { key } = delivery;
    const { submission } = await this.#ask(delivery, changedReading, signal, (hub, assertion) =>
      hub.participation.cancel.mutate({ assertion, key }),
    );
    if (submission) {
      await this.#entered(delivery, submission, askedAt, ['queued', 'withdrawing', 'entered']);
      return;
    }
    const { queries } = this.#parts.database;
    const withdrawn = await store.change(queries, delivery.id, ['withdrawing'], {
      state: 'withdrawn',
      heldUntil: null,
      problem: null,
      problemDetail: null,
    });
    if (withdrawn) this.#announce(withdrawn);
  }

  async #ask<Answer extends Parameters<ReturnType<PeerCalls['client']>['call']>[0]>(
    { peerId, userId }: store.Delivery,
    answer: Answer,
    signal: AbortSignal,
    make: (
      hub: Parameters<Parameters<ReturnType<PeerCalls['client']>['call']>[1]>[0],
      assertion: string,
    ) => Promise<unknown>,
  ) {
    const { identity, calls } = this.#parts;
    const assertion = await identity.assertionFor({ id: userId }, peerId, 'submit');
    return calls.client(peerId).call(answer, (hub) => make(hub, assertion), {
      scope: 'submit',
      maxBytes: MOST_ANSWER_BYTES,
      timeoutMs: 30_000,
      signal,
    });
  }

  async #entered(
    { id, peerId }: store.Delivery,
    view: PeerSubmissionView,
    askedAt: Date,
    from?: readonly store.DeliveryState[],
  ): Promise<boolean> {
    const { database, following } = this.#parts;
    const seen = await store.noteSeen(database.queries, id, { view, digest: null, askedAt }, from);
    if (seen) this.#announce(seen);
    following.begin(peerId);
    return seen !== null;
  }

  async #stop(
    { id, peerId, tries, state }: store.Delivery,
    { isFinal, problem, detail }: ReturnType<typeof verdictOn>,
  ): Promise<void> {
    const { database, following } = this.#parts;
    const pauseMs = Math.min(LONGEST_PAUSE_S, 2 ** Math.min(tries, 10)) * 1_000;
    const nextTryAt = new Date(Date.now() + pauseMs);
    // What somebody wants back is asked for until the peer has said what became of it.
    const refused = isFinal && state === 'queued';
    const stopped = await store.change(database.queries, id, ['queued', 'withdrawing'], {
      ...(refused ? { state: 'refused' } : {}),
      heldUntil: null,
      nextTryAt,
      problem,
      problemDetail: detail,
    });
    if (!stopped) return;
    this.#announce(stopped);
    if (stopped.state === 'refused') return;
    await this.enqueue(id, nextTryAt);
    following.begin(peerId);
  }

  #announce(delivery: store.Delivery): void {
    this.#parts.live.announce(topicsOf(delivery));
  }
}
