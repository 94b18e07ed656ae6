import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ContainerRole, ContainerSpec } from '../engine.ts';
import { EngineError, ImageUnavailableError } from '../errors.ts';
import { parseScript } from './script.ts';
import { ScriptedEngine } from './scripted-engine.ts';

let output: string;
beforeEach(async () => {
  output = await mkdtemp(join(tmpdir(), 'weir-scripted-'));
});
afterEach(() => rm(output, { recursive: true }));

function spec(reference: string, role: ContainerRole): ContainerSpec {
  return {
    name: `weir-n-1-1-${role}`,
    labels: { node: 'n', run: '1', attempt: '1', role },
    image: { reference, digest: null },
    command: ['anything'],
    workingDirectory: '/app/program',
    environment: {},
    mounts: [{ source: output, target: '/app/output', readOnly: false }],
    limits: { memoryBytes: 1, cpuMillis: 1, pids: 1, gpus: 0, seconds: 1, scratchBytes: 1, fileBytes: 1 },
    denyLinks: false,
  };
}

function run(reference: string, role: ContainerRole = 'prediction', signal = new AbortController().signal) {
  return new ScriptedEngine().run(spec(reference, role), { signal, onOutput: () => {} });
}

it('writes the scores of the scoring role, and nothing else', async () => {
  expect(await run('scripted:scores={"a":1,"b":{"c":2}},sleep=1')).toEqual({ kind: 'exited', code: 0 });
  expect(await readdir(output)).toEqual([]);
  await run('scripted:scores={"a":1,"b":{"c":2}},sleep=1', 'scoring');
  expect(await readFile(join(output, 'scores.json'), 'utf8')).toBe('{"a":1,"b":{"c":2}}');
});

it.each([
  ['exit=3', { kind: 'exited', code: 3 }],
  ['not-started', { kind: 'exited', code: 127 }],
  ['oom', { kind: 'out-of-memory' }],
  ['scoring.oom', { kind: 'exited', code: 0 }],
  ['prediction.exit=4,scoring.exit=5', { kind: 'exited', code: 4 }],
  ['prediction-ingestion.exit=4', { kind: 'exited', code: 0 }],
])('%s', async (script, exit) => {
  expect(await run(`scripted:${script}`)).toEqual(exit);
});

it('does by default what it was made for, with images of other names', async () => {
  const engine = new ScriptedEngine({ script: 'exit=6' });
  const watch = { signal: new AbortController().signal, onOutput: () => {} };
  expect(await engine.run(spec('python:3', 'prediction'), watch)).toEqual({ kind: 'exited', code: 6 });
});

it.each(['hang', 'sleep=60000'])('is killed on abort (%s)', async (script) => {
  expect(await run(`scripted:${script}`, 'prediction', AbortSignal.timeout(20))).toEqual({ kind: 'killed' });
});

it('fails as engines do', async () => {
  await expect(run('scripted:engine-failed')).rejects.toThrow(EngineError);
  await expect(new ScriptedEngine().prepareImage('scripted:image-unavailable')).rejects.toThrow(
    ImageUnavailableError,
  );
});

it('refuses words that it does not know', () => {
  expect(() => parseScript('scripted:explode', 'scoring')).toThrow('explode');
  expect(() => parseScript('scripted:sleep=long', 'scoring')).toThrow('sleep=long');
});
