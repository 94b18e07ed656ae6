import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FailureCode, LogStream } from '@weir/proto/node/v1';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedEngine } from '../engine/scripted/scripted-engine.ts';
import { runPrediction } from './prediction-step.ts';
import type { StepInput } from './result.ts';
import { runScoring } from './scoring-step.ts';
import { type Part, Workspace } from './workspace.ts';

let root: string;
let workspace: Workspace;
const engine = new ScriptedEngine();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'weir-steps-'));
  workspace = await Workspace.open(join(root, 'attempt'), engine.user);
});
afterEach(() => rm(root, { recursive: true }));

async function given(
  files: Readonly<Partial<Record<Part, Readonly<Record<string, string>>>>>,
): Promise<void> {
  for (const [part, contents] of Object.entries(files)) {
    for (const [name, content] of Object.entries(contents)) {
      const path = join(workspace.path(part as Part), name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
  }
}

function input(image: string, changes: Partial<StepInput> = {}): StepInput {
  return {
    labels: { node: 'n', run: '1', attempt: '1' },
    image: { reference: image, digest: null },
    workspace,
    limits: { stepSeconds: 5, memoryBytes: 2 ** 28, cpuMillis: 1000, pids: 10, gpus: 0, diskBytes: 2 ** 20 },
    ingestionDuringScoring: false,
    siteData: {},
    ...changes,
  };
}

const logged: [LogStream, number][] = [];
const deps = (signal = new AbortController().signal) => ({
  engine,
  minFreeBytes: 0,
  signal,
  onLog: (stream: LogStream, bytes: Uint8Array) => void logged.push([stream, bytes.length]),
});
const metadata = (command: string) => ({ metadata: `command: ${command}` });
const none = { exitCode: null, elapsedSeconds: null, ingestionExitCode: null, ingestionElapsedSeconds: null };

describe('prediction', () => {
  it('takes the files of a result as predictions', async () => {
    await given({ submission: { 'answer.csv': '1' } });
    expect(await runPrediction(input('scripted:'), deps())).toEqual({ kind: 'completed', times: none });
    expect(await readdir(workspace.path('predictions'))).toEqual(['answer.csv']);
  });

  it('does so again after a restart', async () => {
    await given({ submission: { 'answer.csv': '1' } });
    await runPrediction(input('scripted:'), deps());
    expect((await runPrediction(input('scripted:'), deps())).kind).toBe('completed');
    expect(await readdir(workspace.path('predictions'))).toEqual(['answer.csv']);
  });

  it('hands on as a whole after it was cut off in the middle of copying, and only once', async () => {
    await given({ submission: { 'model.py': 'x', 'weights.bin': 'y' }, ingestion: metadata('run') });
    await mkdir(join(workspace.root, 'predictions.unfinished'));
    await writeFile(join(workspace.root, 'predictions.unfinished', 'model.py'), 'torn');
    await runPrediction(input('scripted:'), deps());
    expect(await readFile(join(workspace.path('predictions'), 'model.py'), 'utf8')).toBe('x');
    await writeFile(join(workspace.path('predictions'), 'model.py'), 'changed by the ingestion program');
    await runPrediction(input('scripted:'), deps());
    expect(await readFile(join(workspace.path('predictions'), 'model.py'), 'utf8')).toContain('changed');
    expect(await readdir(workspace.root)).not.toContain('predictions.unfinished');
  });

  it('copies a submission without metadata when ingestion needs it as well', async () => {
    await given({ submission: { 'model.py': 'x' }, ingestion: metadata('run') });
    const result = await runPrediction(input('scripted:prediction-ingestion.exit=3'), deps());
    expect(result).toMatchObject({ kind: 'completed', times: { exitCode: null, ingestionExitCode: 3 } });
    expect(await readdir(workspace.path('predictions'))).toEqual(['model.py']);
    expect(await readdir(workspace.path('submission'))).toEqual(['model.py']);
  });

  it('does not copy one with metadata', async () => {
    await given({ submission: { metadata: 'description: x', 'model.py': 'x' }, ingestion: metadata('run') });
    expect(await runPrediction(input('scripted:'), deps())).toMatchObject({ kind: 'completed' });
    expect(await readdir(workspace.path('predictions'))).toEqual([]);
  });

  it('hands it to ingestion during scoring all the same, less its metadata', async () => {
    await given({ submission: { metadata: '', 'model.py': 'x' }, ingestion: metadata('run') });
    await runPrediction(input('scripted:', { ingestionDuringScoring: true }), deps());
    expect(await readdir(workspace.path('predictions'))).toEqual(['model.py']);
  });

  it('fails a submission that nothing can run', async () => {
    await given({ submission: { metadata: 'description: x' } });
    expect(await runPrediction(input('scripted:'), deps())).toEqual({
      kind: 'failed',
      failure: FailureCode.SUBMISSION_WITHOUT_COMMAND,
    });
  });

  it('does not mind how the program ends, and logs what it prints', async () => {
    await given({ submission: metadata('run') });
    logged.length = 0;
    const result = await runPrediction(input('scripted:exit=9,sleep=20,output=100'), deps());
    expect(result).toMatchObject({
      kind: 'completed',
      times: { ...none, exitCode: 9, elapsedSeconds: expect.any(Number) },
    });
    expect(logged).toEqual([
      [LogStream.PREDICTION_STDOUT, 80],
      [LogStream.PREDICTION_STDOUT, 20],
    ]);
  });

  it.each([
    ['oom', FailureCode.PREDICTION_MEMORY_LIMIT],
    ['engine-failed', FailureCode.ENGINE_FAILED],
  ])('%s', async (script, failure) => {
    await given({ submission: metadata('run') });
    expect(await runPrediction(input(`scripted:${script}`), deps())).toMatchObject({
      kind: 'failed',
      failure,
    });
  });

  it('shares one time limit, and stops every container at it', async () => {
    await given({ submission: metadata('run'), ingestion: metadata('run') });
    const limits = { ...input('').limits, stepSeconds: 0.1 };
    const result = await runPrediction(input('scripted:prediction.hang', { limits }), deps());
    expect(result).toEqual({ kind: 'failed', failure: FailureCode.PREDICTION_TIME_LIMIT });
    expect(engine.running.size).toBe(0);
  });

  it('stops at the disk limit while the program still runs', async () => {
    await given({ submission: metadata('run') });
    const running = runPrediction(input('scripted:hang'), deps());
    await expect.poll(() => engine.running.size).toBe(1);
    await writeFile(join(workspace.path('predictions'), 'big'), Buffer.alloc(2 << 20));
    expect(await running).toEqual({ kind: 'failed', failure: FailureCode.PREDICTION_DISK_LIMIT });
  });

  it('can be cancelled', async () => {
    await given({ submission: metadata('run') });
    const cancel = new AbortController();
    const running = runPrediction(input('scripted:hang'), deps(cancel.signal));
    await expect.poll(() => engine.running.size).toBe(1);
    cancel.abort();
    expect(await running).toEqual({ kind: 'cancelled' });
    expect(await runPrediction(input('scripted:'), deps(cancel.signal))).toEqual({ kind: 'cancelled' });
  });
});

describe('scoring', () => {
  const score = (image: string, changes: Partial<StepInput> = {}) =>
    runScoring(
      {
        ...input(image, changes),
        prediction: { ...none, exitCode: 0, elapsedSeconds: 1.5 },
        scoreKeys: ['score'],
      },
      deps(),
    );

  it('reads the scores, and tells the program how the prediction went', async () => {
    await given({ scoring: metadata('run'), predictions: { 'a.csv': '1' }, reference: { 'a.csv': '1' } });
    expect(await score('scripted:scores={"score":0.5,"other":2}')).toMatchObject({
      kind: 'completed',
      scores: { score: 0.5 },
      times: { exitCode: 0 },
    });
    expect(await readFile(join(workspace.path('predictions'), 'metadata'), 'utf8')).toContain(
      'elapsedTime: 1.5\nexitCode: 0\n',
    );
  });

  it('writes what it tells through no link that a program of an earlier life left in its place', async () => {
    await given({ scoring: metadata('run'), predictions: { 'a.csv': '1' } });
    const elsewhere = join(root, 'of the host');
    await writeFile(elsewhere, 'untouched');
    await symlink(elsewhere, join(workspace.path('predictions'), 'metadata'));
    expect((await score('scripted:scores={"score":0.5}')).kind).toBe('completed');
    expect(await readFile(elsewhere, 'utf8')).toBe('untouched');
  });

  it.each([
    ['exit=1', FailureCode.SCORING_FAILED],
    ['not-started', FailureCode.SCORING_FAILED],
    ['oom', FailureCode.SCORING_MEMORY_LIMIT],
    ['scores=none', FailureCode.SCORES_MISSING],
    ['scores=[1]', FailureCode.SCORES_UNREADABLE],
    ['scores={"score":NaN}', FailureCode.SCORES_OUT_OF_RANGE],
  ])('%s', async (script, failure) => {
    await given({ scoring: metadata('run') });
    expect(await score(`scripted:${script}`)).toEqual({ kind: 'failed', failure });
  });

  it.each(['program.py', 'deeper/metadata'])(
    'has no scores from a program without metadata at its root (%s)',
    async (name) => {
      await given({ scoring: { [name]: 'command: run' } });
      expect(await score('scripted:')).toEqual({ kind: 'failed', failure: FailureCode.SCORES_MISSING });
    },
  );

  it('keeps the name metadata for the platform', async () => {
    await given({ scoring: metadata('run'), 'score-output': { metadata: 'x' } });
    expect(await score('scripted:')).toEqual({ kind: 'failed', failure: FailureCode.SCORING_RESERVED_NAME });
  });

  describe('with ingestion beside it', () => {
    const beside = { ingestionDuringScoring: true };
    beforeEach(() =>
      given({ scoring: metadata('run'), ingestion: metadata('run'), predictions: { 'model.py': 'x' } }),
    );

    it('does not mind how ingestion ends', async () => {
      expect(await score('scripted:scoring-ingestion.exit=1', beside)).toMatchObject({
        kind: 'completed',
        times: { exitCode: 0, ingestionExitCode: 1 },
      });
    });

    it.each([
      ['scoring-ingestion.hang', FailureCode.PREDICTION_TIME_LIMIT],
      ['scoring.hang', FailureCode.SCORING_TIME_LIMIT],
      ['scoring-ingestion.oom,scoring.hang', FailureCode.PREDICTION_MEMORY_LIMIT],
      ['scoring.oom,scoring-ingestion.hang', FailureCode.SCORING_MEMORY_LIMIT],
      ['scoring.exit=1,scoring-ingestion.hang', FailureCode.SCORING_FAILED],
    ])('%s', async (script, failure) => {
      const limits = { ...input('').limits, stepSeconds: 0.2 };
      expect(await score(`scripted:${script}`, { ...beside, limits })).toEqual({ kind: 'failed', failure });
    });
  });
});
