import { expect, it } from 'vitest';
import type { ContainerSpec } from '../engine.ts';
import { containerOptions } from './container-options.ts';

const facts = {
  user: { uid: 10001, gid: 10001 },
  imageVolumes: [],
  keepUserId: false,
  seccompProfile: null,
  mostProcesses: null,
};

function spec(gpus: number): ContainerSpec {
  return {
    name: 'weir-n-1-1-prediction',
    labels: { node: 'n', run: '1', attempt: '1', role: 'prediction' },
    image: { reference: 'image', digest: null },
    command: ['run'],
    workingDirectory: '/app/program',
    environment: {},
    mounts: [],
    limits: { memoryBytes: 1, cpuMillis: 1, pids: 1, gpus, seconds: 1, scratchBytes: 1, fileBytes: 1 },
    denyLinks: false,
  };
}

it('asks for as many GPUs as the run may have, and for no device without', () => {
  expect(containerOptions(spec(2), facts).HostConfig?.DeviceRequests).toEqual([
    { Driver: '', Count: 2, Capabilities: [['gpu']] },
  ]);
  expect(containerOptions(spec(0), facts).HostConfig).not.toHaveProperty('DeviceRequests');
});

it('sets a limit on the processes of the user only where it was told one', () => {
  const limitsOf = (mostProcesses: number | null) =>
    containerOptions(spec(0), { ...facts, mostProcesses }).HostConfig?.Ulimits?.map(({ Name }) => Name);
  expect(limitsOf(null)).toEqual(['fsize', 'nofile', 'core']);
  expect(limitsOf(32768)).toEqual(['fsize', 'nofile', 'core', 'nproc']);
});
