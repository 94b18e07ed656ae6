import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ApptainerImages } from '../apptainer/images.ts';
import { containerUser } from '../container-user.ts';
import type {
  ContainerExit,
  ContainerSpec,
  ContainerWatch,
  Engine,
  EngineVersion,
  PreparedImage,
} from '../engine.ts';
import { EngineError } from '../errors.ts';
import { isEnding, SlurmCommands } from './commands.ts';
import type { InnerEngine } from './inner-engine.ts';
import { JobFolder } from './job-folder.ts';
import { QueueWatch } from './queue-watch.ts';
import { SlurmJob } from './slurm-job.ts';
import { commentOf, type SlurmPlace } from './submission.ts';

const STOP_MS = 30_000;
const LOOK_MS = 200;

export interface SlurmOptions {
  /** A folder that the compute nodes see under the same path, as they do the node's software and the folders that containers mount. */
  readonly jobs: string;
  /** As SLURM_CONF; null for where Slurm looks by itself. */
  readonly config: string | null;
  /** As PATH, on this machine and in jobs. */
  readonly path: string;
  readonly place: SlurmPlace;
  readonly inner: InnerEngine;
  readonly pollMs?: number;
  readonly queueMs?: number;
  readonly patienceMs?: number;
}

/**
 * A cluster: each container is a job, run on a compute node by an inner engine, which keeps the promises about isolation. Node and job speak to each
 * other through a folder on a shared file system (see job-folder.ts); Slurm is asked for all jobs at once, every few seconds, and only matters for jobs
 * that end without a word. Jobs outlive the node, which adopts them by their folders.
 */
export class SlurmEngine implements Engine {
  readonly kind = 'slurm';
  readonly user = containerUser();
  readonly outlivesNode = true;
  readonly #options: SlurmOptions;
  readonly #commands: SlurmCommands;
  readonly #queue: QueueWatch;

  private constructor(options: SlurmOptions) {
    this.#options = options;
    this.#commands = new SlurmCommands(options.config, options.path);
    this.#queue = new QueueWatch(this.#commands, options.queueMs ?? 15_000);
  }

  /** Rejects with EngineError when the cluster does not answer. */
  static async open(options: SlurmOptions): Promise<SlurmEngine> {
    await mkdir(options.jobs, { recursive: true, mode: 0o700 });
    const engine = new SlurmEngine(options);
    await engine.probe();
    return engine;
  }

  async probe(): Promise<EngineVersion> {
    try {
      return { kind: this.kind, version: await this.#commands.ping() };
    } catch (cause) {
      throw new EngineError(
        'the Slurm cluster does not answer; are its commands on the PATH, and is SLURM_CONF right?',
        {
          cause,
        },
      );
    }
  }

  /** Images lie on the shared file system too, so that they are prepared once, here. */
  async prepareImage(reference: string, signal: AbortSignal): Promise<PreparedImage> {
    const { inner } = this.#options;
    return inner.kind === 'apptainer'
      ? await new ApptainerImages(inner).prepare(reference, signal)
      : { reference, digest: null };
  }

  async run(spec: ContainerSpec, watch: ContainerWatch): Promise<ContainerExit> {
    const folder = new JobFolder(this.#options.jobs, spec.name);
    try {
      if (watch.signal.aborted) {
        await this.#giveUp(spec.labels.node, (name) => name === spec.name);
        return { kind: 'killed' };
      }
      await folder.make({ spec, inner: this.#options.inner });
      return await new SlurmJob(spec, folder, this.#around(), watch).run();
    } catch (cause) {
      if (cause instanceof EngineError) throw cause;
      throw new EngineError(`the container ${spec.name} could not be run by Slurm`, { cause });
    } finally {
      await folder.remove();
    }
  }

  removeLeftovers(nodeId: string, keep: ReadonlySet<string>): Promise<string[]> {
    return this.#giveUp(nodeId, (name) => !keep.has(name));
  }

  async remove(nodeId: string, names: ReadonlySet<string>): Promise<void> {
    await this.#giveUp(nodeId, (name) => names.has(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue[Symbol.asyncDispose]();
  }

  #around() {
    const { jobs, place, pollMs = 500, patienceMs = 600_000 } = this.#options;
    return { commands: this.#commands, queue: this.#queue, place, root: jobs, pollMs, patienceMs };
  }

  /**
   * Ends jobs of a node that nobody follows: those that have a folder, which needs no Slurm, and those that Slurm knows by the node's mark. When Slurm
   * does not answer, jobs without a folder find nothing to do once they start.
   */
  async #giveUp(nodeId: string, isOverdue: (name: string) => boolean): Promise<string[]> {
    const names = new Set<string>();
    for (const name of (await JobFolder.list(this.#options.jobs)).filter(isOverdue)) {
      const order = await new JobFolder(this.#options.jobs, name).order().catch(() => null);
      // Without an order it was cut off while it was made.
      const isOwn = order === null ? name.startsWith(`weir-${nodeId}-`) : order.spec.labels.node === nodeId;
      if (isOwn) names.add(name);
    }
    await Promise.all([...names].map((name) => this.#end(new JobFolder(this.#options.jobs, name))));
    const queued = await this.#commands.list().catch(() => []);
    const marked = queued.filter(
      ({ name, comment, state }) => comment === commentOf(nodeId) && !isEnding(state) && isOverdue(name),
    );
    await this.#commands.cancel(marked.map(({ id }) => id)).catch(() => undefined);
    return [...new Set([...names, ...marked.map(({ name }) => name)])];
  }

  async #end(folder: JobFolder): Promise<void> {
    const deadline = Date.now() + STOP_MS;
    if ((await folder.exists()) && !(await folder.tryClaim('node'))) {
      await folder.askToStop();
      while (Date.now() < deadline && (await folder.exists()) && (await folder.exit()) === null)
        await delay(LOOK_MS);
    }
    await folder.remove();
  }
}
