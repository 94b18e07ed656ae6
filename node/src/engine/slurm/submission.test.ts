import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import type { ContainerLimits, ContainerSpec } from '../engine.ts';
import { submissionOptions, submissionScript } from './submission.ts';

const nowhere = { partition: null, account: null, qos: null };

function spec(limits: Partial<ContainerLimits> = {}): ContainerSpec {
  return {
    name: 'weir-n-1-1-prediction',
    labels: { node: 'n', run: '1', attempt: '1', role: 'prediction' },
    image: { reference: 'image', digest: null },
    command: ['run'],
    workingDirectory: '/app/program',
    environment: {},
    mounts: [],
    limits: {
      memoryBytes: 2 ** 30,
      cpuMillis: 1500,
      pids: 1,
      gpus: 0,
      seconds: 3600,
      scratchBytes: 1,
      fileBytes: 1,
      ...limits,
    },
    denyLinks: false,
  };
}

it('asks for what the container may have, and a little for itself', () => {
  expect(submissionOptions(spec(), '/jobs/slurm.log', nowhere)).toEqual([
    '--job-name=weir-n-1-1-prediction',
    '--comment=weir:n',
    '--nodes=1',
    '--ntasks=1',
    '--cpus-per-task=2',
    '--mem=1216M',
    '--time=63',
    '--no-requeue',
    '--output=/jobs/slurm.log',
    '--open-mode=append',
    '--chdir=/',
  ]);
});

it('asks for GPUs as generic resources', () => {
  expect(submissionOptions(spec({ gpus: 2 }), '/log', nowhere)).toContain('--gres=gpu:2');
});

it('goes where the site says', () => {
  const place = { partition: 'gpu', account: 'weir', qos: 'low' };
  expect(submissionOptions(spec(), '/log', place)).toEqual(
    expect.arrayContaining(['--partition=gpu', '--account=weir', '--qos=low']),
  );
});

it('writes paths into the script so that the shell reads them as they are', () => {
  const script = submissionScript(`/odd $(touch x) 'folder`, 'name').replace('exec ', 'printf "%s\\n" ');
  const words = execFileSync('/bin/sh', ['-c', script]).toString().trimEnd().split('\n');
  expect(words.slice(2)).toEqual([`/odd $(touch x) 'folder`, 'name']);
});
