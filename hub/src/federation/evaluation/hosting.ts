import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { toBinary } from '@bufbuild/protobuf';
import { type Assignment, OutcomeSchema } from '@weir/proto/node/v1';
import { assignedBy } from '@weir/proto/receipt/assigned';
import type { Logger } from 'pino';
import type { Database } from '../../db/database.ts';
import { insertGuest } from '../../dispatch/guests/store.ts';
import { toOutcome } from '../../dispatch/guests/told.ts';
import type { Dispatcher } from '../../dispatch/service.ts';
import type { LiveBus } from '../../live/bus.ts';
import { untilNews } from '../../live/until-news.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { KnownPeer } from '../peers/directory.ts';
import { encodeAssignment, readAssignment } from './asked.ts';
import { OfferRefusedError } from './errors.ts';
import type { GuestFiles } from './files.ts';
import { isGranted, listFor } from './grants.ts';
import { untoldLogs } from './guest-logs.ts';
import { outputsOf } from './guest-outputs.ts';
import * as store from './guest-store.ts';
import {
  type Answer,
  type AttemptName,
  type Held,
  nameOf,
  type Offer,
  type Question,
  type SiteListing,
  type Taken,
  type ToldLogs,
  type ToldRun,
} from './wire.ts';

/** Runs of one peer that are not settled. */
const MOST_OPEN = 5_000;
/** Outcomes with their receipts are long: those that do not fit come with the next answer. */
const MOST_OUTCOMES = 100;
const OFFERS_AT_A_TIME = 8;
/** Between two looks at runs that are over and may still have something to tell. */
const TRAIL_LOOK_MS = 1_000;

const CANCELLED = { outcome: 'cancelled', failureCode: null, fault: null } as const;
const NOT_WELCOME = { outcome: 'refused', failureCode: 'refused_competition', fault: 'site' } as const;

/** Evaluates runs of peers at sites of this hub. See `wire.ts` for what is said when. */
export class Hosting {
  readonly #database: Database;
  readonly #dispatch: Pick<Dispatcher, 'stopGuests' | 'waitingReasons' | 'urls'>;
  readonly #files: GuestFiles;
  readonly #blobs: BlobStore;
  readonly #live: LiveBus;
  readonly #log: Logger;

  constructor(parts: {
    readonly database: Database;
    readonly dispatch: Pick<Dispatcher, 'stopGuests' | 'waitingReasons' | 'urls'>;
    readonly files: GuestFiles;
    readonly blobs: BlobStore;
    readonly live: LiveBus;
    readonly log: Logger;
  }) {
    this.#database = parts.database;
    this.#dispatch = parts.dispatch;
    this.#files = parts.files;
    this.#blobs = parts.blobs;
    this.#live = parts.live;
    this.#log = parts.log;
  }

