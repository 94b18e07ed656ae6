import { type Actor, requireUser } from '../../../accounts/access.ts';
import type { Database } from '../../../db/database.ts';
import { decodeIdCursor, mapPage, type Page, toPage } from '../../../db/page.ts';
import type { Jobs } from '../../../jobs/jobs.ts';
import type { LiveBus } from '../../../live/bus.ts';
import type { Resources } from '../../../resources/service.ts';
import { ForeignUploadError } from '../../../submissions/errors.ts';
import { checkAnswers } from '../../../submissions/fact-sheet.ts';
import type { RunLogs } from '../../../submissions/logs.ts';
import type { PeerIdentity } from '../../identity/service.ts';
import type { PeerCalls } from '../../peers/client.ts';
import type { PeerDirectory } from '../../peers/directory.ts';
import { PeerCallError } from '../../peers/errors.ts';
import { DeliveryError, PeerSubmissionMissingError } from '../errors.ts';
import { cancelledReading, logsReading, receiptsReading } from '../wire/following.ts';
import type { PeerSubmissionView } from '../wire/submission.ts';
import type { Delivering } from './delivering.ts';
import * as store from './delivery-store.ts';
import type { Following } from './following.ts';
import type { Readings } from './readings.ts';
import type { Registrations } from './registrations.ts';
import { topicsOf } from './topics.ts';

const MOST_WAITING = 50;
const MOST_LOG_BYTES = 16 * 1024 ** 2;
/** Who opens its page sees what is so now. */
const FRESH_MS = 2_000;

/** A submission to a competition of a peer, as its owner sees it at home. */
export interface PeerSubmission {
  readonly id: number;
  readonly hub: string;
  readonly competitionId: number;
  readonly phaseId: number;
  readonly fileName: string;
  readonly name: string;
  readonly description: string;
  readonly state: store.DeliveryState;
  /** Why it waits, or was refused: the peer's words. */
  readonly problem: { readonly code: string; readonly detail: string } | null;
  readonly nextTryAt: Date | null;
  readonly sentBytes: number;
  readonly size: number;
  readonly createdAt: Date;
  readonly version: number;
  /** What the peer last said of it, and when. */
  readonly submission: PeerSubmissionView | null;
  readonly asOf: Date | null;
  /** The peer does not tell of it any more. */
  readonly isLost: boolean;
}

export interface PeerSubmissionRequest {
  readonly hub: string;
  readonly id: number;
  readonly phaseId: number;
  readonly resourceKey: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly taskIds?: readonly number[] | undefined;
  readonly factSheetAnswers?: Readonly<Record<string, unknown>> | null | undefined;
}

interface Parts {
  readonly database: Database;
  readonly resources: Pick<Resources, 'getUsable'>;
  readonly directory: PeerDirectory;
  readonly calls: PeerCalls;
  readonly identity: Pick<PeerIdentity, 'assertionFor'>;
  readonly jobs: Pick<Jobs, 'enqueue'>;
  readonly live: LiveBus;
  readonly readings: Readings;
  readonly registrations: Registrations;
  readonly delivering: Delivering;
  readonly following: Following;
}

