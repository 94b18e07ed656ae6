import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { containerUser } from '../container-user.ts';
import { floorProfile, linkDenyingProfile } from '../docker/seccomp-profile.ts';
import type {
  ContainerExit,
  ContainerSpec,
  ContainerWatch,
  Engine,
  EngineVersion,
  PreparedImage,
} from '../engine.ts';
import { EngineError } from '../errors.ts';
import { Cgroup, type CgroupHierarchy, findCgroups, listCgroups } from '../local/cgroup.ts';
import { launchCommand } from '../local/launch.ts';
import { forwardPaced } from '../local/paced-output.ts';
import { execArguments } from './exec-arguments.ts';
import { FirstWords } from './first-words.ts';
import { ApptainerImages, type ApptainerOptions } from './images.ts';
import { withBoundedScratch } from './scratch.ts';

export type { ApptainerOptions } from './images.ts';

const run = promisify(execFile);
/** What `--no-mount bind-paths` and the limits on the command line came with. */
const LEAST_VERSION = [1, 1] as const;
const FAILED = 255;
const LAST_DESCRIPTOR = 2;

/**
 * Apptainer, for sites that have no Docker: images are SIF files in a folder of the site. Containers are children of the node and die with it.
 *
 * As root, the node limits each container by control groups of its own, as with bubblewrap, gives it bounded scratch, and makes it another user. Without
 * root, the container is the node's own user, Apptainer asks systemd for the limits where it can (control groups version 2, delegated), scratch is as large
 * as `sessiondir max size` says, refusing links (ContainerSpec.denyLinks) is left to whether Apptainer lets that user load a seccomp profile, and the
 * kernel's keyrings are kept apart by user namespaces alone, which an Apptainer installed with setuid does not make.
 */
export class ApptainerEngine implements Engine {
  readonly kind = 'apptainer';
  readonly user = containerUser();
  readonly outlivesNode = false;
  readonly #images: ApptainerImages;
  readonly #cgroups: CgroupHierarchy | null;
  readonly #asksSystemd: boolean;

  private constructor(options: ApptainerOptions, cgroups: CgroupHierarchy | null, asksSystemd: boolean) {
    this.#images = new ApptainerImages(options);
    this.#cgroups = cgroups;
    this.#asksSystemd = asksSystemd;
  }

  /** Rejects with EngineError when there is no apptainer that is new enough. */
  static async open(options: ApptainerOptions): Promise<ApptainerEngine> {
    await versionOfApptainer();
    const cgroups = await findCgroups();
    return new ApptainerEngine(options, cgroups, cgroups === null && (await hasUserManager()));
  }

  /** Whether a container as a whole is held to its limits, and not just each process of it. */
  get limitsWholeContainers(): boolean {
    return this.#cgroups !== null || this.#asksSystemd;
  }

  async probe(): Promise<EngineVersion> {
    return { kind: this.kind, version: await versionOfApptainer() };
  }

  prepareImage(reference: string, signal: AbortSignal): Promise<PreparedImage> {
    return this.#images.prepare(reference, signal);
  }