  sites(peer: KnownPeer): Promise<SiteListing> {
    return listFor(this.#database.queries, peer.id);
  }

  /** Takes each attempt once, however often it is offered. */
  async offer(peer: KnownPeer, offers: readonly Offer[]): Promise<Taken> {
    const refused: Taken['refused'] = [];
    // Each is a transaction of its own; so many at a time leave connections to others.
    const left = [...offers];
    const takeOn = async () => {
      for (let one = left.shift(); one; one = left.shift()) {
        const { run, attempt } = one;
        try {
          await this.#take(peer, one);
        } catch (error) {
          if (!(error instanceof OfferRefusedError)) throw error;
          refused.push({ run, attempt, code: error.code, message: error.message.slice(0, 500) });
        }
      }
    };
    await Promise.all(Array.from({ length: OFFERS_AT_A_TIME }, takeOn));
    return { refused };
  }

  /** @throws OfferRefusedError */
  async #take(peer: KnownPeer, { run, attempt, site: siteId, assignment: encoded }: Offer): Promise<void> {
    const { assignment, competitionId, dataset } = readAssignment(encoded);
    const { taken, earlier } = await this.#database.transaction(async (tx) => {
      await store.takeTurns(tx, peer.id, run);
      const known = await store.findAttempts(tx.queries, peer.id, run);
      const asked = digestOf({ ...assignment, attempt });
      if (known.some((one) => one.attempt === attempt && one.asked === asked))
        return { taken: null, earlier: [] };
      if (known.some((one) => one.attempt >= attempt))
        throw new OfferRefusedError(
          'evaluation_superseded',
          'this hub knows another run of this number, or a later attempt',
        );
      if (!(await isGranted(tx.queries, { peerId: peer.id, competitionId, siteId, dataset })))
        throw new OfferRefusedError(
          'evaluation_not_granted',
          `administrators of this hub do not let competition ${competitionId} of hub ${peer.name} use ${dataset.name}@${dataset.version} of site ${siteId}`,
        );
      if ((await store.countOpen(tx.queries, peer.id)) >= MOST_OPEN)
        throw new OfferRefusedError(
          'evaluation_full',
          `this hub takes no more than ${MOST_OPEN} runs at a time`,
        );
      const taken = await insertGuest(tx, {
        peerId: peer.id,
        theirRun: run,
        theirAttempt: attempt,
        competitionId,
        dataset: `${dataset.name}@${dataset.version}`,
        isRehearsal: assignment.rehearsal,
        siteId,
        asked,
        assignment: encodeAssignment(assignment),
      });
      return { taken, earlier: known.map(({ runId }) => runId) };
    });
    if (taken === null) return;
    this.#log.info({ peer: peer.name, run, attempt, siteId }, 'a peer handed over a run');
    if (earlier.length > 0) await this.#end(earlier);
    this.#files.bring(taken);
  }

  /** Answers at once when there is something to tell. */
  async follow(peer: KnownPeer, question: Question, signal: AbortSignal): Promise<Answer> {
    await this.#forget(peer, question.gone);
    const until = AbortSignal.any([signal, AbortSignal.timeout(question.waitMs)]);
    return untilNews(this.#live, 'guests', until, async () => {
      const { answer, isAwaited } = await this.#tell(peer, question);
      const hasNews = answer.runs.length > 0 || answer.unknown.length > 0 || question.held.length === 0;
      return { answer, hasNews, again: isAwaited && !hasNews ? sleep(TRAIL_LOOK_MS) : undefined };
    });
  }

  /** Ends what nobody here permits any more, at once. */
  async endUnwelcome(): Promise<void> {
    const runs = await store.findUnwelcome(this.#database);
    if (runs.length > 0) await this.#dispatch.stopGuests(runs, NOT_WELCOME);
  }

  /** `isAwaited`: something will be told without anything happening before. */
  async #tell(peer: KnownPeer, { held }: Question): Promise<{ answer: Answer; isAwaited: boolean }> {
    const asked = new Map(held.map((one) => [nameOf(one), one]));
    const found = (await store.findGuests(this.#database, peer.id, held)).map((row) => ({
      row,
      held: asked.get(nameOf(row))!,
    }));
    const logs = await untoldLogs(this.#database, found);
    const reasons = await this.#dispatch.waitingReasons(
      found.filter(({ row }) => row.state === 'queued').map(({ row }) => row.runId),
    );
    const runs: ToldRun[] = [];
    let outcomes = 0;
    let isAwaited = false;
    for (const { row, held } of found) {
      const told = await this.#told(row, held, logs.get(row.runId) ?? null);
      const waiting = row.isReady ? (reasons.get(row.runId) ?? null) : FETCHING;
      const run = { ...told, waiting: row.state === 'queued' ? waiting : null };
      const seen = seenOf(run);
      isAwaited ||= isOver(row) && run.rest === null && run.logs === null;
      if (run.outcome !== null && ++outcomes > MOST_OUTCOMES) continue;
      const isNews = run.outcome !== null || run.logs !== null || run.rest !== null;
      if (isNews || (!held.isOver && seen !== held.seen)) runs.push({ ...run, seen });
    }
    const known = new Set(found.map(({ row }) => nameOf(row)));
    const unknown = held.filter((one) => !known.has(nameOf(one)));
    return {
      answer: { runs, unknown: unknown.map(({ run, attempt }) => ({ run, attempt })) },
      isAwaited,
    };
  }

  async #told(
    row: store.GuestRow,
    held: Held,
    logs: ToldLogs | null,
  ): Promise<Omit<ToldRun, 'seen' | 'waiting'>> {
    const { run, attempt, state, waitsFor, nodeKey } = row;
    const outcome = held.isOver ? null : toOutcome(row);
    const isAll = isOver(row) && logs === null && !(row.isTrailing && held.logs !== null);
    return {
      run,
      attempt,
      state,
      waitsFor,
      waitsUntil: row.waitsUntil?.toISOString() ?? null,
      logs,
      outcome: outcome && Buffer.from(toBinary(OutcomeSchema, outcome)).toString('base64'),
      nodeKey,
      rest: isAll
        ? { outputs: await outputsOf(row, { blobs: this.#blobs, urls: this.#dispatch.urls }) }
        : null,
    };
  }

  /** What the peer no longer holds is stopped if it still runs, and not told again. */
  async #forget(peer: KnownPeer, gone: readonly AttemptName[]): Promise<void> {
    if (gone.length === 0) return;
    const found = await store.findGuests(this.#database, peer.id, gone);
    await this.#end(found.map(({ runId }) => runId));
  }

  async #end(runIds: readonly number[]): Promise<void> {
    if (runIds.length === 0) return;
    await this.#dispatch.stopGuests(runIds, CANCELLED);
    await store.settle(this.#database, runIds);
  }
}

const FETCHING = 'Its files are being fetched';

/** Over all that a receipt would say was asked for. */
function digestOf(assignment: Assignment): string {
  return createHash('sha256')
    .update(JSON.stringify(assignedBy(assignment, '')))
    .digest('base64url');
}

function isOver({ finishedAt }: store.GuestRow): boolean {
  return finishedAt !== null;
}

/** Over what may change while a run is under way. */
function seenOf({ state, waitsFor, waitsUntil, waiting }: Omit<ToldRun, 'seen'>): string {
  return createHash('sha256')
    .update(JSON.stringify([state, waitsFor, waitsUntil, waiting]))
    .digest('base64url');
}
