import { setImmediate as immediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import type { LiveBus } from '../live/bus.ts';
import type { ArtifactUrls } from './artifact-urls.ts';
import type { AssignedPhases } from './assigned-phases.ts';
import type { AssignedRuns } from './assigned-runs.ts';
import { type LeasedRun, toAssignment } from './assignment.ts';
import type { AttemptKey } from './attempt-key.ts';
import { Backlog } from './backlog.ts';
import { type ClaimedGuest, type ClaimedRun, claim, unclaim } from './claim.ts';
import { ASSIGNMENT_INVALID } from './faults.ts';
import { toGuestAssignment } from './guests/assignment.ts';
import type { AttemptEnd } from './outcome.ts';
import type { PhaseSpec, PhaseSpecs } from './phase-specs.ts';
import type { Pool } from './pools.ts';
import { type NodeSession, Sessions } from './sessions.ts';
import type { TaskSpec } from './task-specs.ts';

/** What a node is handed at most with one claim. */
const LARGEST_CLAIM = 64;

interface Dependencies {
  readonly database: Database;
  readonly specs: PhaseSpecs;
  readonly phases: AssignedPhases;
  readonly assigned: AssignedRuns;
  readonly urls: ArtifactUrls;
  readonly live: LiveBus;
  readonly leaseMs: number;
  readonly log: Logger;
  /** Ends a run that cannot be handed to anybody. */
  end(end: AttemptEnd): Promise<unknown>;
}

/**
 * Brings runs and nodes together. A run is handed to the very session whose room was set aside for it: room belongs to a stream, and a node that
 * came back on another one has not offered any yet.
 */
export class HandOut {
  readonly #deps: Dependencies;
  readonly #sessions = new Sessions();
  readonly #backlog = new Backlog();
  /** For whom a claim is under way. */
  readonly #filling = new Set<NodeSession>();
  /** Where runs have come to wait of which the other processes of the hub have not been told. */
  readonly #untold = new Set<Pool>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** A node is ready for work: from now on it is found by its pools. */
  connect(session: NodeSession): void {
    this.#sessions.add(session);
  }

  disconnect(session: NodeSession): void {
    this.#sessions.remove(session);
  }

  find(nodeId: string): NodeSession | undefined {
    return this.#sessions.find(nodeId);
  }

  grant(session: NodeSession, runs: number): void {
    this.#sessions.grant(session, runs);
    this.#pump(session);
  }

  /** The node takes from other pools now, or from none. */
  move(session: NodeSession, pools: readonly Pool[]): void {
    this.#sessions.move(session, pools);
    this.#pump(session);
  }

  /** Sets room aside for a run that is about to be made; null when no node has any, or others wait for it. */
  reserve(pool: Pool): NodeSession | null {
    return this.#backlog.has(pool) ? null : (this.#sessions.take(pool) ?? null);
  }

  /** The run was not made after all. */
  release(session: NodeSession): void {
    this.grant(session, 1);
  }

  /** Hands over a run that has been leased to the session's node. If its stream has ended by now, the run waits again. */
  send(session: NodeSession, run: Omit<LeasedRun, 'nodeId'>, phase: PhaseSpec, task: TaskSpec): void {
    const { phases, assigned, urls } = this.#deps;
    phases.note(run.runId, phase.phaseId);
    const assignment = toAssignment({ ...run, nodeId: session.node.id }, phase, task, urls);
    assigned.note(run.runId, assignment, phase.scoreColumns);
    if (session.assign(assignment)) return;
    void this.#takeBack(session.node.id, [run]);
  }

  /** Something waits in the pool that did not before. */
  noteWaiting(pool: Pool): void {
    this.#untold.add(pool);
    this.serve(pool);
  }

  /** Hands out what waits in the pool. */
  serve(pool: Pool): void {
    this.#backlog.note(pool);
    this.#offer(pool);
  }

  /** What waits in the pool is for the node that has waited longest. When none has room (any more), another process may have one that has. */
  #offer(pool: Pool): void {
    if (!this.#backlog.has(pool)) return;
    const [session] = this.#sessions.ready(pool);
    if (session) this.#pump(session);
    else if (this.#untold.delete(pool)) this.#deps.live.announceElsewhere(['queue']);
  }

  /** Fills a node's room from the queue, as long as there is a backlog in one of its pools: with one claim at a time, for all that is noted meanwhile. */
  #pump(session: NodeSession): void {
    if (this.#filling.has(session) || !this.#wantsMore(session)) return;
    void this.#fill(session);
  }

  #wantsMore(session: NodeSession): boolean {
    return session.credit > 0 && session.pools.some((pool) => this.#backlog.has(pool));
  }

  async #fill(session: NodeSession): Promise<void> {
    this.#filling.add(session);
    const { pools: offered } = session;
    // What is noted in one turn of the event loop, as runs that were committed together are, waits for one claim.
    await immediate();
    let isServed = true;
    while (isServed && this.#wantsMore(session)) {
      const pools = session.pools.filter((pool) => this.#backlog.has(pool));
      isServed = await this.#claim(session, pools);
      // There may be more than this node takes, and the next one has room.
      if (isServed) for (const pool of pools) this.#offer(pool);
    }
    this.#filling.delete(session);
    // It may have gone, or rest, since it was offered them.
    if (isServed) for (const pool of offered) this.#offer(pool);
  }

  /** False when the queue could not be read: the backlog stays noted, and the sweep comes back to it. */
  async #claim(session: NodeSession, pools: readonly Pool[]): Promise<boolean> {
    const { database, leaseMs, log } = this.#deps;
    const room = Math.min(session.credit, LARGEST_CLAIM);
    this.#sessions.spend(session, room);
    const seen = this.#backlog.mark();
    let unused = room;
    try {
      const claimed = await claim(database, pools, session.node.id, room, leaseMs);
      unused -= claimed.length;
      // Whoever finds less than it asked for has seen the end of the queue, unless more has come since.
      if (unused > 0) this.#backlog.clear(pools, seen);
      for (const run of claimed) if (!(await this.#handOver(session, run))) unused++;
      return true;
    } catch (error) {
      log.error({ err: error, node: session.node.id }, 'claiming runs failed');
      return false;
    } finally {
      this.#sessions.grant(session, unused);
    }
  }

  /** False when there was nothing to hand over: the run's task is gone, and the run ends. */
  async #handOver(session: NodeSession, run: ClaimedRun | ClaimedGuest): Promise<boolean> {
    const { specs, end, log } = this.#deps;
    const { runId, attempt } = run;
    try {
      if (run.guest) return this.#handOverGuest(session, run);
      const { digest, size, guest: _, ...rest } = run;
      const found = await specs.findTask(run.phaseId, run.taskId, run.taskVersion);
      if (found) {
        const { phase, task } = found;
        this.send(session, { ...rest, submission: { digest, size } }, phase, task);
        return true;
      }
      const gone = { outcome: 'failed', failureCode: ASSIGNMENT_INVALID, fault: 'hub' } as const;
      await end({
        runId,
        attempt,
        nodeId: session.node.id,
        ...gone,
        scores: null,
        startedAt: null,
        imageDigest: null,
        receipt: null,
      });
    } catch (error) {
      log.error({ err: error, run: runId }, 'a run could not be handed over; its lease runs out');
    }
    return false;
  }

  #handOverGuest(session: NodeSession, run: ClaimedGuest): boolean {
    const { assigned, urls } = this.#deps;
    const assignment = toGuestAssignment({ ...run, nodeId: session.node.id }, urls);
    assigned.note(run.runId, assignment);
    if (!session.assign(assignment)) void this.#takeBack(session.node.id, [run]);
    return true;
  }

  async #takeBack(nodeId: string, attempts: readonly AttemptKey[]): Promise<void> {
    const { database, log } = this.#deps;
    try {
      for (const pool of await unclaim(database, nodeId, attempts)) this.noteWaiting(pool);
    } catch (error) {
      log.warn(
        { err: error, node: nodeId },
        'leases that did not reach their node could not be taken back; they run out by themselves',
      );
    }
  }
}
