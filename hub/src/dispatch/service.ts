import type { LogChunk, Outcome, Progress } from '@weir/proto/node/v1';
import { Disposition } from '@weir/proto/node/v1';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Secrets } from '../config/secrets.ts';
import { retryConflicts } from '../db/conflicts.ts';
import type { Database, Transaction } from '../db/database.ts';
import type { Boards } from '../leaderboards/boards.ts';
import type { LiveBus, Topic } from '../live/bus.ts';
import type { ReceiptDesk } from '../receipts/service.ts';
import type { Sites } from '../sites/service.ts';
import type { Dispatch, NewSubmission } from './admission.ts';
import { type Admission, type AdmittedSubmission, admissions } from './admit.ts';
import { ArtifactUrls } from './artifact-urls.ts';
import { AssignedPhases } from './assigned-phases.ts';
import { AssignedRuns } from './assigned-runs.ts';
import type { AttemptKey } from './attempt-key.ts';
import { cancelSubmission, openSubmissions } from './cancel.ts';
import { extendLeases } from './claim.ts';
import type { Settlement } from './complete.ts';
import { completions } from './completions.ts';
import { insertCopy } from './copy.ts';
import { PhaseMissingError } from './errors.ts';
import { GroupCommit } from './group-commit.ts';
import { type GuestStop, queueGuest, stopGuests } from './guests/store.ts';
import { HandOut } from './hand-out.ts';
import { appendLogs, type LogAcknowledgement } from './logs.ts';
import { LostLeases } from './lost-leases.ts';
import { type AttemptEnd, toAttemptEnd, withoutReceipt } from './outcome.ts';
import { type PhaseSpec, PhaseSpecs } from './phase-specs.ts';
import { Planner } from './plan.ts';
import type { Pool } from './pools.ts';
import { type NodeProgress, recordProgress } from './progress.ts';
import { whyNotAdmitted } from './refusal.ts';
import { insertRehearsal, type NewRehearsal, rehearsalParts } from './rehearse.ts';
import { findUnreleased, releaseSubmission } from './release.ts';
import type { NodeSession } from './sessions.ts';
import { poolsWithBacklog, revokedRuns } from './sweep.ts';
import { waitingReasons } from './waiting.ts';

interface Dependencies {
  readonly database: Database;
  readonly sites: Pick<Sites, 'sitesHolding' | 'sitesRehearsing'>;
  readonly live: LiveBus;
  readonly boards: Boards;
  readonly receipts: Pick<ReceiptDesk, 'accept'>;
  readonly config: Pick<Config, 'leaseMs' | 'maxAttempts' | 'publicUrl'>;
  readonly secrets: Pick<Secrets, 'artifactUrlKey'>;
  readonly log: Logger;
}

const DISPOSITIONS: Readonly<Record<Settlement, Disposition>> = {
  accepted: Disposition.ACCEPTED,
  stale: Disposition.STALE,
  rejected: Disposition.REJECTED,
};

/**
 * Dispatch over one database. Any number of hub processes may run it: what is leased to whom is decided by the rows alone, and what this
 * object remembers (who is connected, which pools have a backlog) are hints that a sweep sets right.
 */
export class Dispatcher implements Dispatch, AsyncDisposable {
  readonly urls: ArtifactUrls;
  readonly #deps: Dependencies;
  readonly #specs: PhaseSpecs;
  readonly #planner: Planner;
  readonly #handOut: HandOut;
  readonly #assigned: AssignedRuns;
  readonly #admissions: GroupCommit<Admission, AdmittedSubmission | null>;
  readonly #completions: GroupCommit<AttemptEnd, Settlement>;
  readonly #progress: GroupCommit<NodeProgress, void>;
  readonly #lostLeases: LostLeases;
  readonly #stopping = new AbortController();
  #expireAfter = 0;
  #sweeping: NodeJS.Timeout | null = null;
  #sweep: Promise<void> = Promise.resolve();

