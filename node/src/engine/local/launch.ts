import type { ContainerLimits } from '../engine.ts';

const OPEN_FILES = 16_384;

/**
 * Closes what the node inherited beyond the descriptors meant for the command ($1 is the last of them), enters the control groups ($2 of them follow),
 * and becomes the rest of the arguments. Nothing of a container's own passes through the shell's parser.
 */
const enterAndBecome = `
for open in /proc/self/fd/*; do open=\${open##*/}; if (( open > $1 )); then exec {open}>&-; fi; done
groups=$2; shift 2
for (( ; groups > 0; groups-- )); do echo 0 > "$1"; shift; done
exec "$@"`;

/** The whole command line: bash, then prlimit, then the command, each replacing the one before, so that all is limited from the first instruction. */
export function launchCommand(
  command: readonly string[],
  limits: ContainerLimits,
  lastDescriptor: number,
  entrances: readonly string[] | null,
): string[] {
  const groups = entrances ?? [];
  return [
    ...[
      '/bin/bash',
      '-ec',
      enterAndBecome,
      'launch',
      String(lastDescriptor),
      String(groups.length),
      ...groups,
    ],
    ...['prlimit', ...resourceLimits(limits, entrances === null), '--', ...command],
  ];
}

/**
 * In the place of a memory group stands the limit on what a process can write to (data), rather than on its addresses, of which many programs reserve
 * far more than they use.
 */
function resourceLimits(limits: ContainerLimits, insteadOfGroups: boolean): string[] {
  const always = [`--fsize=${limits.fileBytes}`, `--nofile=${OPEN_FILES}`, '--core=0'];
  return insteadOfGroups ? [...always, `--data=${limits.memoryBytes}`] : always;
}
