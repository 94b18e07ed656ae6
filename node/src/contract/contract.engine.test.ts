import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FailureCode, LogStream } from '@weir/proto/node/v1';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Engine, PreparedImage } from '../engine/engine.ts';
import { testEngines } from '../engine/testing/test-engines.ts';
import { zipOutput } from './outputs.ts';
import { runPrediction } from './prediction-step.ts';
import type { StepInput } from './result.ts';
import { runScoring } from './scoring-step.ts';
import { type Part, Workspace } from './workspace.ts';

type Files = Readonly<Partial<Record<Part, Readonly<Record<string, string>>>>>;

/** Counts equal lines of the prediction and the answers, and says how the prediction went. */
const scoring = {
  metadata: 'command: python3 $program/score.py $input $output\ndescription: "counts: equal lines"',
  'score.py': `
import json, os, sys
root, output = sys.argv[1:]
answers = open(root + '/ref/labels.csv').read().split()
given = open(root + '/res/predictions.csv').read().split()
equal = sum(a == b for a, b in zip(answers, given))
status = dict(line.split(': ') for line in open(root + '/res/metadata').read().splitlines())
json.dump({'score': equal / len(answers), 'Duration': float(status['elapsedTime'] or 'nan')}, open(output + '/scores.json', 'w'))
open(output + '/detailed_results.html', 'w').write('<p>done</p>')
`,
};
const task = {
  scoring,
  reference: { 'labels.csv': '1\n0\n1\n1\n' },
  'input-data': { 'cases.csv': '1\n0\n1\n0\n' },
};

