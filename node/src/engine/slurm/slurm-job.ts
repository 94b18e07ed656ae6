import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerExit, ContainerSpec, ContainerWatch } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { isOver, type QueuedJob, type SlurmCommands, SlurmError } from './commands.ts';
import { FollowedFile } from './followed-file.ts';
import type { JobExit, JobFolder } from './job-folder.ts';
import type { QueueWatch } from './queue-watch.ts';
import { type SlurmPlace, submissionOptions, submissionScript } from './submission.ts';

/** 128 and the number of SIGKILL. */
const KILLED = 137;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** How long what a compute node wrote may take to be seen here. */
const SHARED_DISK_LAG_MS = 10_000;
/** A job that the controller does not list is gone only when that was seen so often. */
const LISTINGS_WITHOUT = 2;

export interface SlurmSurroundings {
  readonly commands: SlurmCommands;
  readonly queue: QueueWatch;
  readonly place: SlurmPlace;
  /** The folder of the job folders. */
  readonly root: string;
  /** How often the job's files are looked at. */
  readonly pollMs: number;
  /** How long Slurm may be out of reach before a job is given up that it was to start or to end. */
  readonly patienceMs: number;
}

/**
 * One job, from its submission to its end.
 *
 *   unsubmitted --sbatch--> queued --the job claims its folder--> running --exit.json--> over
 *        \\                    \\                                     \\--Slurm says so, and no exit.json--> failed, or out of memory
 *         \\--aborted: the node claims the folder--> given up         \\--aborted: stop and scancel--> over
 *
 * What lies in the folder goes before what Slurm says, which tells of a job's end late, and not at all while its controller is down.
 */
export class SlurmJob {
  readonly #spec: ContainerSpec;
  readonly #folder: JobFolder;
  readonly #around: SlurmSurroundings;
  readonly #watch: ContainerWatch;
  #started = false;
  #wasThere = false;

  constructor(spec: ContainerSpec, folder: JobFolder, around: SlurmSurroundings, watch: ContainerWatch) {
    this.#spec = spec;
    this.#folder = folder;
    this.#around = around;
    this.#watch = watch;
  }

