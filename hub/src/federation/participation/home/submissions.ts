import { z } from 'zod';
import { type Actor, requireUser } from '../../../accounts/access.ts';
import type { Database } from '../../../db/database.ts';
import { decodeIdCursor, mapPage, type Page, toPage } from '../../../db/page.ts';
import { DomainError } from '../../../http/domain-error.ts';
import type { Jobs } from '../../../jobs/jobs.ts';
import type { LiveBus } from '../../../live/bus.ts';
import type { Resources } from '../../../resources/service.ts';
import type { SubmissionEdit } from '../../../submissions/editing.ts';
import { ForeignUploadError } from '../../../submissions/errors.ts';
import { checkAnswers } from '../../../submissions/fact-sheet.ts';
import type { FileKind } from '../../../submissions/files.ts';
import type { RunLogs } from '../../../submissions/logs.ts';
import type { PeerIdentity } from '../../identity/service.ts';
import type { PeerCalls } from '../../peers/client.ts';
import type { PeerDirectory } from '../../peers/directory.ts';
import { PeerCallError } from '../../peers/errors.ts';
import { DeliveryError, PeerSubmissionMissingError } from '../errors.ts';
import type { EntryRequest } from '../wire/entry.ts';
import { changedReading, logsReading } from '../wire/following.ts';
import {
  type PeerSubmissionDetails,
  type PeerSubmissionView,
  submissionDetails,
} from '../wire/submission.ts';
import type { Delivering } from './delivering.ts';
import * as store from './delivery-store.ts';
import type { Following } from './following.ts';
import type { Readings } from './readings.ts';
import { type PeerReceipts, readReceipts } from './receipts.ts';
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
  readonly isRehearsal: boolean;
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

/** What its owner may do with it at the peer, its files through this hub, and what they answered. */
export interface PeerSubmissionDetail extends Omit<PeerSubmissionDetails, 'files'> {
  /** From here, and where the peer has it, from there. */
  readonly canRemove: boolean;
  readonly files: {
    readonly kind: FileKind;
    readonly name: string;
    /** The task, of a part. */
    readonly of: string | null;
    readonly url: string;
  }[];
  readonly factSheet: { readonly key: string; readonly title: string; readonly answer: unknown }[];
}

