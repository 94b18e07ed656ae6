import { setTimeout as sleep } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { AssignmentSchema } from '@weir/proto/node/v1';
import type { Logger } from 'pino';
import type { Config } from '../../config/config.ts';
import type { Database } from '../../db/database.ts';
import { sitePool } from '../../dispatch/pools.ts';
import type { Dispatcher } from '../../dispatch/service.ts';
import type { AssignmentInit, NodeSession } from '../../dispatch/sessions.ts';
import type { Sites } from '../../sites/service.ts';
import type { PeerCalls } from '../peers/client.ts';
import type { KnownPeer, PeerDirectory } from '../peers/directory.ts';
import { PeerCallError } from '../peers/errors.ts';
import * as store from './handed-store.ts';
import type { Offering } from './offering.ts';
import type { Reports } from './reports.ts';
import { type Answer, answer, LONGEST_WAIT_MS, MOST_FOLLOWED, nameOf, type Question } from './wire.ts';

/** Runs that one site of a peer has at a time. */
const MOST_HANDED = 200;
/** New sites of peers are found so often. */
const LOOK_MS = 2_000;
/** Between two looks at a peer that does not answer. */
const AWAY_MS = 2_000;
/** Between the beginnings of two turns: what happens meanwhile goes together. */
const TURN_MS = 400;
const MOST_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * - `open`: runs are handed over
 * - `doubtful`: it did not answer the last call; once it answers one, it is open
 * - `away`: it is not called for now: what it has it keeps, and nothing new is leased for it
 * - `ended`: it evaluates nothing for this hub any more: what it has, and what still comes, is refused
 */
type Standing = 'open' | 'doubtful' | 'away' | 'ended';

interface Dependencies {
  readonly database: Database;
  readonly directory: PeerDirectory;
  readonly calls: PeerCalls;
  readonly dispatch: Dispatcher;
  readonly sites: Pick<Sites, 'findNode'>;
  readonly offering: Offering;
  readonly reports: Reports;
  readonly config: Pick<Config, 'leaseMs'>;
  readonly log: Logger;
}

/**
 * Has runs of this hub evaluated at sites of peers. To dispatch, a site of a peer is served by a node like any other: the stand-in, whose sessions this
 * opens and whose leases it keeps up while the peer answers. A lease that runs out while it does not is nobody else's to take; once it answers again the
 * same attempt goes on, and its outcome counts. All that is handed over is written down, so any hub process may do the next step, several may do the same
 * one, and a process that is killed loses nothing.
 */