/** At home: what a person does with submissions to competitions of peers. */
export class PeerSubmissions {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Takes it in, to be delivered as soon as the peer answers: from then on nothing is lost. Whether the peer takes it is the peer's to say.
   * @throws DeliveryError | ConsentMissingError | FactSheetError and what readings and resources throw
   */
  async create(actor: Actor, request: PeerSubmissionRequest): Promise<PeerSubmission> {
    const { database, resources, identity, readings, registrations, jobs, live } = this.#parts;
    const user = requireUser(actor);
    const listed = await readings.listed(request.hub, request.id);
    const { peerId } = listed;
    const { content: competition } = await readings.competition(listed);
    const phase = competition.phases.find(({ id }) => id === request.phaseId);
    const registration = await registrations.find(actor, listed);
    if (!phase || !registration?.status)
      throw new DeliveryError('not_registered', 'Join the competition first: only participants submit.');
    // Nothing waits here that its owner has not agreed to be told of.
    await identity.assertionFor(user, peerId, 'submit');
    const resource = await resources.getUsable(actor, request.resourceKey, ['submission']);
    if (resource.createdBy !== user.id) throw new ForeignUploadError();
    if ((await store.countWaiting(database.queries, user.id)) >= MOST_WAITING)
      throw new DeliveryError(
        'too_many_waiting',
        `You have ${MOST_WAITING} submissions that wait for other hubs. Withdraw some, or wait.`,
      );
    const { fileName, digest, size } = resource;
    const { phaseId, name = '', description = '', taskIds, factSheetAnswers } = request;
    const delivery = await database.transaction(async (tx) => {
      const inserted = await store.insertDelivery(tx.queries, {
        userId: user.id,
        peerId,
        competitionId: listed.id,
        phaseId,
        resourceId: resource.id,
        request: {
          competitionId: listed.id,
          phaseId,
          fileName,
          digest,
          size,
          name,
          description,
          taskIds: taskIds && taskIds.length > 0 ? [...taskIds] : null,
          factSheetAnswers: checkAnswers(competition.factSheet, factSheetAnswers),
        },
      });
      await jobs.enqueue(tx, 'deliver-submission', { id: inserted.id }, `deliver:${inserted.id}`);
      tx.afterCommit(() => live.announce(topicsOf(inserted)));
      return inserted;
    });
    return toView({ delivery, hub: request.hub });
  }

  async mine(
    actor: Actor,
    filter: {
      hub?: string | undefined;
      competitionId?: number | undefined;
      phaseId?: number | undefined;
      cursor?: string | undefined;
      limit?: number | undefined;
    },
  ): Promise<Page<PeerSubmission>> {
    const { id: userId } = requireUser(actor);
    const { directory, database } = this.#parts;
    const { hub, cursor, limit = 10, ...where } = filter;
    const peer = hub === undefined ? undefined : (await directory.list()).find(({ name }) => name === hub);
    if (hub !== undefined && !peer) return { items: [], nextCursor: null };
    const rows = await store.listDeliveries(database.queries, {
      ...where,
      userId,
      peerId: peer?.id,
      before: decodeIdCursor(cursor) ?? undefined,
      limit: limit + 1,
    });
    return mapPage(
      toPage(rows, limit, ({ delivery }) => delivery.id),
      toView,
    );
  }