describe.each(Object.entries(testEngines))('with %s', { timeout: 60_000 }, (name, open) => {
  let engine: Engine;
  let image: PreparedImage;
  let root: string;
  let workspace: Workspace;
  let output: Map<LogStream, string>;
  let attempt = 0;

  beforeAll(async () => {
    engine = await open();
    image = await engine.prepareImage(
      process.env.WEIR_TEST_IMAGE ?? 'weir/python:3',
      AbortSignal.timeout(10_000),
    );
  });
  afterAll(() => engine[Symbol.asyncDispose]());
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'weir-contract-'));
    workspace = await Workspace.open(join(root, 'attempt'), engine.user);
    output = new Map();
    attempt += 1;
  });
  afterEach(async () => {
    await workspace.remove();
    await rm(root, { recursive: true });
  });

  async function given(files: Files): Promise<void> {
    for (const [part, contents] of Object.entries(files) as [Part, Record<string, string>][]) {
      await workspace.make(part);
      for (const [file, content] of Object.entries(contents)) {
        const path = join(workspace.path(part), file);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      }
      await workspace.give(part);
    }
  }

  function input(changes: Partial<StepInput> = {}): StepInput {
    const limits = {
      stepSeconds: 20,
      memoryBytes: 2 ** 28,
      cpuMillis: 1000,
      pids: 50,
      gpus: 0,
      diskBytes: 4 << 20,
    };
    const labels = { node: `contract-${name}`, run: String(process.pid), attempt: String(attempt) };
    return { labels, image, workspace, limits, ingestionDuringScoring: false, siteData: {}, ...changes };
  }

  const deps = () => ({
    engine,
    minFreeBytes: 0,
    signal: new AbortController().signal,
    onLog: (stream: LogStream, bytes: Uint8Array) => {
      output.set(stream, (output.get(stream) ?? '') + Buffer.from(bytes).toString());
    },
  });

  async function bothSteps(changes: Partial<StepInput> = {}) {
    const prediction = await runPrediction(input(changes), deps());
    if (prediction.kind !== 'completed') return prediction;
    return runScoring({ ...input(changes), prediction: prediction.times, scoreKeys: ['score'] }, deps());
  }

  it('scores a submission that predicts', async () => {
    await given({
      ...task,
      submission: {
        'metadata.yaml': 'command: sh "$program/predict here.sh" $output',
        'predict here.sh': 'echo working; pwd; cp /app/input_data/cases.csv $1/predictions.csv; exit 3',
      },
    });
    expect(await bothSteps()).toMatchObject({
      kind: 'completed',
      scores: { score: 0.75 },
      times: { exitCode: 0 },
    });
    expect(output.get(LogStream.PREDICTION_STDOUT)).toBe('working\n/app/program\n');
    expect(await readFile(join(workspace.path('predictions'), 'metadata'), 'utf8')).toContain(
      'exitCode: 3\n',
    );
    expect(
      await zipOutput(
        { folder: workspace.path('score-output'), extra: {}, maxBytes: 1 << 20 },
        join(root, 'x.zip'),
      ),
    ).toBe(true);
  });

  it('scores a result', async () => {
    await given({ ...task, submission: { 'predictions.csv': '1\n0\n1\n1\n' } });
    const result = await bothSteps();
    // There was no program, so no time that the scoring program could read.
    expect(result).toEqual({ kind: 'failed', failure: FailureCode.SCORING_FAILED });
    expect(output.get(LogStream.SCORING_STDERR)).toContain("could not convert string to float: 'null'");
  });

  it('scores with ingestion of a submission that is a module', async () => {
    await given({
      ...task,
      ingestion: {
        metadata: 'command: python3 $ingestion_program/ingest.py $input $output $submission_program',
        'ingest.py':
          'import sys\nsys.path.insert(0, sys.argv[3])\nimport model\nopen(sys.argv[2] + "/predictions.csv", "w").write(model.predict(open(sys.argv[1] + "/cases.csv").read()))',
      },
      submission: { 'model.py': 'def predict(cases): return cases', metadata: 'description: a model' },
    });
    expect(await runPrediction(input(), deps())).toMatchObject({
      kind: 'completed',
      times: { ingestionExitCode: 0 },
    });
    expect(await readFile(join(workspace.path('predictions'), 'predictions.csv'), 'utf8')).toBe(
      '1\n0\n1\n0\n',
    );
  });

  it('lets ingestion and scoring talk through the shared folder, which shows no way to the answers', async () => {
    await given({
      ...task,
      scoring: {
        metadata: 'command: python3 /app/program/score.py',
        'score.py': `
import json, os, time
while not os.path.exists('/app/shared/asked'): time.sleep(0.02)
os.replace('/app/shared/asked', '/app/shared/seen')
print(os.path.exists('/app/shared/answers'), sorted(os.listdir('/app/output')))
json.dump({'score': float(open('/app/shared/seen').read())}, open('/app/output/scores.json', 'w'))`,
      },
      ingestion: {
        metadata: 'command: python3 /app/program/ingest.py',
        'ingest.py': `
import os, sys, time
sys.path.insert(0, '/app/ingested_program')
import model
try: os.symlink('/app/input/ref/labels.csv', '/app/shared/answers')
except OSError as error: print(error.errno)
print(os.path.exists('/app/input/ref'), os.path.exists('/app/input_data/cases.csv'))
open('/app/output/scores.json', 'w').write('{"score": 100}')
open('/app/shared/part', 'w').write(str(model.value))
os.rename('/app/shared/part', '/app/shared/asked')
while not os.path.exists('/app/shared/seen'): time.sleep(0.02)`,
      },
      submission: { 'model.py': 'value = 7' },
    });
    expect(await bothSteps({ ingestionDuringScoring: true })).toMatchObject({
      kind: 'completed',
      scores: { score: 7 },
    });
    expect(output.get(LogStream.SCORING_INGESTION_STDOUT)).toBe('1\nFalse True\n');
    expect(output.get(LogStream.SCORING_STDOUT)).toBe('False []\n');
  });

  it.each([
    [
      'a link to the answers',
      'ln -s /app/input/ref/labels.csv /app/output/predictions.csv',
      FailureCode.PREDICTION_OUTPUT_REFUSED,
    ],
    ['a pipe', 'mkfifo /app/output/predictions.csv', FailureCode.PREDICTION_OUTPUT_REFUSED],
    ['the reserved name', 'touch /app/output/metadata', FailureCode.PREDICTION_RESERVED_NAME],
    [
      'too much, in many files',
      'for i in 1 2 3 4 5 6 7 8; do head -c 1M /dev/zero > /app/output/$i; done; sleep 30',
      FailureCode.PREDICTION_DISK_LIMIT,
    ],
    [
      'too much, and ends',
      'for i in 1 2 3 4 5 6 7 8; do head -c 1M /dev/zero > /app/program/$i; done',
      FailureCode.PREDICTION_DISK_LIMIT,
    ],
    [
      'a file with holes',
      'truncate -s 4G /app/output/x || truncate -s 4M /app/output/x; truncate -s 4M /app/output/y',
      FailureCode.PREDICTION_DISK_LIMIT,
    ],
    ['too much memory', 'python3 -c "x = bytearray(10**9)"', FailureCode.PREDICTION_MEMORY_LIMIT],
  ])('stops a submission that makes %s', async (_what, script, failure) => {
    await given({ ...task, submission: { metadata: 'command: sh run.sh', 'run.sh': script } });
    expect(await bothSteps()).toEqual({ kind: 'failed', failure });
  });

  it('stops at the time limit', async () => {
    await given({ ...task, submission: { metadata: 'command: sleep 600' } });
    const limits = { ...input().limits, stepSeconds: 1 };
    expect(await bothSteps({ limits })).toEqual({
      kind: 'failed',
      failure: FailureCode.PREDICTION_TIME_LIMIT,
    });
  });

  it('opens what a program closed to itself', async () => {
    await given({
      ...task,
      submission: {
        metadata: 'command: sh run.sh',
        'run.sh':
          'cd /app/output; mkdir d; touch d/x; cp /app/input_data/cases.csv predictions.csv; chmod 0 d predictions.csv',
      },
    });
    expect(await bothSteps()).toMatchObject({ kind: 'completed', scores: { score: 0.75 } });
  });

  it('shows data of the site, and changes none of it', async () => {
    const site = join(root, 'site');
    await mkdir(join(site, 'ref'), { recursive: true });
    await mkdir(join(site, 'in'));
    await writeFile(join(site, 'in', 'cases.csv'), '1\n1\n1\n1\n');
    await writeFile(join(site, 'ref', 'labels.csv'), '1\n1\n1\n0\n');
    await given({
      scoring,
      submission: {
        metadata: 'command: sh run.sh',
        'run.sh':
          'cp /app/input_data/cases.csv /app/output/predictions.csv; rm -rf /app/input_data/* || true',
      },
    });
    const siteData = { input: join(site, 'in'), reference: join(site, 'ref') };
    expect(await bothSteps({ siteData })).toMatchObject({ kind: 'completed', scores: { score: 0.75 } });
    expect(await readdir(join(site, 'in'))).toEqual(['cases.csv']);
    expect((await stat(join(site, 'in', 'cases.csv'))).uid).toBe(process.getuid?.());
  });
});
