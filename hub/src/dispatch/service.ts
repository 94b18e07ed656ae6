import type { LogChunk, Outcome, Progress } from '@weir/proto/node/v1';
import { Disposition } from '@weir/proto/node/v1';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Secrets } from '../config/secrets.ts';
import type { Database } from '../db/database.ts';
import type { Boards } from '../leaderboards/boards.ts';
import type { LiveBus } from '../live/bus.ts';
import type { Sites } from '../sites/service.ts';
import type { Dispatch, NewSubmission } from './admission.ts';
import { type Admission, admissions } from './admit.ts';
import { ArtifactUrls } from './artifact-urls.ts';
import { AssignedPhases } from './assigned-phases.ts';
import { toAssignment } from './assignment.ts';
import type { AttemptKey } from './attempt-key.ts';
import { Backlog } from './backlog.ts';
import { cancelSubmission } from './cancel.ts';
import { type ClaimedRun, claim, extendLeases, unclaim } from './claim.ts';
import type { Settlement } from './complete.ts';
import { completions } from './completions.ts';
import { NoSuchSiteDataError, PhaseMissingError } from './errors.ts';
import { GroupCommit } from './group-commit.ts';
import { IdReserve } from './id-reserve.ts';
import { appendLogs, type LogAcknowledgement } from './logs.ts';
import { type AttemptEnd, toAttemptEnd } from './outcome.ts';
import { type PhaseSpec, PhaseSpecs, type TaskSpec } from './phase-specs.ts';
import { type Pool, sitePool } from './pools.ts';
import { type NodeProgress, recordProgress } from './progress.ts';
import { whyNotAdmitted } from './refusal.ts';
import { releasedSubmission, type WaitingSubmission } from './release.ts';
import { type NodeSession, Sessions } from './sessions.ts';
import { exhaustedRuns, expireLeases, poolsWithBacklog } from './sweep.ts';
import { waitingReasons } from './waiting.ts';

interface Dependencies {
  readonly database: Database;
  readonly sites: Pick<Sites, 'sitesHolding'>;
  readonly live: LiveBus;
  readonly boards: Boards;
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
  readonly sessions = new Sessions();
  readonly urls: ArtifactUrls;
  readonly #deps: Dependencies;
  readonly #specs: PhaseSpecs;
  readonly #submissionIds: IdReserve;
  readonly #runIds: IdReserve;
  readonly #admissions: ReturnType<typeof admissions>;
  readonly #completions: GroupCommit<AttemptEnd, Settlement>;
  readonly #progress: GroupCommit<NodeProgress, void>;
  readonly #phases = new AssignedPhases();
  readonly #backlog = new Backlog();
  readonly #stopping = new AbortController();
  #sweeping: NodeJS.Timeout | null = null;
  #sweep: Promise<void> = Promise.resolve();