  constructor(deps: Dependencies) {
    const { database, config, secrets, live, boards, sites, log } = deps;
    const { leaseMs, maxAttempts } = config;
    const phases = new AssignedPhases();
    this.#deps = deps;
    this.urls = new ArtifactUrls(secrets.artifactUrlKey, '');
    this.#specs = new PhaseSpecs(database);
    this.#planner = new Planner(database, sites);
    this.#assigned = new AssignedRuns(database, this.#specs, this.urls);
    this.#handOut = new HandOut({
      database,
      specs: this.#specs,
      phases,
      assigned: this.#assigned,
      urls: this.urls,
      live,
      leaseMs,
      log,
      end: (end) => this.#completions.submit(end),
    });
    this.#admissions = admissions(database, leaseMs);
    this.#completions = completions({ database, boards, live, phases, maxAttempts });
    this.#lostLeases = new LostLeases({ database, boards, live, maxAttempts, log });
    this.#progress = new GroupCommit(async (told) => {
      live.announce(await recordProgress(database, told));
      return told.map(() => undefined);
    });
  }

  /** Begins to look for lost leases. The first look comes after a whole lease: nodes that could not reach a hub get the time to come back. */
  start(): void {
    const { config, log } = this.#deps;
    this.#expireAfter = performance.now() + config.leaseMs;
    this.#sweeping = setInterval(() => {
      this.#sweep = this.#sweep
        .then(() => this.sweep())
        .catch((error) => log.error({ err: error }, 'the sweep for lost leases failed'));
    }, config.leaseMs / 3).unref();
    void this.#followQueue();
  }

  async sweep(): Promise<void> {
    try {
      if (performance.now() >= this.#expireAfter) {
        const exhausted = await this.#lostLeases.sweep();
        await Promise.all(exhausted.map((end) => this.#completions.submit(end)));
      }
    } finally {
      // A run that cannot be ended holds up no other.
      await this.#serveBacklog();
    }
  }

  /** Looks for work now, and whenever another hub process has some that its own nodes have no room for. */
  async #followQueue(): Promise<void> {
    const { live, log } = this.#deps;
    const hints = live.watch('queue', this.#stopping.signal);
    const serve = () =>
      this.#serveBacklog().catch((error) => log.error({ err: error }, 'the queue could not be read'));
    await serve();
    for await (const _ of hints) await serve();
  }

  async #serveBacklog(): Promise<void> {
    for (const pool of await poolsWithBacklog(this.#deps.database)) this.#handOut.serve(pool);
  }

  async admit(submission: NewSubmission): Promise<{ submissionId: number }> {
    const { phase, planned } = await this.#plan(submission);
    const runs = planned.runs.map((run) => ({ ...run, session: this.#handOut.reserve(run.pool) }));
    const admitted = await this.#admitted({ ...planned, runs });
    for (const { session, pool, id, taskId } of runs) {
      const task = phase.tasks.get(taskId);
      if (!session || !task) {
        this.#handOut.noteWaiting(pool);
        continue;
      }
      const { digest, size, ...leasedTo } = admitted;
      const { factSheetAnswers } = submission;
      const leased = {
        runId: id,
        attempt: 1,
        submissionId: planned.id,
        ...leasedTo,
        isRehearsal: false,
        factSheetAnswers,
      };
      this.#handOut.send(session, { ...leased, submission: { digest, size } }, phase, task);
    }
    return { submissionId: planned.id };
  }

  async copy(
    submission: NewSubmission,
    record: (tx: Transaction, submissionId: number) => Promise<boolean>,
  ): Promise<boolean> {
    const { planned } = await this.#plan(submission);
    const isNew = await insertCopy(this.#deps.database, planned, record);
    if (isNew)
      for (const pool of new Set(planned.runs.map((run) => run.pool))) this.#handOut.noteWaiting(pool);
    return isNew;
  }

  async #plan(submission: NewSubmission): Promise<{ phase: PhaseSpec; planned: Admission }> {
    const phase = await this.#specs.find(submission.phaseId);
    const tasks = submission.taskIds.flatMap((id) => phase?.tasks.get(id) ?? []);
    if (!phase || tasks.length === 0 || tasks.length < submission.taskIds.length)
      throw new PhaseMissingError();
    return { phase, planned: await this.#planner.admission(submission, phase, tasks) };
  }

  /** What was not admitted gives back the room that had been set aside for it. */
  async #admitted(admission: Admission): Promise<AdmittedSubmission> {
    let admitted: AdmittedSubmission | null = null;
    try {
      admitted = await this.#admissions.submit(admission);
    } finally {
      if (!admitted) for (const { session } of admission.runs) if (session) this.#handOut.release(session);
    }
    if (!admitted) throw await whyNotAdmitted(this.#deps.database, admission.submission);
    return admitted;
  }

  async rehearse(rehearsal: NewRehearsal): Promise<{ submissionId: number }> {
    const { database, sites } = this.#deps;
    const phase = await this.#specs.find(rehearsal.phaseId);
    const parts = await rehearsalParts(phase, rehearsal, sites);
    const planned = await this.#planner.rehearsal(parts, rehearsal.id);
    for (const pool of await insertRehearsal(database, rehearsal, planned)) this.#handOut.noteWaiting(pool);
    return { submissionId: planned.id };
  }

  async release(submissionId: number): Promise<void> {
    const { database, live } = this.#deps;
    const unreleased = await findUnreleased(database, submissionId);
    if (!unreleased) return;
    const { phaseId, leaves } = unreleased;
    const phase = await this.#specs.find(phaseId);
    if (!phase || !leaves.every(({ taskId }) => phase.tasks.has(taskId))) throw new PhaseMissingError();
    const planned = await this.#planner.runs(phase, leaves, phase.tasks.values());
    const waiting = await releaseSubmission(database, submissionId, planned, phase.tasks.values());
    for (const pool of waiting?.pools ?? []) this.#handOut.noteWaiting(pool);
    if (waiting) live.announce(waiting.topics);
  }

  async cancel(submissionId: number): Promise<void> {
    const { runs, topics } = await retryConflicts(() => cancelSubmission(this.#deps.database, submissionId));
    for (const { nodeId, runId, attempt } of runs)
      this.#handOut.find(nodeId)?.cancel({ runId: BigInt(runId), attempt });
    this.#deps.live.announce(topics);
  }

  async cancelCompetition(competitionId: number): Promise<void> {
    for (const submissionId of await openSubmissions(this.#deps.database, competitionId))
      await this.cancel(submissionId);
  }

  async cutOff(nodeId: string): Promise<void> {
    const revoked = await revokedRuns(this.#deps.database, nodeId);
    await Promise.all(revoked.map((end) => this.#completions.submit(end)));
  }

  waitingReasons(runIds: readonly number[]): Promise<Map<number, string>> {
    return waitingReasons(this.#deps.database, runIds, this.#deps.config.leaseMs);
  }

  phaseChanged(phaseId: number): void {
    this.#specs.forget(phaseId);
    this.#deps.boards.forget(phaseId);
  }

  connect(session: NodeSession): void {
    this.#handOut.connect(session);
  }

  disconnect(session: NodeSession): void {
    this.#handOut.disconnect(session);
  }

  /** The node takes from other pools now, or from none. */
  move(session: NodeSession, pools: readonly Pool[]): void {
    this.#handOut.move(session, pools);
  }

  /** A node has room for more runs. */
  grant(session: NodeSession, runs: number): void {
    this.#handOut.grant(session, runs);
  }

  /** Extends the leases of what a node holds; answers with what is no longer its. */
  async extend(nodeId: string, held: readonly AttemptKey[]): Promise<AttemptKey[]> {
    const { database, config } = this.#deps;
    const kept = await extendLeases(database, nodeId, held, config.leaseMs);
    return held.filter(({ runId }) => !kept.has(runId));
  }

  /**
   * Records what a node reports, in order. Resolves after the commit. What could not be recorded is unspecified and holds up nothing else: the node reports it
   * again.
   * @throws when none of it could be recorded
   */
  async report(nodeId: string, outcomes: readonly Outcome[]): Promise<Disposition[]> {
    // Receipts are checked side by side and are ready one after the other; what was reported together is recorded together all the same.
    const ends = await Promise.allSettled(outcomes.map((outcome) => this.#endOf(nodeId, outcome)));
    const settlements = await Promise.allSettled(
      ends.map(async (end) => {
        if (end.status === 'rejected') throw end.reason;
        return end.value ? this.#completions.submit(end.value) : 'rejected';
      }),
    );
    const failures = settlements.flatMap((settled) =>
      settled.status === 'rejected' ? [settled.reason] : [],
    );
    if (failures.length > 0 && failures.length === outcomes.length) throw failures[0];
    return settlements.map((settled, index) => {
      const run = outcomes[index]?.attempt?.runId?.toString();
      if (settled.status === 'rejected') {
        this.#deps.log.error({ err: settled.reason, node: nodeId, run }, 'an outcome could not be recorded');
        return Disposition.UNSPECIFIED;
      }
      if (settled.value === 'rejected')
        this.#deps.log.warn({ node: nodeId, run }, 'a node reported what is not its to report');
      return DISPOSITIONS[settled.value];
    });
  }

  /** Scores count with a receipt that holds for them, and are a failure of the site without. */
  async #endOf(nodeId: string, outcome: Outcome): Promise<AttemptEnd | null> {
    const end = toAttemptEnd(nodeId, outcome);
    if (end?.outcome !== 'finished') return end;
    const accepted = await this.#deps.receipts.accept(nodeId, outcome, await this.#assigned.take(end));
    return accepted.envelope !== null
      ? { ...end, receipt: accepted.envelope }
      : withoutReceipt(end, accepted.problem === 'missing');
  }

  /** Ends an attempt without a report of its node, fenced all the same. */
  end(end: AttemptEnd): Promise<Settlement> {
    return this.#completions.submit(end);
  }

  /** A run of another hub has all that it needs, and may be handed to a node. */
  async queueGuest(runId: number): Promise<void> {
    const pool = await queueGuest(this.#deps.database, runId);
    if (pool !== null) this.#handOut.noteWaiting(pool);
    this.#deps.live.announce(['guests']);
  }

  /** Ends runs of other hubs that are not over, and tells the nodes. Idempotent. */
  async stopGuests(runIds: readonly number[], stop: GuestStop): Promise<void> {
    for (const { nodeId, runId, attempt } of await stopGuests(this.#deps.database, runIds, stop))
      this.#handOut.find(nodeId)?.cancel({ runId: BigInt(runId), attempt });
    this.#deps.live.announce(['guests']);
  }

  async progress(nodeId: string, runs: readonly Progress[]): Promise<void> {
    await Promise.all(runs.map((progress) => this.#progress.submit({ nodeId, progress })));
  }

  async appendLogs(nodeId: string, chunks: readonly LogChunk[]): Promise<LogAcknowledgement[]> {
    const acknowledged = await appendLogs(this.#deps.database, nodeId, chunks);
    const topics = acknowledged.map(({ runId, isGuest }) =>
      isGuest ? 'guests' : (`logs:${runId}` as const),
    );
    this.#deps.live.announce(new Set<Topic>(topics));
    return acknowledged;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    if (this.#sweeping) clearInterval(this.#sweeping);
    await this.#sweep;
  }
}
