import { z } from 'zod';
import { type Actor, requireUser } from '../../../accounts/access.ts';
import type { Database } from '../../../db/database.ts';
import { decodeIdCursor, mapPage, type Page, toPage } from '../../../db/page.ts';
import type { Jobs } from '../../../jobs/jobs.ts';
import type { LiveBus } from '../../../live/bus.ts';
import type { Resources } from '../../../resources/service.ts';
import type { SubmissionEdit } from '../../../submissions/editing.ts';
import { ForeignUploadError } from '../../../submissions/errors.ts';
import { checkAnswers } from '../../../submissions/fact-sheet.ts';
import type { RunLogs } from '../../../submissions/logs.ts';
import type { PeerIdentity } from '../../identity/service.ts';
import type { PeerCalls } from '../../peers/client.ts';
import type { PeerDirectory } from '../../peers/directory.ts';
import { PeerCallError } from '../../peers/errors.ts';
import { DeliveryError } from '../errors.ts';
import { logsReading } from '../wire/following.ts';
import type { Delivering } from './delivering.ts';
import type { DeliveryKeys } from './delivery-keys.ts';
import * as store from './delivery-store.ts';
import { readDetails } from './details.ts';
import type { Following } from './following.ts';
import type { Ask, OwnDeliveries } from './own-deliveries.ts';
import type { Readings } from './readings.ts';
import { type PeerReceipts, readReceipts } from './receipts.ts';
import type { Recovering } from './recovering.ts';
import type { Registrations } from './registrations.ts';
import { topicsOf } from './topics.ts';
import { isRemovable, type PeerSubmission, type PeerSubmissionDetail, toView } from './view.ts';

const MOST_WAITING = 50;
/** Who opens its page sees what is so now. */
const FRESH_MS = 2_000;

export interface PeerSubmissionRequest {
  readonly hub: string;
  readonly id: number;
  readonly phaseId: number;
  readonly resourceKey: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly taskIds?: readonly number[] | undefined;
  readonly factSheetAnswers?: Readonly<Record<string, unknown>> | null | undefined;
  /** On made-up data: at one site, or at each that offers it. */
  readonly rehearsal?: { readonly site: string | null } | null | undefined;
}