  constructor(deps: Dependencies) {
    const { database, config, secrets, live } = deps;
    this.#deps = deps;
    this.urls = new ArtifactUrls(secrets.artifactUrlKey, '');
    this.#specs = new PhaseSpecs(database);
    this.#submissionIds = new IdReserve(database, 'submissions_id_seq');
    this.#runIds = new IdReserve(database, 'runs_id_seq');
    this.#admissions = admissions(database, config.leaseMs);
    this.#completions = completions({
      database,
      boards: deps.boards,
      live,
      phases: this.#phases,
      maxAttempts: config.maxAttempts,
    });
    this.#progress = new GroupCommit(async (told) => {
      live.announce(await recordProgress(database, told));
      return told.map(() => undefined);
    });
  }

  /** Begins to look for lost leases. The first look comes after a whole lease: nodes that could not reach a hub get the time to come back. */
  start(): void {
    const { config, log } = this.#deps;
    this.#sweeping = setInterval(() => {
      this.#sweep = this.#sweep
        .then(() => this.sweep())
        .catch((error) => log.error({ err: error }, 'the sweep for lost leases failed'));
    }, config.leaseMs / 3).unref();
    const startedAt = performance.now();
    this.#expireAfter = startedAt + config.leaseMs;
    void this.#followQueue().catch((error) => log.error({ err: error }, 'the queue could not be read'));
  }

  /** Looks for work now, and whenever another hub process has some that its own nodes have no room for. */
  async #followQueue(): Promise<void> {
    const hints = this.#deps.live.watch('queue', this.#stopping.signal);
    await this.#fillBacklog();
    for await (const _ of hints) await this.#fillBacklog();
  }

  #expireAfter = 0;

  async sweep(): Promise<void> {
    const { database, config, log } = this.#deps;
    if (performance.now() >= this.#expireAfter) {
      const expired = await expireLeases(database, config.maxAttempts);
      if (expired > 0) log.warn({ runs: expired }, 'leases ran out; the runs wait again');
      await Promise.all(
        (await exhaustedRuns(database, config.maxAttempts)).map((end) => this.#completions.submit(end)),
      );
    }
    await this.#fillBacklog();
  }

  async #fillBacklog(): Promise<void> {
    for (const pool of await poolsWithBacklog(this.#deps.database)) this.#serve(pool as Pool);
  }

  async admit(submission: NewSubmission): Promise<{ submissionId: number }> {
    const { database } = this.#deps;
    const phase = await this.#specs.find(submission.phaseId);
    const tasks = submission.taskIds.map((id) => phase?.tasks.get(id));
    if (!phase || tasks.length === 0 || tasks.includes(undefined)) throw new PhaseMissingError();
    const admission = await this.#plan(submission, phase, tasks as TaskSpec[]);
    let admitted: Awaited<ReturnType<typeof this.admitted>> = null;
    try {
      admitted = await this.admitted(admission);
    } finally {
      if (!admitted) this.#returnCredit(admission);
    }
    if (!admitted) throw await whyNotAdmitted(database, submission);
    for (const run of admission.runs) {
      if (!run.nodeId) {
        this.#noteBacklog(run.pool);
        continue;
      }
      const claimed = {
        ...admitted,
        runId: run.id,
        attempt: 1,
        submissionId: admission.id,
        taskId: run.taskId,
        factSheetAnswers: submission.factSheetAnswers,
      };
      this.#send(run.nodeId, claimed, phase);
    }
    return { submissionId: admission.id };
  }

  private admitted(admission: Admission) {
    return this.#admissions.submit(admission);
  }

  /** Gives ids to a submission and its parts, and room at a node to those runs for which there is some and nobody waits. */
  async #plan(submission: NewSubmission, phase: PhaseSpec, tasks: readonly TaskSpec[]): Promise<Admission> {
    const id = await this.#submissionIds.take();
    const leaves: { id: number; taskId: number }[] = [];
    const runs: Admission['runs'][number][] = [];
    for (const task of tasks) {
      const leafId = tasks.length === 1 ? id : await this.#submissionIds.take();
      leaves.push({ id: leafId, taskId: task.id });
      if (!submission.start) continue;
      for (const place of await this.#places(phase, task)) {
        const room = this.#backlog.has(place.pool) ? undefined : this.sessions.take(place.pool);
        runs.push({
          id: await this.#runIds.take(),
          leafId,
          taskId: task.id,
          ...place,
          nodeId: room?.node.id ?? null,
        });
      }
    }
    return { id, submission, leaves, runs };
  }

  /** Where a task's runs go: to each site that holds its data, or to the queue. */
  async #places(phase: PhaseSpec, task: TaskSpec): Promise<{ siteId: number | null; pool: Pool }[]> {
    if (!task.siteData) return [{ siteId: null, pool: phase.pool }];
    const holders = await this.#deps.sites.sitesHolding(task.siteData);
    if (holders.length === 0) throw new NoSuchSiteDataError(`${task.siteData.name}@${task.siteData.version}`);
    return holders.map(({ id }) => ({ siteId: id, pool: sitePool(id) }));
  }

  #returnCredit(admission: Admission): void {
    for (const { nodeId } of admission.runs) {
      const session = nodeId && this.sessions.find(nodeId);
      if (session) this.sessions.grant(session, 1);
    }
  }

  #send(
    nodeId: string,
    run: Pick<
      ClaimedRun,
      | 'runId'
      | 'attempt'
      | 'submissionId'
      | 'taskId'
      | 'submitter'
      | 'digest'
      | 'size'
      | 'factSheetAnswers'
      | 'leaseExpiresAt'
    >,
    phase: PhaseSpec,
  ): void {
    const task = phase.tasks.get(run.taskId)!;
    const assignment = toAssignment(
      {
        runId: run.runId,
        attempt: run.attempt,
        nodeId,
        leaseExpiresAt: run.leaseExpiresAt,
        submissionId: run.submissionId,
        submitter: run.submitter,
        submission: { digest: run.digest, size: run.size },
        factSheetAnswers: run.factSheetAnswers ? JSON.stringify(run.factSheetAnswers) : '',
      },
      phase,
      task,
      this.urls,
    );
    this.#phases.note(run.runId, phase.phaseId);
    if (this.sessions.find(nodeId)?.assign(assignment)) return;
    void this.#takeBack(nodeId, [run]);
  }

  async #takeBack(nodeId: string, attempts: readonly AttemptKey[]): Promise<void> {
    const { database, log } = this.#deps;
    try {
      for (const pool of await unclaim(database, nodeId, attempts)) this.#noteBacklog(pool);
    } catch (error) {
      log.warn(
        { err: error, node: nodeId },
        'leases that did not reach their node could not be taken back; they run out by themselves',
      );
    }
  }

  async release(submissionId: number): Promise<void> {
    const waiting: WaitingSubmission | null = await releasedSubmission(
      this.#deps.database,
      submissionId,
      async (phaseId, leaves) => {
        const phase = await this.#specs.find(phaseId);
        if (!phase) throw new PhaseMissingError();
        const runs: Admission['runs'][number][] = [];
        for (const leaf of leaves) {
          const task = phase.tasks.get(leaf.taskId);
          if (!task) throw new PhaseMissingError();
          for (const place of await this.#places(phase, task)) {
            runs.push({
              id: await this.#runIds.take(),
              leafId: leaf.id,
              taskId: task.id,
              ...place,
              nodeId: null,
            });
          }
        }
        return runs;
      },
    );
    for (const pool of waiting?.pools ?? []) this.#noteBacklog(pool);
    if (waiting) this.#deps.live.announce(waiting.topics);
  }

  async cancel(submissionId: number): Promise<void> {
    const { runs, topics } = await cancelSubmission(this.#deps.database, submissionId);
    for (const { nodeId, runId, attempt } of runs)
      this.sessions.find(nodeId)?.cancel({ runId: BigInt(runId), attempt });
    this.#deps.live.announce(topics);
  }

  waitingReasons(runIds: readonly number[]): Promise<Map<number, string>> {
    return waitingReasons(this.#deps.database, runIds, this.#deps.config.leaseMs);
  }

  phaseChanged(phaseId: number): void {
    this.#specs.forget(phaseId);
    this.#deps.boards.forget(phaseId);
  }

  /** A node is ready for work: from now on it is found by its pools. */
  connect(session: NodeSession): void {
    this.sessions.add(session);
  }

  disconnect(session: NodeSession): void {
    this.sessions.remove(session);
  }

  grant(session: NodeSession, runs: number): void {
    this.sessions.grant(session, runs);
    this.#pump(session);
  }

  /** Something waits in the pool that did not before. */
  #noteBacklog(pool: Pool): void {
    if (!this.#serve(pool)) this.#deps.live.announceElsewhere(['queue']);
  }

  /** Hands out what waits in the pool; false when no node of this process has room. */
  #serve(pool: Pool): boolean {
    this.#backlog.note(pool);
    const [session] = this.sessions.ready(pool);
    if (session) this.#pump(session);
    return session !== undefined;
  }

  /** Fills a node's room from the queue, as long as there is a backlog in one of its pools. */
  #pump(session: NodeSession): void {
    const pools = session.pools.filter((pool) => this.#backlog.has(pool));
    if (pools.length === 0 || session.credit === 0) return;
    const room = Math.min(session.credit, 64);
    this.sessions.spend(session, room);
    void this.#fill(session, pools, room).catch((error) => {
      this.sessions.grant(session, room);
      this.#deps.log.error({ err: error, node: session.node.id }, 'claiming runs failed');
    });
  }

  async #fill(session: NodeSession, pools: readonly Pool[], room: number): Promise<void> {
    const { database, config } = this.#deps;
    const seen = this.#backlog.mark();
    const claimed = await claim(database, pools, session.node.id, room, config.leaseMs);
    // Whoever finds less than it asked for has seen the end of the queue, unless more has come since.
    if (claimed.length < room) this.#backlog.clear(pools, seen);
    this.sessions.grant(session, room - claimed.length);
    for (const run of claimed) {
      const phase = await this.#specs.find(run.phaseId);
      if (phase?.tasks.has(run.taskId)) this.#send(session.node.id, run, phase);
      else await this.#takeBack(session.node.id, [run]);
    }
    this.#pump(session);
  }

  /** Extends the leases of what a node holds; answers with what is no longer its. */
  async extend(nodeId: string, held: readonly AttemptKey[]): Promise<AttemptKey[]> {
    const { database, config } = this.#deps;
    const kept = await extendLeases(database, nodeId, held, config.leaseMs);
    return held.filter(({ runId }) => !kept.has(runId));
  }

  /** Records what a node reports, in order. Resolves after the commit. */
  async report(nodeId: string, outcomes: readonly Outcome[]): Promise<Disposition[]> {
    return Promise.all(
      outcomes.map(async (outcome) => {
        const end = toAttemptEnd(nodeId, outcome);
        const settlement = end ? await this.#completions.submit(end) : 'rejected';
        if (settlement === 'rejected')
          this.#deps.log.warn(
            { node: nodeId, run: outcome.attempt?.runId?.toString() },
            'a node reported what is not its to report',
          );
        return DISPOSITIONS[settlement];
      }),
    );
  }

  async progress(nodeId: string, runs: readonly Progress[]): Promise<void> {
    await Promise.all(runs.map((progress) => this.#progress.submit({ nodeId, progress })));
  }

  async appendLogs(nodeId: string, chunks: readonly LogChunk[]): Promise<LogAcknowledgement[]> {
    const acknowledged = await appendLogs(this.#deps.database, nodeId, chunks);
    this.#deps.live.announce(new Set(acknowledged.map(({ runId }) => `logs:${runId}` as const)));
    return acknowledged;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    if (this.#sweeping) clearInterval(this.#sweeping);
    await this.#sweep;
  }
}