export class Handover implements AsyncDisposable {
  readonly #deps: Dependencies;
  readonly #stopping = new AbortController();
  /** Of the stand-ins, by peer and id. */
  readonly #sessions = new Map<number, Map<string, NodeSession>>();
  readonly #followers = new Map<number, Promise<void>>();
  /** To cut the wait of a peer's turn short. */
  readonly #turns = new Map<number, AbortController>();
  #finding: Promise<void> = Promise.resolve();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  start(): void {
    this.#finding = this.#findPeers();
  }

  async #findPeers(): Promise<void> {
    const { database, log } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      try {
        for (const peerId of await store.peersWithSites(database.queries))
          if (!this.#followers.has(peerId)) this.#followers.set(peerId, this.#follow(peerId));
      } catch (error) {
        log.error({ err: error }, 'sites of peers were not looked for');
      }
      await pause(LOOK_MS, this.#stopping.signal);
    }
  }

  /** One turn after the other. A turn waits by itself when there is nothing to do. */
  async #follow(peerId: number): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const turn = new AbortController();
      this.#turns.set(peerId, turn);
      const until = AbortSignal.any([signal, turn.signal]);
      const next = performance.now() + TURN_MS;
      try {
        await this.#takeTurn(peerId, until);
      } catch (error) {
        if (!until.aborted) await this.#stumble(peerId, error, until);
      }
      await pause(next - performance.now(), signal);
    }
  }

  /** Whatever it was, nothing is leased for the peer before it has answered again. */
  async #stumble(peerId: number, error: unknown, until: AbortSignal): Promise<void> {
    for (const session of this.#sessionsOf(peerId).values()) this.#deps.dispatch.move(session, []);
    // Calls to peers write down their own problems.
    if (!(error instanceof PeerCallError))
      this.#deps.log.error({ err: error }, 'runs could not be handed over to a peer');
    await pause(AWAY_MS, until);
  }

  async #takeTurn(peerId: number, until: AbortSignal): Promise<void> {
    const { database, directory, offering } = this.#deps;
    const peer = await directory.get(peerId);
    const standing = standingOf(peer);
    if (standing === 'doubtful') await this.#follows(peer, { held: [], gone: [], waitMs: 0 }, until);
    const standIns = await store.standInsOf(database.queries, peerId);
    const handed = await store.findHanded(database, peerId);
    // First what it has goes on, then it may have more: what it lost while it was away would be leased anew otherwise.
    if (standing !== 'away') await this.#keepLeases(standIns, handed);
    for (const nodeId of standIns) await this.#serve(peer, nodeId, standing, handed);
    if (standing === 'away') return pause(AWAY_MS, until);
    if (standing === 'ended') {
      for (const run of handed) await offering.refuse(run);
      await store.forget(database.queries, handed);
      return pause(AWAY_MS, until);
    }
    const leasesEnd = performance.now() + this.#deps.config.leaseMs / 3;
    const unoffered = handed.filter((run) => !run.isOffered && !run.isGone && !run.isOver);
    // Before the next call they are kept up again.
    if (!(await offering.offer(peer, unoffered, leasesEnd)) || performance.now() > leasesEnd) return;
    await this.#ask(peer, until);
  }

  async #keepLeases(standIns: readonly string[], handed: readonly store.HandedRun[]): Promise<void> {
    const { dispatch } = this.#deps;
    const lost: store.HandedRun[] = [];
    for (const nodeId of standIns) {
      const held = handed.filter((run) => run.nodeId === nodeId && !run.isGone && !run.isOver);
      const keys = held.map(({ run: runId, attempt }) => ({ runId, attempt }));
      const notOurs = new Set((await dispatch.extend(nodeId, keys)).map(({ runId }) => runId));
      lost.push(...held.filter(({ run }) => notOurs.has(run)));
    }
    if (lost.length > 0) await this.#noteLost(lost);
  }

  /** Either its outcome has been recorded, and what accompanies it is still to come, or it is somebody else's. */
  async #noteLost(lost: readonly store.HandedRun[]): Promise<void> {
    const { database } = this.#deps;
    const reported = new Set((await store.findReported(database, lost)).map(nameOf));
    for (const run of lost) {
      const change = reported.has(nameOf(run)) ? { isOver: true as const } : { isGone: true };
      Object.assign(run, change);
      await store.update(database.queries, [run], change);
    }
  }

  /** Opens the session of a stand-in in this process, with room for what is not handed over yet. */
  async #serve(peer: KnownPeer, nodeId: string, standing: Standing, handed: readonly store.HandedRun[]) {
    const { dispatch } = this.#deps;
    const session = this.#sessionsOf(peer.id).get(nodeId) ?? (await this.#connect(peer.id, nodeId));
    if (!session) return;
    const pools = standing === 'away' ? [] : [sitePool(session.node.siteId)];
    if (pools.length !== session.pools.length) dispatch.move(session, pools);
    const taken = handed.filter((run) => run.nodeId === nodeId && !run.isGone && !run.isOver).length;
    const room = MOST_HANDED - taken - session.credit;
    if (room > 0) dispatch.grant(session, room);
  }

  #sessionsOf(peerId: number): Map<string, NodeSession> {
    const sessions = this.#sessions.get(peerId) ?? new Map<string, NodeSession>();
    this.#sessions.set(peerId, sessions);
    return sessions;
  }

  async #connect(peerId: number, nodeId: string): Promise<NodeSession | null> {
    const { sites, dispatch, database, log } = this.#deps;
    const node = await sites.findNode(nodeId);
    if (!node) return null;
    const note = (what: Promise<void>) =>
      what
        .then(() => this.#turns.get(peerId)?.abort())
        // A lease that nobody keeps up runs out, and the run waits again.
        .catch((error: unknown) =>
          log.error({ err: error, node: nodeId }, 'what a peer is to be told was not kept'),
        );
    const session: NodeSession = {
      node,
      pools: [],
      credit: 0,
      assign: (assignment) => {
        void note(this.#hand(peerId, nodeId, assignment));
        return true;
      },
      cancel: ({ runId, attempt }) => {
        const ended = { run: Number(runId), attempt };
        void note(store.update(database.queries, [ended], { isGone: true }));
      },
    };
    this.#sessionsOf(peerId).set(nodeId, session);
    dispatch.connect(session);
    return session;
  }

  async #hand(peerId: number, nodeId: string, assignment: AssignmentInit): Promise<void> {
    const message = create(AssignmentSchema, assignment);
    await store.insertHanded(this.#deps.database.queries, {
      run: Number(message.runId),
      attempt: message.attempt,
      nodeId,
      peerId,
      assignment: Buffer.from(toBinary(AssignmentSchema, message)),
    });
  }

  /** What has become of what it holds. Waits at the peer while there is nothing to tell. */
  async #ask(peer: KnownPeer, until: AbortSignal): Promise<void> {
    const { database, config, reports } = this.#deps;
    const handed = await store.findHanded(database, peer.id);
    const overdue = handed.filter(({ isOverdue, isGone }) => isOverdue && !isGone);
    await store.update(database.queries, overdue, { isGone: true });
    const asked = handed.filter(({ isOffered, isGone, isOverdue }) => isOffered && !isGone && !isOverdue);
    const held = asked.flatMap((run) => reports.questionOf(run) ?? []).slice(0, MOST_FOLLOWED);
    const gone = handed.filter(({ isGone }) => isGone).slice(0, MOST_FOLLOWED);
    // Leases have to be kept up in between, with time for a slow answer.
    const restMs = Math.min(LONGEST_WAIT_MS, config.leaseMs / 4);
    if (held.length === 0 && gone.length === 0) return pause(restMs, until);
    const question = {
      held,
      gone: gone.map(({ run, attempt }) => ({ run, attempt })),
      waitMs: gone.length > 0 ? 0 : Math.floor(restMs),
    };
    const told = await this.#follows(peer, question, until);
    await store.forget(database.queries, gone);
    await reports.take(peer.id, asked, told);
  }

  #follows(peer: KnownPeer, question: Question, signal: AbortSignal): Promise<Answer> {
    return this.#deps.calls.client(peer.id).call(answer, (hub) => hub.evaluation.follow.mutate(question), {
      scope: 'evaluate',
      maxBytes: MOST_ANSWER_BYTES,
      timeoutMs: question.waitMs + 10_000,
      signal,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#finding;
    await Promise.all(this.#followers.values());
    for (const sessions of this.#sessions.values())
      for (const session of sessions.values()) this.#deps.dispatch.disconnect(session);
  }
}

function standingOf({ state, scopesGot, unreachableSince, retryAt }: KnownPeer): Standing {
  if (state === 'revoked' || state === 'blocked') return 'ended';
  if (state !== 'active' || (retryAt && retryAt.getTime() > Date.now())) return 'away';
  if (!scopesGot.includes('evaluate')) return 'ended';
  return unreachableSince === null ? 'open' : 'doubtful';
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}