interface Parts {
  readonly database: Database;
  readonly resources: Pick<Resources, 'getUsable'>;
  readonly directory: PeerDirectory;
  readonly calls: PeerCalls;
  readonly own: OwnDeliveries;
  readonly identity: Pick<PeerIdentity, 'assertionFor'>;
  readonly jobs: Pick<Jobs, 'enqueue'>;
  readonly live: LiveBus;
  readonly readings: Readings;
  readonly registrations: Registrations;
  readonly delivering: Delivering;
  readonly following: Following;
  readonly recovering: Recovering;
  readonly keys: DeliveryKeys;
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
    const { database, directory, resources, identity, readings, registrations, keys, jobs, live } =
      this.#parts;
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
    const { rootId: peerRootId } = await directory.get(peerId);
    const { phaseId, name = '', description = '', taskIds, factSheetAnswers, rehearsal = null } = request;
    const delivery = await database.transaction(async (tx) => {
      const inserted = await store.insertDelivery(tx.queries, {
        key: keys.make({ userId: user.id, peerRootId }),
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
          rehearsal,
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
    const { directory, database, recovering } = this.#parts;
    const { hub, cursor, limit = 10, ...where } = filter;
    const peer = hub === undefined ? undefined : (await directory.list()).find(({ name }) => name === hub);
    if (hub !== undefined && !peer) return { items: [], nextCursor: null };
    await recovering.begin(userId, peer?.id);
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
    return toView(await this.#parts.own.find(actor, id));
  }

  /** As it is at the peer, when that answers at once. @throws PeerSubmissionMissingError */
  async get(actor: Actor, id: number): Promise<PeerSubmission> {
    const own = await this.#parts.own.find(actor, id);
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
    const { delivery } = await this.#parts.own.find(actor, id);
    if (delivery.state === 'entered')
      await this.#parts.own.change(delivery, (hub, keyed) => hub.participation.cancel.mutate(keyed));
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

  /**
   * Delivers once more what the peer has refused, or does not tell of any more: under the same key, so what it has after all is not entered twice.
   * @throws PeerSubmissionMissingError | DeliveryError
   */
  async again(actor: Actor, id: number): Promise<PeerSubmission> {
    const { database, delivering, live } = this.#parts;
    if ((await this.#parts.own.find(actor, id)).delivery.resourceId === null)
      throw new DeliveryError(
        'files_missing',
        'This hub was restored from a backup since and has no copy of its files: submit them anew.',
      );
    const queued = await store.queueAgain(database.queries, id);
    if (!queued)
      throw new DeliveryError(
        'not_refused',
        'Only what was refused, or is not known there any more, is delivered again.',
      );
    live.announce(topicsOf(queued));
    await delivering.enqueue(id);
    return this.peek(actor, id);
  }

  /** Of a run at the peer. @throws PeerSubmissionMissingError | PeerCallError | ConsentMissingError */
  async logs(actor: Actor, id: number, runId: number, cursor: string | null): Promise<RunLogs> {
    const { delivery } = await this.#parts.own.find(actor, id);
    return this.#parts.own.call(delivery, logsReading, (hub, { assertion }) =>
      hub.participation.logs.query({ assertion, runId, cursor }),
    );
  }

  /** @throws PeerSubmissionMissingError | PeerCallError | ConsentMissingError */
  async receipts(actor: Actor, id: number): Promise<PeerReceipts> {
    const { key, peerId, userId } = (await this.#parts.own.find(actor, id)).delivery;
    const assertion = await this.#parts.identity.assertionFor({ id: userId }, peerId, 'submit');
    return readReceipts(
      this.#parts,
      peerId,
      (hub) => hub.participation.receipts.query({ assertion, key }),
      'submit',
    );
  }

  /** What may be done with it, and its files: what the peer does not say now is left out. @throws PeerSubmissionMissingError */
  async details(actor: Actor, id: number): Promise<PeerSubmissionDetail> {
    const { delivery } = await this.#parts.own.find(actor, id);
    return readDetails(this.#parts, delivery);
  }

  /** Changes what it says of itself at the peer. @throws PeerSubmissionMissingError | DeliveryError | PeerCallError | ConsentMissingError */
  edit(actor: Actor, id: number, edit: SubmissionEdit): Promise<PeerSubmission> {
    return this.#change(actor, id, (hub, keyed) => hub.participation.edit.mutate({ ...keyed, edit }));
  }

  /** As the rule of the peer's board lets its owner. @throws what `edit` throws */
  setOnLeaderboard(actor: Actor, id: number, onLeaderboard: boolean): Promise<PeerSubmission> {
    return this.#change(actor, id, (hub, keyed) =>
      hub.participation.setOnLeaderboard.mutate({ ...keyed, onLeaderboard }),
    );
  }

  /**
   * Deletes it at the peer, where it has to be over and on no board, and then here.
   * @throws PeerSubmissionMissingError | DeliveryError | PeerCallError | ConsentMissingError
   */
  async remove(actor: Actor, id: number): Promise<void> {
    const { database, live } = this.#parts;
    const { delivery } = await this.#parts.own.find(actor, id);
    const { state } = delivery;
    if (!isRemovable(delivery))
      throw new DeliveryError('not_over', 'It is still under way: withdraw or cancel it first.');
    if (state === 'entered')
      await this.#parts.own.call(delivery, z.object({}), (hub, keyed) =>
        hub.participation.remove.mutate(keyed),
      );
    if (await store.removeDelivery(database.queries, id, [state])) live.announce(topicsOf(delivery));
  }

  /** Which peer it is for. @throws PeerSubmissionMissingError */
  async peerOf(actor: Actor, id: number): Promise<number> {
    return (await this.#parts.own.find(actor, id)).delivery.peerId;
  }

  /** What the person has entered in a phase of a peer, by its numbers there. */
  async ownAt(actor: Actor, peerId: number, phaseId: number): Promise<ReadonlySet<number>> {
    if (actor.kind !== 'user') return new Set();
    return store.findRemoteIds(this.#parts.database.queries, actor.user.id, peerId, phaseId);
  }

  async #change(actor: Actor, id: number, make: Ask): Promise<PeerSubmission> {
    const { delivery } = await this.#parts.own.find(actor, id);
    if (delivery.state !== 'entered')
      throw new DeliveryError('not_entered', 'Its hub does not have it yet: wait until it was sent.');
    await this.#parts.own.change(delivery, make);
    return this.peek(actor, id);
  }
}
