import { fileURLToPath } from 'node:url';
import type { ContainerSpec } from '../engine.ts';

const MiB = 2 ** 20;
/** What the job's own program takes beside the container. */
const OWN_MEMORY_MIB = 192;
/** For the start and the end around the container's time, which the node itself watches. */
const SPARE_SECONDS = 180;

export interface SlurmPlace {
  readonly partition: string | null;
  readonly account: string | null;
  readonly qos: string | null;
}

/** The mark by which a node finds its jobs. */
export function commentOf(nodeId: string): string {
  return `weir:${nodeId}`;
}

/** The options of sbatch for a container. */
export function submissionOptions(spec: ContainerSpec, log: string, place: SlurmPlace): string[] {
  const { memoryBytes, cpuMillis, seconds, gpus } = spec.limits;
  return [
    `--job-name=${spec.name}`,
    `--comment=${commentOf(spec.labels.node)}`,
    '--nodes=1',
    '--ntasks=1',
    `--cpus-per-task=${Math.max(1, Math.ceil(cpuMillis / 1000))}`,
    `--mem=${Math.ceil(memoryBytes / MiB) + OWN_MEMORY_MIB}M`,
    `--time=${Math.ceil((seconds + SPARE_SECONDS) / 60)}`,
    ...(gpus > 0 ? [`--gres=gpu:${gpus}`] : []),
    ...(place.partition === null ? [] : [`--partition=${place.partition}`]),
    ...(place.account === null ? [] : [`--account=${place.account}`]),
    ...(place.qos === null ? [] : [`--qos=${place.qos}`]),
    // An attempt is done again by the hub, with another number, and never behind its back.
    '--no-requeue',
    `--output=${log}`,
    '--open-mode=append',
    '--chdir=/',
  ];
}

/** The script: the node's own Node.js with the job's program, both on the file system that compute nodes see. */
export function submissionScript(root: string, name: string): string {
  const runner = fileURLToPath(new URL('./job-runner.ts', import.meta.url));
  const words = [process.execPath, runner, root, name].map(quoted);
  return `#!/bin/sh\nexec ${words.join(' ')}\n`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