  /** As it is known here. @throws PeerSubmissionMissingError */
  async peek(actor: Actor, id: number): Promise<PeerSubmission> {
    return toView(await this.#own(actor, id));
  }

  /** As it is at the peer, when that answers at once. @throws PeerSubmissionMissingError */
  async get(actor: Actor, id: number): Promise<PeerSubmission> {
    const own = await this.#own(actor, id);
    const { state, lookedAt } = own.delivery;
    if (state !== 'entered' || Date.now() - (lookedAt?.getTime() ?? 0) < FRESH_MS) return toView(own);
    try {
      await this.#parts.following.look(own.delivery);
    } catch (error) {
      if (!(error instanceof PeerCallError)) throw error;
      return { ...toView(own), problem: { code: error.refusal ?? error.code, detail: error.detail } };
    }
    return this.peek(actor, id);
  }

  /**
   * Takes it back while it waits; what is at the peer is cancelled there.
   * @throws PeerSubmissionMissingError | DeliveryError; when it is at the peer: PeerCallError | ConsentMissingError
   */
  async withdraw(actor: Actor, id: number): Promise<PeerSubmission> {
    const { database, delivering, live } = this.#parts;
    const { delivery } = await this.#own(actor, id);
    if (delivery.state === 'entered') await this.#cancel(delivery);
    else {
      const { queries } = database;
      const withdrawn =
        (await store.withdrawUnsent(queries, id)) ??
        (await store.change(queries, id, ['queued'], { state: 'withdrawing', nextTryAt: new Date() }));
      if (!withdrawn)
        throw new DeliveryError('not_waiting', 'It does not wait any more: see what became of it.');
      live.announce(topicsOf(withdrawn));
      if (withdrawn.state === 'withdrawing') await delivering.enqueue(id);
    }
    return this.peek(actor, id);
  }

  /** Delivers once more what the peer has refused. @throws PeerSubmissionMissingError | DeliveryError */
  async again(actor: Actor, id: number): Promise<PeerSubmission> {
    const { database, delivering, live } = this.#parts;
    await this.#own(actor, id);
    const anew = { state: 'queued', tries: 0, nextTryAt: new Date(), problem: null, problemDetail: null };
    const queued = await store.change(database.queries, id, ['refused'], anew);
    if (!queued) throw new DeliveryError('not_refused', 'Only what was refused is delivered again.');
    live.announce(topicsOf(queued));
    await delivering.enqueue(id);
    return this.peek(actor, id);
  }

  /** Of a run at the peer. @throws PeerSubmissionMissingError | PeerCallError | ConsentMissingError */
  async logs(actor: Actor, id: number, runId: number, cursor: string | null): Promise<RunLogs> {
    const { identity, calls } = this.#parts;
    const { peerId, userId } = (await this.#own(actor, id)).delivery;
    const assertion = await identity.assertionFor({ id: userId }, peerId, 'submit');
    return calls
      .client(peerId)
      .call(logsReading, (hub) => hub.participation.logs.query({ assertion, runId, cursor }), {
        scope: 'submit',
        maxBytes: MOST_LOG_BYTES,
      });
  }

  /** With the keys of the peer as this hub knows them. @throws PeerSubmissionMissingError | PeerCallError | ConsentMissingError */
  async receipts(actor: Actor, id: number) {
    const { identity, calls, directory } = this.#parts;
    const { peerId, userId, key } = (await this.#own(actor, id)).delivery;
    const assertion = await identity.assertionFor({ id: userId }, peerId, 'submit');
    const { receipts } = await calls
      .client(peerId)
      .call(receiptsReading, (hub) => hub.participation.receipts.query({ assertion, key }), {
        scope: 'submit',
        maxBytes: MOST_LOG_BYTES,
      });
    const { chain, name } = await directory.get(peerId);
    const keys = chain.toReversed().map(({ id, publicKey, from }) => ({
      id,
      role: 'hub' as const,
      owner: name,
      algorithm: 'ed25519' as const,
      publicKey,
      since: from,
    }));
    return { receipts, keys };
  }

  /** What the person has entered in a phase of a peer, by its numbers there. */
  async ownAt(actor: Actor, peerId: number, phaseId: number): Promise<ReadonlySet<number>> {
    if (actor.kind !== 'user') return new Set();
    return store.findRemoteIds(this.#parts.database.queries, actor.user.id, peerId, phaseId);
  }

  async #cancel({ id, key, peerId, userId }: store.Delivery): Promise<void> {
    const { identity, calls, database, live } = this.#parts;
    const askedAt = new Date();
    const assertion = await identity.assertionFor({ id: userId }, peerId, 'submit');
    const { submission: view } = await calls
      .client(peerId)
      .call(cancelledReading, (hub) => hub.participation.cancel.mutate({ assertion, key }), {
        scope: 'submit',
        maxBytes: MOST_LOG_BYTES,
      });
    const noted = view && (await store.noteSeen(database.queries, id, { view, digest: null, askedAt }));
    if (noted) live.announce(topicsOf(noted));
  }

  async #own(actor: Actor, id: number): Promise<{ delivery: store.Delivery; hub: string }> {
    const { id: userId } = requireUser(actor);
    const [own] = await store.listDeliveries(this.#parts.database.queries, { userId, id, limit: 1 });
    if (!own) throw new PeerSubmissionMissingError();
    return own;
  }
}

function toView({ delivery, hub }: { delivery: store.Delivery; hub: string }): PeerSubmission {
  const { id, competitionId, phaseId, request, state, problem, problemDetail, version } = delivery;
  const { fileName, name, description, size } = request;
  const waits = state === 'queued' || state === 'withdrawing';
  return {
    id,
    hub,
    competitionId,
    phaseId,
    fileName,
    name,
    description,
    state,
    problem: problem === null ? null : { code: problem, detail: problemDetail ?? '' },
    nextTryAt: waits && delivery.heldUntil === null ? delivery.nextTryAt : null,
    sentBytes: delivery.sentBytes,
    size,
    createdAt: delivery.createdAt,
    version,
    submission: delivery.remote,
    asOf: delivery.lookedAt,
    isLost: delivery.isLost,
  };
}
