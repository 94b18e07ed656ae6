import { setTimeout as delay } from 'node:timers/promises';
import { FailureCode } from '@weir/proto/node/v1';
import { expect, it } from 'vitest';
import type { ContainerSpec, ContainerWatch } from '../engine/engine.ts';
import { ScriptedEngine } from '../engine/scripted/scripted-engine.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { executeStep, type Step } from './execute-step.ts';

/** An engine whose containers began at another moment than the call: waited for their turn, or adopted. */
class ShiftedEngine extends ScriptedEngine {
  readonly #startedMsAgo: number;
  readonly #waitMs: number;

  constructor(shift: { startedMsAgo?: number; waitMs?: number }) {
    super({ script: 'sleep=300' });
    this.#startedMsAgo = shift.startedMsAgo ?? 0;
    this.#waitMs = shift.waitMs ?? 0;
  }

  override async run(spec: ContainerSpec, watch: ContainerWatch) {
    await delay(this.#waitMs);
    return super.run(spec, {
      signal: watch.signal,
      onOutput: watch.onOutput,
      onStarted: (since) => watch.onStarted?.(new Date(since.getTime() - this.#startedMsAgo)),
    });
  }
}

function step(stepSeconds: number): Step {
  return {
    containers: [{ kind: 'program', role: 'prediction', command: ['run'], mounts: [], denyLinks: false }],
    labels: { node: 'n', run: '1', attempt: '1' },
    image: { reference: 'image', digest: null },
    limits: { stepSeconds, memoryBytes: 1, cpuMillis: 1, pids: 1, gpus: 0, diskBytes: 1 },
  };
}

const deps = (engine: ScriptedEngine) => ({
  engine,
  minFreeBytes: 0,
  signal: new AbortController().signal,
  onLog: () => undefined,
});

it('counts the time before the node was restarted', async () => {
  const end = await executeStep(step(60), false, deps(new ShiftedEngine({ startedMsAgo: 59_900 })));
  expect(end).toEqual({ kind: 'limit', limit: 'time', by: 'program' });
});

it('is cancelled also while it still looks at what is on disk', async () => {
  const cancel = new AbortController();
  const end = executeStep(step(60), false, { ...deps(new ScriptedEngine()), signal: cancel.signal });
  cancel.abort();
  expect(await end).toEqual({ kind: 'cancelled' });
});

it('does not count waiting for a turn', async () => {
  const end = await executeStep(step(1), false, deps(new ShiftedEngine({ waitMs: 1_200 })));
  expect(end).toMatchObject({ kind: 'completed', times: { exitCode: 0 } });
});

it('tells scoring programs how long the program ran, its time before the restart included', async () => {
  const end = await executeStep(step(60), false, deps(new ShiftedEngine({ startedMsAgo: 10_000 })));
  expect(end).toMatchObject({ kind: 'completed', times: { elapsedSeconds: expect.closeTo(10.3, 0) } });
});

it('ends when the disk has too little room, as the fault of the site', async () => {
  await using folder = await temporaryFolder();
  const [container] = step(60).containers;
  const mounts = [{ source: folder.path, target: '/app/output', readOnly: false }];
  const writing = { ...step(60), containers: [{ ...container!, mounts }] };
  const engine = new ScriptedEngine({ script: 'hang' });
  const end = await executeStep(writing, false, { ...deps(engine), minFreeBytes: Number.MAX_SAFE_INTEGER });
  expect(end).toMatchObject({ kind: 'engine-failed', failure: FailureCode.NODE_DISK_FULL });
});
