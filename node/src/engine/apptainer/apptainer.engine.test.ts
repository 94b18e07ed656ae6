import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeEngine } from '../conformance.ts';
import type { ContainerSpec } from '../engine.ts';
import { EngineError, ImageUnavailableError } from '../errors.ts';
import { openTestApptainer, TEST_SIF } from '../testing/stand-in-apptainer.ts';
import { ApptainerEngine } from './apptainer-engine.ts';

const engine = await openTestApptainer();
const { limitsWholeContainers } = engine;

describeEngine('apptainer', { open: async () => engine, image: TEST_SIF, limitsWholeContainers });

it('is the fault of the site when apptainer cannot start a container', async () => {
  const mounts = [{ source: '/no/such/folder', target: '/app/input_data', readOnly: true }];
  await expect(run(await spec(['true'], { mounts }))).rejects.toThrow(EngineError);
});

it('is not when a program ends as apptainer would, having said something first', async () => {
  const exit = await run(await spec(['sh', '-c', 'echo on my own; echo FATAL: >&2; exit 255']));
  expect(exit).toEqual({ kind: 'exited', code: 255 });
});

it('says so when an image is neither there nor to be had', async () => {
  const signal = AbortSignal.timeout(10_000);
  await expect(engine.prepareImage('nobody/nothing:1', signal)).rejects.toThrow(ImageUnavailableError);
  const pulling = await ApptainerEngine.open({ images: '/tmp/weir-no-images', pull: true });
  await expect(pulling.prepareImage('127.0.0.1:9/nothing:1', signal)).rejects.toThrow(ImageUnavailableError);
});

async function spec(command: string[], changes: Partial<ContainerSpec> = {}): Promise<ContainerSpec> {
  return {
    name: `weir-apptainer-${randomUUID()}`,
    labels: { node: 'apptainer', run: '1', attempt: '1', role: 'prediction' },
    image: await engine.prepareImage(TEST_SIF, AbortSignal.timeout(10_000)),
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
    ...changes,
  };
}

function run(container: ContainerSpec) {
  return engine.run(container, { signal: new AbortController().signal, onOutput: () => undefined });
}
