import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import type { ContainerLabels, ContainerSpec, ContainerUser, Mount } from '../engine.ts';
import { floorEnvironment } from '../environment.ts';

/** Open files and sockets of one process. */
const OPEN_FILES = 16_384;

/** Known to the API since 1.41, not to the published types. */
const privateCgroups = { CgroupnsMode: 'private' };

export interface EngineFacts {
  readonly user: ContainerUser;
  /** Paths that the image declares as volumes. */
  readonly imageVolumes: readonly string[];
  /** Rootless Podman maps the host's user to another one inside unless it is told to keep it. */
  readonly keepUserId: boolean;
  /** What takes the place of the engine's own profile, null to leave that: Docker reads the profile itself, Podman a file of its host. */
  readonly seccompProfile: string | null;
  /** The limit on the processes of the user, null for the engine's own. What bounds a container is `pids`, which counts its processes alone. */
  readonly mostProcesses: number | null;
}

/** The floor of every container, and the limits of this one, in the words of the Docker Engine API. */
export function containerOptions(spec: ContainerSpec, facts: EngineFacts): ContainerCreateOptions {
  const { limits } = spec;
  return {
    name: spec.name,
    Image: spec.image.digest ?? spec.image.reference,
    Cmd: [...spec.command],
    WorkingDir: spec.workingDirectory,
    User: `${facts.user.uid}:${facts.user.gid}`,
    Hostname: 'weir',
    Env: Object.entries({ ...floorEnvironment, ...spec.environment }).map(
      ([key, value]) => `${key}=${value}`,
    ),
    Labels: labelsOf(spec.labels),
    AttachStdin: false,
    OpenStdin: false,
    Tty: false,
    Healthcheck: { Test: ['NONE'] },
    NetworkDisabled: true,
    HostConfig: {
      NetworkMode: 'none',
      IpcMode: 'private',
      ...privateCgroups,
      ...(facts.keepUserId ? { UsernsMode: 'keep-id' } : {}),
      Init: true,
      AutoRemove: false,
      RestartPolicy: { Name: 'no' },
      CapDrop: ['ALL'],
      SecurityOpt: [
        'no-new-privileges',
        ...(facts.seccompProfile === null ? [] : [`seccomp=${facts.seccompProfile}`]),
      ],
      ReadonlyRootfs: true,
      ...mountOptions(spec.mounts),
      Tmpfs: scratch(spec, facts.imageVolumes),
      ShmSize: Math.floor(limits.memoryBytes / 2),
      Memory: limits.memoryBytes,
      MemorySwap: limits.memoryBytes,
      NanoCpus: limits.cpuMillis * 1_000_000,
      PidsLimit: limits.pids,
      ...(limits.gpus > 0 ? { DeviceRequests: [gpuRequest(limits.gpus)] } : {}),
      // When the whole host runs out of memory, the kernel takes a container before it takes the node.
      OomScoreAdj: 500,
      Ulimits: [
        { Name: 'fsize', Soft: limits.fileBytes, Hard: limits.fileBytes },
        { Name: 'nofile', Soft: OPEN_FILES, Hard: OPEN_FILES },
        { Name: 'core', Soft: 0, Hard: 0 },
        ...(facts.mostProcesses === null
          ? []
          : [{ Name: 'nproc', Soft: facts.mostProcesses, Hard: facts.mostProcesses }]),
      ],
      // What the engine keeps of the output is read only by an adopting node; without a bound it would fill the host's disk.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '16m', 'max-file': '1' } },
    },
  };
}

/** `Binds` has no way to write paths with colons, and Podman reads `Mounts` as a line of CSV that it does not quote. */
function mountOptions(mounts: readonly Mount[]): Pick<HostConfig, 'Binds' | 'Mounts'> {
  const hasColon = ({ source }: Mount) => source.includes(':');
  return {
    Binds: mounts
      .filter((mount) => !hasColon(mount))
      .map(({ source, target, readOnly }) => `${source}:${target}${readOnly ? ':ro' : ''}`),
    Mounts: mounts.filter(hasColon).map(({ source, target, readOnly }) => ({
      Type: 'bind',
      Source: source,
      Target: target,
      ReadOnly: readOnly,
    })),
  };
}

/** As `docker run --gpus N`: whatever runtime of the vendor the site has installed finds that many. */
function gpuRequest(count: number) {
  return { Driver: '', Count: count, Capabilities: [['gpu']] };
}

/**
 * Memory-backed, so it counts towards the memory limit too. A volume that the image declares would be a folder on the host's disk without
 * any bound, so each becomes scratch as well.
 */
function scratch(spec: ContainerSpec, imageVolumes: readonly string[]): Record<string, string> {
  const options = `rw,exec,nosuid,nodev,mode=1777,size=${spec.limits.scratchBytes}`;
  const mounted = new Set(spec.mounts.map((mount) => mount.target));
  const paths = ['/tmp', '/var/tmp', ...imageVolumes].filter((path) => !mounted.has(path));
  return Object.fromEntries(paths.map((path) => [path, options]));
}

export function labelsOf(labels: ContainerLabels): Record<string, string> {
  return {
    'weir.node': labels.node,
    'weir.run': labels.run,
    'weir.attempt': labels.attempt,
    'weir.role': labels.role,
  };
}

export function hasLabels(
  found: Readonly<Record<string, string>> | undefined,
  wanted: ContainerLabels,
): boolean {
  return Object.entries(labelsOf(wanted)).every(([key, value]) => found?.[key] === value);
}