const NOTHING: PeerSubmissionDetails = {
  files: [],
  canEdit: false,
  canPublish: false,
  canPutOnLeaderboard: false,
  canRemoveFromLeaderboard: false,
};

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
    const { phaseId, name = '', description = '', taskIds, factSheetAnswers, rehearsal = null } = request;
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
    if (delivery.state === 'entered')
      await this.#ask(delivery, (hub, keyed) => hub.participation.cancel.mutate(keyed));
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
    await this.#own(actor, id);
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

  /** @throws PeerSubmissionMissingError | PeerCallError | ConsentMissingError */
  async receipts(actor: Actor, id: number): Promise<PeerReceipts> {
    const { key, peerId, userId } = (await this.#own(actor, id)).delivery;
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
    const { delivery } = await this.#own(actor, id);
    const { request, remote, state, isLost } = delivery;
    const details = state === 'entered' && !isLost ? await this.#askDetails(delivery) : null;
    const { files = [], ...permissions } = details ?? NOTHING;
    const taskOf = new Map(remote?.children.map((part) => [part.id, part.taskName]));
    return {
      ...permissions,
      canRemove: isRemovable(delivery),
      files: files.map(({ submissionId, kind, name }) => ({
        kind,
        name,
        of: taskOf.get(submissionId) ?? null,
        url:
          kind === 'detailed_result'
            ? `/reports/peer-submissions/${id}/${submissionId}`
            : `/files/peer-submissions/${id}/${submissionId}/${kind}`,
      })),
      factSheet: await this.#factSheet(delivery.peerId, request),
    };
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
    const { calls, identity, database, live } = this.#parts;
    const { delivery } = await this.#own(actor, id);
    const { peerId, userId, key, state } = delivery;
    if (!isRemovable(delivery))
      throw new DeliveryError('not_over', 'It is still under way: withdraw or cancel it first.');
    if (state === 'entered') {
      const assertion = await identity.assertionFor({ id: userId }, peerId, 'submit');
      await calls
        .client(peerId)
        .call(z.object({}), (hub) => hub.participation.remove.mutate({ assertion, key }), {
          scope: 'submit',
        });
    }
    if (await store.removeDelivery(database.queries, id, [state])) live.announce(topicsOf(delivery));
  }

  /** Which peer it is for. @throws PeerSubmissionMissingError */
  async peerOf(actor: Actor, id: number): Promise<number> {
    return (await this.#own(actor, id)).delivery.peerId;
  }

  /** What the person has entered in a phase of a peer, by its numbers there. */
  async ownAt(actor: Actor, peerId: number, phaseId: number): Promise<ReadonlySet<number>> {
    if (actor.kind !== 'user') return new Set();
    return store.findRemoteIds(this.#parts.database.queries, actor.user.id, peerId, phaseId);
  }

  async #askDetails({ key, peerId, userId }: store.Delivery): Promise<PeerSubmissionDetails | null> {
    const { identity, calls } = this.#parts;
    try {
      const assertion = await identity.assertionFor({ id: userId }, peerId, 'submit');
      return await calls
        .client(peerId)
        .call(submissionDetails, (hub) => hub.participation.details.query({ assertion, key }), {
          scope: 'submit',
          maxBytes: MOST_LOG_BYTES,
          timeoutMs: 5_000,
        });
    } catch (error) {
      if (error instanceof DomainError) return null;
      throw error;
    }
  }

  /** What was answered, with the questions as the peer showed them last. */
  async #factSheet(
    peerId: number,
    { competitionId, factSheetAnswers }: EntryRequest,
  ): Promise<PeerSubmissionDetail['factSheet']> {
    if (!factSheetAnswers) return [];
    const asked = await this.#parts.readings.competition({ peerId, id: competitionId }).catch(() => null);
    const titles = new Map(asked?.content.factSheet?.map(({ key, title }) => [key, title]));
    return Object.entries(factSheetAnswers).map(([key, answer]) => ({
      key,
      title: titles.get(key) ?? key,
      answer,
    }));
  }

  async #change(
    actor: Actor,
    id: number,
    make: (
      hub: Parameters<Parameters<ReturnType<PeerCalls['client']>['call']>[1]>[0],
      keyed: { assertion: string; key: string },
    ) => Promise<unknown>,
  ): Promise<PeerSubmission> {
    const { delivery } = await this.#own(actor, id);
    if (delivery.state !== 'entered')
      throw new DeliveryError('not_entered', 'Its hub does not have it yet: wait until it was sent.');
    await this.#ask(delivery, make);
    return this.peek(actor, id);
  }

  /** One change of it at the peer; what the peer then says of it is what is known here. */
  async #ask(
    { id, key, peerId, userId }: store.Delivery,
    make: (
      hub: Parameters<Parameters<ReturnType<PeerCalls['client']>['call']>[1]>[0],
      keyed: { assertion: string; key: string },
    ) => Promise<unknown>,
  ): Promise<void> {
    const { identity, calls, database, live } = this.#parts;
    const askedAt = new Date();
    const assertion = await identity.assertionFor({ id: userId }, peerId, 'submit');
    const { submission: view } = await calls
      .client(peerId)
      .call(changedReading, (hub) => make(hub, { assertion, key }), {
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
  const { id, competitionId, phaseId, request, remote, state, problem, problemDetail, version } = delivery;
  const { fileName, size } = request;
  // As it is called there since.
  const { name, description } = remote ?? request;
  const waits = state === 'queued' || state === 'withdrawing';
  return {
    id,
    hub,
    competitionId,
    phaseId,
    fileName,
    name,
    description,
    isRehearsal: Boolean(request.rehearsal),
    state,
    problem: problem === null ? null : { code: problem, detail: problemDetail ?? '' },
    nextTryAt: waits && delivery.heldUntil === null ? delivery.nextTryAt : null,
    sentBytes: delivery.sentBytes,
    size,
    createdAt: delivery.createdAt,
    version,
    submission: remote,
    asOf: delivery.lookedAt,
    isLost: delivery.isLost,
  };
}

function isRemovable({ state, isOver, isLost }: store.Delivery): boolean {
  return state === 'refused' || state === 'withdrawn' || (state === 'entered' && (isOver || isLost));
}
