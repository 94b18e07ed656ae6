import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerLimits } from '../engine.ts';

/** Scheduling period of the cpu controller, in microseconds. */
const CPU_PERIOD_US = 100_000;
const REMOVE_TRIES = 100;
const PAUSE_BETWEEN_TRIES_MS = 10;

/**
 * Where control groups can be made: one tree (version 2), or one for each controller (version 1). Groups lie under `weir/<node>/<container>`
 * in every tree.
 */
export interface CgroupHierarchy {
  readonly version: 1 | 2;
  /** The folders under which this node's groups are made. */
  readonly trees: readonly string[];
}

export interface CgroupPlace {
  /** Where control groups are mounted. */
  readonly root?: string;
  /** The group that a service manager delegated to the node (version 2). Default: the root. */
  readonly delegated?: string;
}

const controllers = ['memory', 'pids', 'cpu'] as const;

/**
 * Finds a hierarchy in which this process may make groups with memory, pids and cpu limits. Null when there is none, which is usual for a
 * node that is not root and has no delegated group.
 */
export async function findCgroups({
  root = '/sys/fs/cgroup',
  delegated = root,
}: CgroupPlace = {}): Promise<CgroupHierarchy | null> {
  return (await findUnified(delegated)) ?? (await findPerController(root));
}

async function findUnified(root: string): Promise<CgroupHierarchy | null> {
  try {
    const offered = (await readFile(join(root, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/);
    if (!controllers.every((controller) => offered.includes(controller))) return null;
    const enable = controllers.map((controller) => `+${controller}`).join(' ');
    await writeFile(join(root, 'cgroup.subtree_control'), enable);
    const tree = join(root, 'weir');
    await mkdir(tree, { recursive: true });
    await writeFile(join(tree, 'cgroup.subtree_control'), enable);
    return { version: 2, trees: [tree] };
  } catch {
    return null;
  }
}

async function findPerController(mounted: string): Promise<CgroupHierarchy | null> {
  try {
    const trees = await Promise.all(
      controllers.map(async (controller) => {
        const root = join(mounted, controller);
        await access(join(root, 'cgroup.procs'), constants.W_OK);
        const tree = join(root, 'weir');
        await mkdir(tree, { recursive: true });
        return tree;
      }),
    );
    return { version: 1, trees };
  } catch {
    return null;
  }
}

/** The control groups of one container. */
export class Cgroup implements AsyncDisposable {
  readonly #version: 1 | 2;
  readonly #folders: readonly string[];

  private constructor(version: 1 | 2, folders: readonly string[]) {
    this.#version = version;
    this.#folders = folders;
  }

  /** Makes the groups afresh; what is left of earlier ones of that name is killed first. */
  static async make(
    hierarchy: CgroupHierarchy,
    node: string,
    name: string,
    limits: ContainerLimits,
  ): Promise<Cgroup> {
    const parents = hierarchy.trees.map((tree) => join(tree, node));
    for (const parent of parents) {
      await mkdir(parent, { recursive: true });
      if (hierarchy.version === 2) {
        await writeFile(join(parent, 'cgroup.subtree_control'), '+memory +pids +cpu');
      }
    }
    const group = Cgroup.existing(hierarchy, node, name);
    await group[Symbol.asyncDispose]();
    for (const folder of group.#folders) await mkdir(folder);
    await group.#limit(limits);
    return group;
  }

  static existing(hierarchy: CgroupHierarchy, node: string, name: string): Cgroup {
    return new Cgroup(
      hierarchy.version,
      hierarchy.trees.map((tree) => join(tree, node, name)),
    );
  }

  /** The files to which a process writes `0` to enter. */
  get entrances(): string[] {
    return this.#folders.map((folder) => join(folder, 'cgroup.procs'));
  }

  async ranOutOfMemory(): Promise<boolean> {
    const [memory] = this.#folders;
    const file = this.#version === 2 ? 'memory.events' : 'memory.oom_control';
    const events = await readFile(join(memory!, file), 'utf8').catch(() => '');
    return /^oom_kill [1-9]/m.test(events);
  }

  /** Kills whatever is inside until nothing is, so that no fork bomb outruns it: the pids limit bounds each round. */
  async kill(): Promise<void> {
    for (let round = 0; round < REMOVE_TRIES; round += 1) {
      const inside = await this.#processes();
      if (inside.length === 0) return;
      for (const pid of inside) kill(pid);
      await delay(PAUSE_BETWEEN_TRIES_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    for (const folder of this.#folders) await removeGroup(folder);
  }

  async #processes(): Promise<number[]> {
    const lists = await Promise.all(
      this.entrances.map((entrance) => readFile(entrance, 'utf8').catch(() => '')),
    );
    return [
      ...new Set(
        lists
          .flatMap((list) => list.split('\n'))
          .filter(Boolean)
          .map(Number),
      ),
    ];
  }

  async #limit(limits: ContainerLimits): Promise<void> {
    const [memory = '', pids = memory, cpu = memory] = this.#folders;
    const quota = Math.max(1_000, Math.floor((limits.cpuMillis * CPU_PERIOD_US) / 1_000));
    await writeFile(join(pids, 'pids.max'), String(limits.pids));
    if (this.#version === 2) {
      await writeFile(join(memory, 'memory.max'), String(limits.memoryBytes));
      await writeIfThere(join(memory, 'memory.swap.max'), '0');
      await writeFile(join(cpu, 'cpu.max'), `${quota} ${CPU_PERIOD_US}`);
    } else {
      await writeFile(join(memory, 'memory.limit_in_bytes'), String(limits.memoryBytes));
      await writeIfThere(join(memory, 'memory.memsw.limit_in_bytes'), String(limits.memoryBytes));
      await writeFile(join(cpu, 'cpu.cfs_period_us'), String(CPU_PERIOD_US));
      await writeFile(join(cpu, 'cpu.cfs_quota_us'), String(quota));
    }
  }
}

/** The names of the containers for which `node` has groups. */
export async function listCgroups(hierarchy: CgroupHierarchy, node: string): Promise<string[]> {
  const names = await Promise.all(
    hierarchy.trees.map(async (tree) => {
      const entries = await readdir(join(tree, node), { withFileTypes: true }).catch(() => []);
      return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    }),
  );
  return [...new Set(names.flat())];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/** A group stays busy for a moment after its last process is gone. */
async function removeGroup(folder: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await rmdir(folder);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      if (tries === REMOVE_TRIES) throw error;
      await delay(PAUSE_BETWEEN_TRIES_MS);
    }
  }
}

/** The swap controller is absent on hosts without swap accounting, where there is then nothing to limit. */
async function writeIfThere(file: string, value: string): Promise<void> {
  await writeFile(file, value, { flag: 'r+' }).catch(() => undefined);
}
