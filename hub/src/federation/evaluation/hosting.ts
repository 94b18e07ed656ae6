import { createHash } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { type Assignment, OutcomeSchema } from '@weir/proto/node/v1';
import { assignedBy } from '@weir/proto/receipt/assigned';
import type { Logger } from 'pino';
import type { Database } from '../../db/database.ts';
import { insertGuest } from '../../dispatch/guests/store.ts';
import { toOutcome } from '../../dispatch/guests/told.ts';
import type { Dispatcher } from '../../dispatch/service.ts';
import type { LiveBus } from '../../live/bus.ts';
import type { KnownPeer } from '../peers/directory.ts';
import { encodeAssignment, readAssignment } from './asked.ts';
import { OfferRefusedError } from './errors.ts';
import type { GuestFiles } from './files.ts';
import { findGrantedSite, listFor } from './grants.ts';
import * as store from './guest-store.ts';
import type { Answer, AttemptName, Offer, Question, SiteListing, ToldRun } from './wire.ts';

/** Runs of one peer that are not settled. */
const MOST_OPEN = 5_000;
/** Outcomes with their receipts are long: those that do not fit come with the next answer. */
const MOST_OUTCOMES = 100;

const CANCELLED = { outcome: 'cancelled', failureCode: null, fault: null } as const;
const NOT_WELCOME = { outcome: 'refused', failureCode: 'refused_competition', fault: 'site' } as const;

/** Evaluates runs of peers at sites of this hub. See `wire.ts` for what is said when. */
export class Hosting {
  readonly #database: Database;
  readonly #dispatch: Pick<Dispatcher, 'stopGuests' | 'waitingReasons'>;
  readonly #files: GuestFiles;
  readonly #live: LiveBus;
  readonly #log: Logger;

  constructor(parts: {
    readonly database: Database;
    readonly dispatch: Pick<Dispatcher, 'stopGuests' | 'waitingReasons'>;
    readonly files: GuestFiles;
    readonly live: LiveBus;
    readonly log: Logger;
  }) {
    this.#database = parts.database;
    this.#dispatch = parts.dispatch;
    this.#files = parts.files;
    this.#live = parts.live;
    this.#log = parts.log;
  }

  sites(peer: KnownPeer): Promise<SiteListing> {
    return listFor(this.#database.queries, peer.id);
  }

  /** Takes an attempt once, however often it is offered. @throws OfferRefusedError */
  async offer(peer: KnownPeer, { run, attempt, site, assignment: encoded }: Offer): Promise<void> {
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
      const siteId = await findGrantedSite(tx.queries, { peerId: peer.id, competitionId, site, dataset });
      if (siteId === null)
        throw new OfferRefusedError(
          'evaluation_not_granted',
          `administrators of this hub do not let competition ${competitionId} of hub ${peer.name} use ${dataset.name}@${dataset.version} of a site "${site}"`,
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
        siteId,
        asked,
        assignment: encodeAssignment(assignment),
      });
      return { taken, earlier: known.map(({ runId }) => runId) };
    });
    if (taken === null) return;
    this.#log.info({ peer: peer.name, run, attempt, site }, 'a peer handed over a run');
    if (earlier.length > 0) await this.#end(earlier);
    this.#files.bring(taken);
  }

  /** Answers at once when there is something to tell. */
  async follow(peer: KnownPeer, question: Question, signal: AbortSignal): Promise<Answer> {
    await this.#forget(peer, question.gone);
    const until = AbortSignal.any([signal, AbortSignal.timeout(question.waitMs)]);
    const hints = this.#live.watch('guests', until)[Symbol.asyncIterator]();
    // Watched before it is read, so that nothing is missed in between.
    let hint = hints.next();
    try {
      while (true) {
        const answer = await this.#tell(peer, question);
        const hasNews = answer.runs.length > 0 || answer.unknown.length > 0 || question.held.length === 0;
        if (hasNews || (await hint).done) return answer;
        hint = hints.next();
      }
    } finally {
      void hints.return?.();
    }
  }

  /** Ends what nobody here permits any more, at once. */
  async endUnwelcome(): Promise<void> {
    const runs = await store.findUnwelcome(this.#database);
    if (runs.length > 0) await this.#dispatch.stopGuests(runs, NOT_WELCOME);
  }

  async #tell(peer: KnownPeer, { held }: Question): Promise<Answer> {
    const found = await store.findGuests(this.#database, peer.id, held);
    const reasons = await this.#dispatch.waitingReasons(
      found.filter(({ state }) => state === 'queued').map(({ runId }) => runId),
    );
    const seen = new Map(held.map((one) => [nameOf(one), one.seen]));
    const told = found
      .map((row) => toldRun(row, row.isReady ? (reasons.get(row.runId) ?? null) : FETCHING))
      .filter((run) => run.outcome !== null || run.seen !== seen.get(nameOf(run)));
    const over = told.filter(({ outcome }) => outcome !== null).slice(0, MOST_OUTCOMES);
    const known = new Set(found.map(nameOf));
    return {
      runs: [...over, ...told.filter(({ outcome }) => outcome === null)],
      unknown: held.filter((one) => !known.has(nameOf(one))).map(({ run, attempt }) => ({ run, attempt })),
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
    await store.settle(this.#database.queries, runIds);
  }
}

const FETCHING = 'Its files are being fetched';

const nameOf = ({ run, attempt }: AttemptName) => `${run}/${attempt}`;

/** Over all that a receipt would say was asked for. */
function digestOf(assignment: Assignment): string {
  return createHash('sha256')
    .update(JSON.stringify(assignedBy(assignment, '')))
    .digest('base64url');
}

function toldRun(row: store.GuestRow, waiting: string | null): ToldRun {
  const { run, attempt, state, waitsFor } = row;
  const outcome = toOutcome(row);
  const waitsUntil = row.waitsUntil?.toISOString() ?? null;
  const said = { state, waitsFor, waitsUntil, waiting: state === 'queued' ? waiting : null };
  return {
    run,
    attempt,
    ...said,
    seen: createHash('sha256').update(JSON.stringify(said)).digest('base64url'),
    outcome: outcome && Buffer.from(toBinary(OutcomeSchema, outcome)).toString('base64'),
    nodeKey: row.nodeKey,
  };
}
