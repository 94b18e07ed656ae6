import type { Database } from '../../db/database.ts';
import type { Dispatcher } from '../../dispatch/service.ts';
import type { PeerCalls } from '../peers/client.ts';
import type { KnownPeer } from '../peers/directory.ts';
import type { OfferRefusal } from './errors.ts';
import * as store from './handed-store.ts';
import { MOST_OFFERED, MOST_OFFERED_BYTES, nameOf, type Offer, taken } from './wire.ts';

/** The hub of the site does not take the run, and to offer it again would be of no use. */
const REFUSED_BY_PEER = { outcome: 'refused', failureCode: 'refused_by_peer', fault: 'site' } as const;

/** Offers runs to peers, as many in one call as there is room for. */
export class Offering {
  readonly #database: Database;
  readonly #calls: PeerCalls;
  readonly #dispatch: Pick<Dispatcher, 'end'>;

  constructor(parts: {
    readonly database: Database;
    readonly calls: PeerCalls;
    readonly dispatch: Pick<Dispatcher, 'end'>;
  }) {
    this.#database = parts.database;
    this.#calls = parts.calls;
    this.#dispatch = parts.dispatch;
  }

  /** @returns false when the time was up before all were offered, or the peer has no room for more now */
  async offer(peer: KnownPeer, handed: readonly store.HandedRun[], until: number): Promise<boolean> {
    const { queries } = this.#database;
    const left = [...handed];
    while (left.length > 0) {
      if (performance.now() > until) return false;
      const batch = await this.#batchOf(left.splice(0, MOST_OFFERED));
      // What did not fit goes first the next time.
      left.unshift(...batch.left);
      if (batch.offers.length === 0) continue;
      const call = { offers: batch.offers };
      const { refused } = await this.#calls
        .client(peer.id)
        .call(taken, (hub) => hub.evaluation.offer.mutate(call), { scope: 'evaluate' });
      const why = new Map(refused.map((one) => [nameOf(one), one.code]));
      const isTaken = batch.runs.filter((run) => !why.has(nameOf(run)));
      await store.update(queries, isTaken, { isOffered: true });
      for (const run of batch.runs) await this.#heed(run, why.get(nameOf(run)));
      if (refused.some(({ code }) => code === 'evaluation_full')) break;
    }
    return true;
  }

  async #batchOf(handed: readonly store.HandedRun[]): Promise<{
    runs: store.HandedRun[];
    offers: Offer[];
    left: store.HandedRun[];
  }> {
    const assignments = new Map(
      (await store.findAssignments(this.#database.queries, handed)).map((one) => [
        nameOf(one),
        one.assignment.toString('base64'),
      ]),
    );
    const runs: store.HandedRun[] = [];
    const offers: Offer[] = [];
    let bytes = 0;
    for (const [place, handedRun] of handed.entries()) {
      const { run, attempt, site } = handedRun;
      const assignment = assignments.get(nameOf(handedRun));
      if (assignment === undefined || site === null) continue;
      bytes += assignment.length;
      if (offers.length > 0 && bytes > MOST_OFFERED_BYTES) return { runs, offers, left: handed.slice(place) };
      runs.push(handedRun);
      offers.push({ run, attempt, site, assignment });
    }
    return { runs, offers, left: [] };
  }

  async #heed(run: store.HandedRun, refusal: OfferRefusal | undefined): Promise<void> {
    switch (refusal) {
      case undefined:
      // It is offered again with the next turn.
      case 'evaluation_full':
        return;
      case 'evaluation_not_granted':
      case 'evaluation_invalid':
        return this.refuse(run);
      case 'evaluation_superseded':
        // It has had a later attempt: this hub lost what it knew since, and its next attempts go on from here.
        return store.update(this.#database.queries, [run], { isGone: true });
      default:
        refusal satisfies never;
    }
  }

  /** Ends it as the decision of the other hub, unless it is over. */
  async refuse(handed: store.HandedRun): Promise<void> {
    const { run: runId, attempt, nodeId, isGone, isOver } = handed;
    const nothing = { scores: null, startedAt: null, imageDigest: null, receipt: null };
    if (!isGone && !isOver)
      await this.#dispatch.end({ runId, attempt, nodeId, ...REFUSED_BY_PEER, ...nothing });
    await store.update(this.#database.queries, [handed], { isGone: true });
  }
}
