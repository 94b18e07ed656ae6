import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { describeEngine } from '../conformance.ts';
import type { ContainerSpec } from '../engine.ts';
import { ImageUnavailableError } from '../errors.ts';
import { DockerEngine } from './docker-engine.ts';

const image = process.env.WEIR_TEST_IMAGE ?? 'weir/python:3';
const open = () => DockerEngine.connect({ host: process.env.DOCKER_HOST });

describeEngine('docker', { open, image, limitsWholeContainers: true });

it('adopts a container of an earlier life, with its whole output', { timeout: 30_000 }, async () => {
  await using engine = await open();
  const command = ['sh', '-c', 'echo early; sleep 2; echo late; exit 7'];
  const spec: ContainerSpec = {
    name: `weir-adoption-${process.pid}`,
    labels: { node: 'adoption', run: '1', attempt: '1', role: 'prediction' },
    image: await engine.prepareImage(image, AbortSignal.timeout(10_000)),
    command,
    workingDirectory: '/tmp',
    environment: {},
    mounts: [],
    limits: {
      memoryBytes: 2 ** 28,
      cpuMillis: 1000,
      pids: 16,
      gpus: 0,
      seconds: 60,
      scratchBytes: 2 ** 20,
      fileBytes: 2 ** 20,
    },
    denyLinks: false,
  };
  await killOnceItPrints(spec);

  let output = '';
  const exit = await engine.run(spec, {
    signal: new AbortController().signal,
    onOutput: (_stream, bytes) => {
      output += Buffer.from(bytes).toString();
    },
  });
  expect(exit).toEqual({ kind: 'exited', code: 7 });
  expect(output).toBe('early\nlate\n');
});

it('says so when an image cannot be had', { timeout: 60_000 }, async () => {
  await using engine = await open();
  const prepared = engine.prepareImage('127.0.0.1:9/nobody/nothing:1', AbortSignal.timeout(50_000));
  await expect(prepared).rejects.toThrow(ImageUnavailableError);
});

/** Runs the container from another process, a node that is then killed with its container running. */
async function killOnceItPrints(spec: ContainerSpec): Promise<void> {
  const program = `
    const { DockerEngine } = await import(${JSON.stringify(new URL('./docker-engine.ts', import.meta.url).href)});
    const engine = await DockerEngine.connect({ host: process.env.DOCKER_HOST });
    await engine.run(${JSON.stringify(spec)}, {
      signal: new AbortController().signal,
      onOutput: (stream, bytes) => process.stdout.write(bytes),
    });`;
  const node = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(node.stdout, 'data');
  node.kill('SIGKILL');
  await once(node, 'exit');
}
