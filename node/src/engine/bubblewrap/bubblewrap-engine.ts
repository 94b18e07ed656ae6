import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
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
import { Cgroup, type CgroupHierarchy, findCgroups, listCgroups } from '../local/cgroup.ts';
import { hostSoftware } from './host-software.ts';
import type { HostPath } from './sandbox-arguments.ts';
import { SandboxProcess } from './sandbox-process.ts';

const run = promisify(execFile);
/** `--size`, without which scratch has no bound of its own, came with this version. */
const LEAST_VERSION = [0, 7] as const;
/** 128 and the number of SIGKILL. */
const KILLED = 137;

export interface BubblewrapOptions {
  /** A root file system whose software the containers see. Default: the host's own. */
  readonly root?: string;
  /** A cgroup (version 2) delegated to the node, without processes of its own. Default: the top of the hierarchy, which takes root. */
  readonly cgroup?: string;
}

/**
 * Containers without an engine or images: namespaces made by bwrap around the host's own software. They die with the node, so there is nothing
 * to adopt after a restart; `removeLeftovers` clears away the control groups that they leave behind.
 *
 * With control groups (the node is root, or was given one) memory, processes and cpu are limited for the container as a whole, as with Docker.
 * Without, only resource limits are left: writable memory of each process, so an allocation fails in the program instead of the kernel killing it, and
 * `out-of-memory` is never seen; processes are counted by the user namespace (by kernels before 5.14, with all others of the node's user); cpu is not
 * bounded but by time.
 */
export class BubblewrapEngine implements Engine {
  readonly kind = 'bubblewrap';
  readonly outlivesNode = false;
  readonly user = containerUser();
  readonly #software: readonly HostPath[];
  readonly #cgroups: CgroupHierarchy | null;

  private constructor(software: readonly HostPath[], cgroups: CgroupHierarchy | null) {
    this.#software = software;
    this.#cgroups = cgroups;
  }

  /** Looks for bwrap and for what limits this host offers. Rejects with EngineError when it cannot be used. */
  static async open(options: BubblewrapOptions = {}): Promise<BubblewrapEngine> {
    await versionOfBwrap();
    await tryNamespaces();
    return new BubblewrapEngine(
      await hostSoftware(options.root ?? '/'),
      await findCgroups(options.cgroup === undefined ? {} : { delegated: options.cgroup }),
    );
  }

  /** Whether a container as a whole is held to its limits, and not just each process of it. */
  get limitsWholeContainers(): boolean {
    return this.#cgroups !== null;
  }

  async probe(): Promise<EngineVersion> {
    return { kind: this.kind, version: await versionOfBwrap() };
  }

  /** There are no images: whatever is named, the host's software stands in for it. */
  async prepareImage(reference: string): Promise<PreparedImage> {
    return { reference, digest: null };
  }

  async run(spec: ContainerSpec, watch: ContainerWatch): Promise<ContainerExit> {
    if (watch.signal.aborted) return { kind: 'killed' };
    if (spec.limits.gpus > 0) {
      throw new EngineError(
        'bubblewrap cannot give a container GPUs of its own; run the node with Docker, Podman, Apptainer or Slurm, or refuse such runs in the policy',
      );
    }
    const hierarchy = this.#cgroups;
    try {
      await using cgroup =
        hierarchy && (await Cgroup.make(hierarchy, spec.labels.node, spec.name, spec.limits));
      return await this.#runInside(cgroup, spec, watch);
    } catch (cause) {
      if (cause instanceof EngineError) throw cause;
      throw new EngineError(`the container ${spec.name} could not be run with bwrap`, { cause });
    }
  }

  removeLeftovers(nodeId: string, keep: ReadonlySet<string>): Promise<string[]> {
    return this.#removeCgroups(nodeId, (name) => !keep.has(name));
  }

  async remove(nodeId: string, names: ReadonlySet<string>): Promise<void> {
    await this.#removeCgroups(nodeId, (name) => names.has(name));
  }

  async #removeCgroups(nodeId: string, isOver: (name: string) => boolean): Promise<string[]> {
    const hierarchy = this.#cgroups;
    if (hierarchy === null) return [];
    const over = (await listCgroups(hierarchy, nodeId)).filter(isOver);
    await Promise.all(over.map((name) => Cgroup.existing(hierarchy, nodeId, name)[Symbol.asyncDispose]()));
    return over;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #runInside(
    cgroup: Cgroup | null,
    spec: ContainerSpec,
    watch: ContainerWatch,
  ): Promise<ContainerExit> {
    const entrances = cgroup?.entrances ?? null;
    const sandbox = new SandboxProcess(spec, { user: this.user, software: this.#software, entrances }, watch);
    // A sandbox whose bwrap is killed while it is still being set up goes on without it; only its group knows it then.
    const kill = () => {
      sandbox.kill();
      void cgroup?.kill();
    };
    watch.signal.addEventListener('abort', kill);
    if (watch.signal.aborted) kill();
    watch.onStarted?.(new Date());
    try {
      const { code, commandEnded, lastWords } = await sandbox.ended;
      if (watch.signal.aborted) return { kind: 'killed' };
      const endedWell = commandEnded && code === 0;
      if (!endedWell && (await cgroup?.ranOutOfMemory())) return { kind: 'out-of-memory' };
      if (!commandEnded) throw new EngineError(`bwrap could not set up ${spec.name}: ${lastWords}`);
      return { kind: 'exited', code: code ?? KILLED };
    } finally {
      watch.signal.removeEventListener('abort', kill);
    }
  }
}

async function versionOfBwrap(): Promise<string> {
  const { stdout } = await run('bwrap', ['--version']).catch((cause) => {
    throw new EngineError('bwrap cannot be run; install the package bubblewrap', { cause });
  });
  const version = stdout.trim().split(' ').at(-1) ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1])) {
    throw new EngineError(
      `bwrap ${version} cannot bound its scratch; at least ${LEAST_VERSION.join('.')} is needed`,
    );
  }
  return version;
}

/** Some hosts keep user namespaces from everybody but root, which only shows on the first try. */
async function tryNamespaces(): Promise<void> {
  const trial = ['--unshare-pid', '--unshare-net', '--ro-bind', '/', '/', '--proc', '/proc', 'true'];
  await run('bwrap', trial).catch((cause) => {
    throw new EngineError(
      'the kernel does not let bwrap make namespaces; allow them (sysctl kernel.unprivileged_userns_clone=1 or an AppArmor profile for bwrap), or run the node as root',
      { cause },
    );
  });
}
