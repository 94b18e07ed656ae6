import { expect, it } from 'vitest';
import type { ContainerSpec } from '../engine.ts';
import { type ApptainerFacts, execArguments } from './exec-arguments.ts';

const asRoot: ApptainerFacts = {
  user: { uid: 10001, gid: 10002 },
  asRoot: true,
  image: '/images/weir+python=3.sif',
  scratch: '/run/scratch',
  seccompProfile: null,
  limitByApptainer: false,
  devices: {},
};
const asUser: ApptainerFacts = { ...asRoot, asRoot: false, scratch: null };

function args(facts: Partial<ApptainerFacts> = {}, changes: Partial<ContainerSpec> = {}, gpus = 0): string[] {
  const spec: ContainerSpec = {
    name: 'weir-n-1-1-prediction',
    labels: { node: 'n', run: '1', attempt: '1', role: 'prediction' },
    image: { reference: 'weir/python:3', digest: null },
    command: ['python3', 'a b', '$HOME'],
    workingDirectory: '/app/program',
    environment: { GIVEN: 'a,b $x' },
    mounts: [],
    limits: { memoryBytes: 1000, cpuMillis: 1500, pids: 7, gpus, seconds: 1, scratchBytes: 1, fileBytes: 1 },
    denyLinks: false,
    ...changes,
  };
  return execArguments(spec, { ...asRoot, ...facts });
}

it('is the whole command line, in this order', () => {
  expect(args()).toEqual([
    ...['apptainer', '--silent', 'exec'],
    ...['--containall', '--cleanenv', '--no-home', '--no-eval', '--no-umask'],
    ...['--no-mount', 'bind-paths,hostfs'],
    ...['--net', '--network', 'none', '--hostname', 'weir'],
    ...['--no-privs', '--drop-caps', 'all', '--security', 'uid:10001', '--security', 'gid:10002'],
    ...['--workdir', '/run/scratch', '--pwd', '/app/program'],
    '/images/weir+python=3.sif',
    ...['/usr/bin/env', 'HOME=/tmp', 'USER=weir', 'LOGNAME=weir', 'GIVEN=a,b $x'],
    ...['python3', 'a b', '$HOME'],
  ]);
});

it('asks for nothing that takes root when it is not', () => {
  expect(args(asUser)).not.toContain('--security');
  expect(args(asUser)).not.toContain('--workdir');
});

it('never makes the root writable', () => {
  expect(args().join(' ')).not.toContain('--writable');
});

it('mounts, also where paths hold commas and quotes', () => {
  const mounts = [
    { source: '/data/in', target: '/app/input_data', readOnly: true },
    { source: '/data/a,"b"', target: '/app/output', readOnly: false },
  ];
  const line = args({}, { mounts });
  expect(line.filter((_, index) => line[index - 1] === '--mount')).toEqual([
    'type=bind,source=/data/in,destination=/app/input_data,ro',
    'type=bind,"source=/data/a,""b""",destination=/app/output',
  ]);
});

it('restricts system calls by a profile', () => {
  expect(args({ seccompProfile: '/p.json' }).join(' ')).toContain('--security seccomp:/p.json');
});

it('leaves limits to Apptainer where there is nobody else', () => {
  const limits = '--memory 1000 --memory-swap 1000 --cpus 1.5 --pids-limit 7';
  expect(args({ limitByApptainer: true }).join(' ')).toContain(limits);
  expect(args().join(' ')).not.toContain('--memory');
});

it('shows GPUs, and those alone that the cluster gave, where a run may have some', () => {
  const given = args({ devices: { CUDA_VISIBLE_DEVICES: '1' } }, {}, 1);
  expect(given).toContain('--nv');
  expect(given).toContain('CUDA_VISIBLE_DEVICES=1');
  expect(args()).not.toContain('--nv');
});