  async run(spec: ContainerSpec, watch: ContainerWatch): Promise<ContainerExit> {
    if (watch.signal.aborted) return { kind: 'killed' };
    const hierarchy = this.#cgroups;
    const folder = await mkdtemp(join(tmpdir(), 'weir-apptainer-'));
    try {
      await using cgroup =
        hierarchy && (await Cgroup.make(hierarchy, spec.labels.node, spec.name, spec.limits));
      return await this.#runInside(cgroup, await this.#commandLine(spec, folder), spec, watch);
    } catch (cause) {
      if (cause instanceof EngineError) throw cause;
      throw new EngineError(`the container ${spec.name} could not be run with apptainer`, { cause });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  removeLeftovers(nodeId: string, keep: ReadonlySet<string>): Promise<string[]> {
    return this.#removeCgroups(nodeId, (name) => !keep.has(name));
  }

  async remove(nodeId: string, names: ReadonlySet<string>): Promise<void> {
    await this.#removeCgroups(nodeId, (name) => names.has(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #removeCgroups(nodeId: string, isOver: (name: string) => boolean): Promise<string[]> {
    const hierarchy = this.#cgroups;
    if (hierarchy === null) return [];
    const over = (await listCgroups(hierarchy, nodeId)).filter(isOver);
    await Promise.all(over.map((name) => Cgroup.existing(hierarchy, nodeId, name)[Symbol.asyncDispose]()));
    return over;
  }

  async #commandLine(spec: ContainerSpec, folder: string): Promise<string[]> {
    const asRoot = process.getuid?.() === 0;
    // Apptainer has no profile of its own in force. Only root may count on being let set one.
    const seccompProfile = asRoot || spec.denyLinks ? join(folder, 'seccomp.json') : null;
    if (seccompProfile !== null)
      await writeFile(seccompProfile, spec.denyLinks ? linkDenyingProfile : floorProfile);
    const scratch = asRoot ? await mkdtemp(join(folder, 'scratch-')) : null;
    const command = execArguments(spec, {
      user: this.user,
      asRoot,
      image: this.#images.file(spec.image.reference),
      scratch,
      seccompProfile,
      limitByApptainer: this.#asksSystemd,
      devices: spec.limits.gpus > 0 ? visibleDevices() : {},
    });
    return scratch === null ? command : withBoundedScratch(scratch, spec.limits.scratchBytes, command);
  }

  async #runInside(
    cgroup: Cgroup | null,
    commandLine: readonly string[],
    spec: ContainerSpec,
    watch: ContainerWatch,
  ): Promise<ContainerExit> {
    const launch = launchCommand(commandLine, spec.limits, LAST_DESCRIPTOR, cgroup?.entrances ?? null);
    const [program = '', ...args] = launch;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: processEnvironment() });
    // The container's first process dies with Apptainer, and every other with that; what was cut off while it was set up is known by its group.
    const kill = () => {
      child.kill('SIGKILL');
      void cgroup?.kill();
    };
    watch.signal.addEventListener('abort', kill);
    if (watch.signal.aborted) kill();

    watch.onStarted?.(new Date());
    const words = new FirstWords();
    try {
      const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
      const forward = (stream: 'stdout' | 'stderr', pipe: Readable) =>
        forwardPaced(pipe, (bytes) => {
          words.hear(stream, bytes);
          watch.onOutput(stream, bytes);
        });
      const [[code, signal]] = await Promise.all([
        closed,
        forward('stdout', child.stdout),
        forward('stderr', child.stderr),
      ]);
      if (watch.signal.aborted) return { kind: 'killed' };
      const exit = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      if (exit !== 0 && (await cgroup?.ranOutOfMemory())) return { kind: 'out-of-memory' };
      const complaint = words.complaint;
      if (exit === FAILED && complaint !== null)
        throw new EngineError(`apptainer could not run ${spec.name}: ${complaint}`);
      return { kind: 'exited', code: exit };
    } finally {
      watch.signal.removeEventListener('abort', kill);
    }
  }
}

async function versionOfApptainer(): Promise<string> {
  const { stdout } = await run('apptainer', ['--version']).catch((cause) => {
    throw new EngineError(
      'apptainer cannot be run; install it (https://apptainer.org, or the package apptainer where there is one)',
      { cause },
    );
  });
  const version = stdout.trim().split(' ').at(-1) ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1])) {
    throw new EngineError(`apptainer ${version} is too old; at least ${LEAST_VERSION.join('.')} is needed`);
  }
  return version;
}

/** Whether Apptainer can have limits set by the user's own systemd. */
async function hasUserManager(): Promise<boolean> {
  const runtime = processEnvironment().XDG_RUNTIME_DIR;
  if (runtime === undefined) return false;
  return await access(join(runtime, 'systemd', 'private')).then(
    () => true,
    () => false,
  );
}

/** Of the node's environment only what Apptainer itself needs: its other variables would change what the command line says. */
function processEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** Set by Slurm for the GPUs of a job; numbers alone, nothing that tells of the site. */
function visibleDevices(): Record<string, string> {
  const devices = process.env.CUDA_VISIBLE_DEVICES;
  return devices === undefined ? {} : { CUDA_VISIBLE_DEVICES: devices };
}
