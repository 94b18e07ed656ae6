import type { ContainerSpec, ContainerUser, Mount } from '../engine.ts';
import { floorEnvironment } from '../environment.ts';

export interface SandboxFacts {
  readonly user: ContainerUser;
  /** As root, bwrap makes the mounts with root's rights and `setpriv` then drops them; otherwise a user namespace gives it what it needs. */
  readonly asRoot: boolean;
  /** The host's software: what is bound read-only at the same place, and symbolic links such as /bin -> usr/bin. */
  readonly software: readonly HostPath[];
  /** File descriptors, open for reading in bwrap, of what becomes these files. */
  readonly passwd: number;
  readonly group: number;
  readonly hosts: number;
  /** bwrap writes its progress here as JSON: this tells its own failures from the command's. */
  readonly status: number;
  /** Without a control group, the user namespace counts the processes. */
  readonly countProcesses: boolean;
  /** A compiled seccomp filter. */
  readonly seccomp: number;
}

export type HostPath =
  | { readonly source: string; readonly target: string }
  | { readonly link: string; readonly target: string };

/** Where commands are looked for, inside as well as on the host. */
export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The command line of bwrap for one container, without `bwrap` itself. Everything that is not mounted here does not exist inside. */
export function sandboxArguments(spec: ContainerSpec, facts: SandboxFacts): string[] {
  const { limits } = spec;
  const environment = { PATH, LANG: 'C.UTF-8', ...floorEnvironment, ...spec.environment };
  return [
    ...isolation(facts.asRoot),
    ...['--json-status-fd', String(facts.status)],
    ...['--seccomp', String(facts.seccomp)],
    ...['--hostname', 'weir', '--chdir', spec.workingDirectory],
    ...Object.entries(environment).flatMap(([key, value]) => ['--setenv', key, value]),
    ...parents(facts.software),
    ...facts.software.flatMap((path) =>
      'link' in path ? ['--symlink', path.link, path.target] : ['--ro-bind', path.source, path.target],
    ),
    ...data(facts.passwd, '/etc/passwd'),
    ...data(facts.group, '/etc/group'),
    ...data(facts.hosts, '/etc/hosts'),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...tmpfs('/tmp', limits.scratchBytes),
    ...tmpfs('/var/tmp', limits.scratchBytes),
    ...tmpfs('/dev/shm', Math.floor(limits.memoryBytes / 2)),
    ...parents(spec.mounts),
    ...spec.mounts.flatMap(({ source, target, readOnly }) => [
      readOnly ? '--ro-bind' : '--bind',
      source,
      target,
    ]),
    // Last, so that the mount points above could be made.
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    '--',
    // From within the user namespace: from without, every process of the node's user would count.
    ...(facts.countProcesses ? ['prlimit', `--nproc=${limits.pids}`, '--'] : []),
    ...withoutPrivileges(facts),
    ...spec.command,
  ];
}

function isolation(asRoot: boolean): string[] {
  const namespaces = asRoot
    ? ['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try']
    : ['--unshare-all'];
  // What setpriv needs to become an unprivileged user; it gives these up as well.
  const forSetpriv = asRoot
    ? ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((c) => ['--cap-add', c])
    : [];
  return [
    ...namespaces,
    '--die-with-parent',
    '--new-session',
    '--clearenv',
    '--cap-drop',
    'ALL',
    ...forSetpriv,
  ];
}

/** Also in front of a command that needs no dropping, for its exit codes: 127 for not found, 126 for not executable. */
function withoutPrivileges({ asRoot, user }: SandboxFacts): string[] {
  const drop = asRoot
    ? ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups', '--bounding-set=-all']
    : [];
  return ['setpriv', ...drop, '--inh-caps=-all', '--ambient-caps=-all', '--no-new-privs', '--'];
}

/** The folders above the mount points, which bwrap would make for its own user alone. */
function parents(mounts: readonly Pick<Mount, 'target'>[]): string[] {
  const paths = mounts.flatMap(({ target }) => {
    const parts = target.split('/').slice(1, -1);
    return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
  });
  return [...new Set(paths)].flatMap((path) => ['--perms', '0755', '--dir', path]);
}

function tmpfs(path: string, bytes: number): string[] {
  return ['--perms', '1777', '--size', String(bytes), '--tmpfs', path];
}

function data(descriptor: number, path: string): string[] {
  return ['--perms', '0444', '--ro-bind-data', String(descriptor), path];
}
