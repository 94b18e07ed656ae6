import type { ContainerLimits, ContainerSpec, ContainerUser, Mount } from '../engine.ts';
import { floorEnvironment } from '../environment.ts';

export interface ApptainerFacts {
  readonly user: ContainerUser;
  /** Root may become another user and use seccomp; everybody else is who they are. */
  readonly asRoot: boolean;
  /** The SIF file. */
  readonly image: string;
  /** A folder on bounded scratch that becomes /tmp and /var/tmp; null leaves them to Apptainer's session folder, which its settings bound. */
  readonly scratch: string | null;
  /** A file. */
  readonly seccompProfile: string | null;
  /** Where the node could make no control group, Apptainer is asked to, by way of systemd. */
  readonly limitByApptainer: boolean;
  /** What the cluster has given the job, such as CUDA_VISIBLE_DEVICES. */
  readonly devices: Readonly<Record<string, string>>;
}

/**
 * The command line of one container. `exec` runs it without an instance, so that it is this process's child; `--containall` keeps the host's folders,
 * processes and environment away and puts an init process in front; the root of a SIF file cannot be written. Entry points of the image are not used.
 *
 * The command goes behind `env`, which sets what Apptainer would not let be set (HOME) and answers 126 and 127 as shells do, where Apptainer's own answer
 * could not be told from a program's.
 */
export function execArguments(spec: ContainerSpec, facts: ApptainerFacts): string[] {
  const environment = { ...floorEnvironment, ...facts.devices, ...spec.environment };
  return [
    'apptainer',
    '--silent',
    'exec',
    '--containall',
    '--cleanenv',
    '--no-home',
    '--no-eval',
    '--no-umask',
    ...['--no-mount', 'bind-paths,hostfs'],
    ...['--net', '--network', 'none'],
    ...['--hostname', 'weir'],
    '--no-privs',
    ...['--drop-caps', 'all'],
    ...(facts.asRoot ? security(`uid:${facts.user.uid}`, `gid:${facts.user.gid}`) : []),
    ...(facts.seccompProfile === null ? [] : security(`seccomp:${facts.seccompProfile}`)),
    ...(facts.limitByApptainer ? limits(spec.limits) : []),
    ...(facts.scratch === null ? [] : ['--workdir', facts.scratch]),
    ...(spec.limits.gpus > 0 ? ['--nv'] : []),
    ...spec.mounts.flatMap((mount) => ['--mount', mountOption(mount)]),
    ...['--pwd', spec.workingDirectory],
    facts.image,
    '/usr/bin/env',
    ...Object.entries(environment).map(([key, value]) => `${key}=${value}`),
    ...spec.command,
  ];
}

function security(...options: string[]): string[] {
  return options.flatMap((option) => ['--security', option]);
}

function limits({ memoryBytes, cpuMillis, pids }: ContainerLimits): string[] {
  return [
    ...['--memory', String(memoryBytes), '--memory-swap', String(memoryBytes)],
    ...['--cpus', String(cpuMillis / 1000)],
    ...['--pids-limit', String(pids)],
  ];
}

/** In the form of `--mount`, a line of CSV, since `--bind` has no way to write paths with colons and commas. */
function mountOption({ source, target, readOnly }: Mount): string {
  const fields = ['type=bind', `source=${source}`, `destination=${target}`, ...(readOnly ? ['ro'] : [])];
  return fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}