  async run(): Promise<ContainerExit> {
    const { queue } = this.#around;
    using _following = queue.follow();
    const id = await this.#submit();
    if (id === null) return { kind: 'killed' };
    const output = (['stdout', 'stderr'] as const).map(
      (stream) => new FollowedFile(this.#folder.file(stream), (bytes) => this.#watch.onOutput(stream, bytes)),
    );
    const end = await this.#follow(id, output);
    for (const file of output) await file.readAll();
    return end;
  }

  /** Resolves with the job's number, or with null when it was given up. */
  async #submit(): Promise<string | null> {
    const { commands, place, root, patienceMs } = this.#around;
    const known = await this.#folder.jobId();
    this.#wasThere = known !== null;
    if (known !== null) return known;
    const deadline = Date.now() + patienceMs;
    const options = submissionOptions(this.#spec, this.#folder.file('slurm.log'), place);
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        // An earlier life of the node, or a connection that broke, may have submitted it.
        const found = (await commands.list()).find(
          ({ name, state }) => name === this.#spec.name && !isOver(state),
        );
        const id = found?.id ?? (await commands.submit(options, submissionScript(root, this.#spec.name)));
        await this.#noteJobId(id);
        return id;
      } catch (error) {
        if (!(error instanceof SlurmError)) throw error;
        if (error.isRefusal || Date.now() > deadline) {
          await this.#folder.tryClaim('node');
          throw new EngineError(`Slurm does not take the job: ${error.message}`, { cause: error });
        }
      }
      await this.#pause(pause);
      if (this.#watch.signal.aborted && (await this.#folder.tryClaim('node'))) return null;
    }
  }

  /** A job whose folder was removed meanwhile is none that anybody waits for. */
  async #noteJobId(id: string): Promise<void> {
    try {
      await this.#folder.setJobId(id);
    } catch (cause) {
      await this.#cancel(id);
      throw new EngineError(`the folder of job ${id} cannot be written`, { cause });
    }
  }

  async #follow(id: string, output: readonly FollowedFile[]): Promise<ContainerExit> {
    const submittedAsOf = this.#around.queue.view.asOf;
    let stoppedAt: number | null = null;
    let overSince: number | null = null;
    // It ended while the node was away, in its time.
    const isLate = this.#wasThere && (await this.#folder.exit()) !== null;
    while (true) {
      for (const file of output) await file.read();
      const exit = await this.#folder.exit();
      if (!isLate) await this.#noteStart();
      if (exit !== null) return await this.#endOf(exit, id);
      if (!(await this.#folder.exists())) {
        await this.#cancel(id);
        throw new EngineError(`the folder of job ${id} was removed`);
      }
      if (this.#watch.signal.aborted) {
        if (await this.#folder.tryClaim('node')) {
          await this.#cancel(id);
          return { kind: 'killed' };
        }
        if (stoppedAt === null) {
          stoppedAt = Date.now();
          await this.#folder.askToStop();
          await this.#cancel(id);
        }
      }
      const state = this.#stateOf(id, submittedAsOf);
      overSince =
        state === 'over' || (state !== null && isOver(state.state)) ? (overSince ?? Date.now()) : null;
      if (overSince !== null && Date.now() - overSince > SHARED_DISK_LAG_MS)
        return await this.#endWithout(id, state);
      if (stoppedAt !== null && Date.now() - stoppedAt > this.#around.patienceMs) {
        throw new EngineError(`job ${id} cannot be ended: neither it nor Slurm answers`);
      }
      await this.#pause(this.#around.pollMs);
    }
  }

  async #noteStart(): Promise<void> {
    if (this.#started) return;
    const claim = await this.#folder.claim();
    if (claim?.by !== 'job') return;
    this.#started = true;
    this.#watch.onStarted?.(claim.at);
  }

  /** What Slurm says; `over` for a job that it does not know any more, null while it has not been asked. */
  #stateOf(id: string, submittedAsOf: number): QueuedJob | 'over' | null {
    const { asOf, jobs } = this.#around.queue.view;
    return jobs.get(id) ?? (asOf >= submittedAsOf + LISTINGS_WITHOUT ? 'over' : null);
  }

  async #endOf(exit: JobExit, id: string): Promise<ContainerExit> {
    if (exit.kind === 'failed')
      throw new EngineError(`the compute node could not run job ${id}: ${exit.message}`);
    if (this.#watch.signal.aborted) return { kind: 'killed' };
    // Stopped by the compute node, which was about to go down.
    if (exit.kind === 'killed') throw new EngineError(`job ${id} was ended by somebody at the cluster`);
    const mayBeSlurms = exit.kind === 'exited' && exit.code === KILLED;
    return mayBeSlurms && (await this.#ranOutOfMemory(id)) ? { kind: 'out-of-memory' } : exit;
  }

  /** Where the cluster itself bounds memory, the inner engine sees a program that was killed, and Slurm knows why. */
  async #ranOutOfMemory(id: string): Promise<boolean> {
    const deadline = Date.now() + SHARED_DISK_LAG_MS;
    while (Date.now() < deadline) {
      const job = (await this.#around.commands.list().catch(() => [])).find((each) => each.id === id);
      if (job === undefined || isOver(job.state)) return job?.state === 'OUT_OF_MEMORY';
      await delay(FIRST_PAUSE_MS);
    }
    return false;
  }

  async #endWithout(id: string, state: QueuedJob | 'over' | null): Promise<ContainerExit> {
    if (this.#watch.signal.aborted) return { kind: 'killed' };
    if (state === null || state === 'over') throw new EngineError(`Slurm does not know job ${id} any more`);
    if (state.state === 'OUT_OF_MEMORY') return { kind: 'out-of-memory' };
    throw new EngineError(
      `job ${id} ended as ${state.state} (${state.reason}) without saying how its container did`,
    );
  }

  /** The folder tells the job as well, so that nothing is lost when Slurm cannot be told. */
  async #cancel(id: string): Promise<void> {
    await this.#around.commands.cancel([id]).catch(() => undefined);
  }

  #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#watch;
    // Once aborted it would not wait at all.
    return delay(milliseconds, undefined, signal.aborted ? {} : { signal }).catch(() => undefined);
  }
}
