import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LogStream } from '@weir/proto/node/v1';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Engine, PreparedImage } from '../engine/engine.ts';
import { testEngines } from '../engine/testing/test-engines.ts';
import { runPrediction } from './prediction-step.ts';
import type { StepInput } from './result.ts';
import { runScoring } from './scoring-step.ts';
import { type Part, Workspace } from './workspace.ts';

/** What the reference data holds, in two halves, so that no program that looks for it holds it itself. */
const [HEAD, TAIL] = ['the answers are ', '0110100'];

/** Shows that the answers are there, and holds them open while the other container looks for them. */
const scorer = `
import json, os, time
answers = open('/app/input/ref/answers.txt')
found = answers.read() == ''.join(['${HEAD}', '${TAIL}'])
open('/app/shared/scoring', 'w').close()
while BESIDE and not os.path.exists('/app/shared/looked'): time.sleep(0.05)
json.dump({'score': int(found)}, open('/app/output/scores.json', 'w'))
`;

/** Participant code that knows where to look: it reads all it can reach, also through other processes, and where the host has the data. */
const seeker = (hostPaths: readonly string[]) => `
import os
sought = ''.join(['${HEAD}', '${TAIL}']).encode()
def look():
    roots = ['/app', '/tmp', '/var', '/dev/shm', '/home', '/root', '/mnt', '/media', '/srv', '/opt', '/run', *${JSON.stringify(hostPaths)}]
    for process in filter(str.isdigit, os.listdir('/proc')):
        roots += [f'/proc/{process}/{name}' for name in ['root/app', 'cwd', 'fd', 'map_files']]
        roots += [f'/proc/{process}/root{path}' for path in ${JSON.stringify(hostPaths)}]
    seen = 0
    for root in roots:
        for folder, _folders, files in os.walk(root):
            for file in files:
                path = os.path.join(folder, file)
                try:
                    if not os.path.isfile(path): continue
                    seen += 1
                    if sought in open(path, 'rb').read(1 << 20): return f'found {path}'
                except OSError: pass
    return 'nothing' if seen > 0 else 'not looked'
`;

describe.each(Object.entries(testEngines))('with %s', { timeout: 60_000 }, (name, open) => {
  let engine: Engine;
  let image: PreparedImage;
  let root: string;
  let workspace: Workspace;
  let output: Map<LogStream, string>;
  let attempt = 0;

  beforeAll(async () => {
    engine = await open();
    const reference = process.env.WEIR_TEST_IMAGE ?? 'weir/python:3';
    image = await engine.prepareImage(reference, AbortSignal.timeout(10_000));
  });
  afterAll(() => engine[Symbol.asyncDispose]());
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'weir-reference-'));
    workspace = await Workspace.open(join(root, 'attempt'), engine.user);
    output = new Map();
    attempt += 1;
  });
  afterEach(async () => {
    await workspace.remove();
    await rm(root, { recursive: true });
  });

  async function given(files: Partial<Record<Part, Record<string, string>>>): Promise<void> {
    for (const [part, contents] of Object.entries(files) as [Part, Record<string, string>][]) {
      await workspace.make(part);
      for (const [file, content] of Object.entries(contents)) {
        await mkdir(dirname(join(workspace.path(part), file)), { recursive: true });
        await writeFile(join(workspace.path(part), file), content);
      }
      await workspace.give(part);
    }
  }

  /** The reference data as a part of the task, or as data of the site. Every path of the host by which it could be had is told. */
  async function answers(place: 'task' | 'site') {
    const site = join(root, 'site');
    if (place === 'task') await given({ reference: { 'answers.txt': HEAD + TAIL } });
    else await mkdir(site).then(() => writeFile(join(site, 'answers.txt'), HEAD + TAIL));
    return {
      siteData: place === 'site' ? { reference: site } : {},
      look: seeker([root, site, workspace.path('reference')]),
    };
  }

  async function bothSteps(changes: Partial<StepInput>) {
    const input: StepInput = {
      labels: { node: `reference-${name}`, run: String(process.pid), attempt: String(attempt) },
      image,
      workspace,
      limits: {
        stepSeconds: 30,
        memoryBytes: 2 ** 28,
        cpuMillis: 1000,
        pids: 50,
        gpus: 0,
        diskBytes: 4 << 20,
      },
      ingestionDuringScoring: false,
      siteData: {},
      ...changes,
    };
    const deps = {
      engine,
      minFreeBytes: 0,
      signal: new AbortController().signal,
      onLog: (stream: LogStream, bytes: Uint8Array) => {
        output.set(stream, (output.get(stream) ?? '') + Buffer.from(bytes).toString());
      },
    };
    const prediction = await runPrediction(input, deps);
    if (prediction.kind !== 'completed') return prediction;
    return runScoring({ ...input, prediction: prediction.times, scoreKeys: ['score'] }, deps);
  }

  const program = (file: string, content: string) => ({
    metadata: `command: python3 /app/program/${file}`,
    [file]: content,
  });
  const scoring = (beside: boolean, more = '') =>
    program('score.py', scorer.replace('BESIDE', beside ? 'True' : 'False') + more);
  const scored = { kind: 'completed', scores: { score: 1 } };

  describe.each(['task', 'site'] as const)('reference data of the %s', (place) => {
    it('is out of reach of a submission, and of an ingestion program that imports one', async () => {
      const { look, siteData } = await answers(place);
      await given({
        scoring: scoring(false, `${look}\nprint(look())`),
        submission: { ...program('main.py', 'import model; print(model.look())'), 'model.py': look },
        ingestion: program(
          'ingest.py',
          'import sys\nsys.path.insert(0, "/app/ingested_program")\nimport model\nprint(model.look())',
        ),
      });
      expect(await bothSteps({ siteData })).toMatchObject(scored);
      expect(output.get(LogStream.PREDICTION_STDOUT)).toBe('nothing\n');
      expect(output.get(LogStream.PREDICTION_INGESTION_STDOUT)).toBe('nothing\n');
      // Where it is, such code does find it.
      expect(output.get(LogStream.SCORING_STDOUT)).toBe('found /app/input/ref/answers.txt\n');
    });

    it('is out of reach of participant code that runs beside the scoring program', async () => {
      const { look, siteData } = await answers(place);
      await given({
        scoring: scoring(true),
        submission: { 'model.py': look },
        ingestion: program(
          'ingest.py',
          `import os, sys, time
sys.path.insert(0, '/app/ingested_program')
import model
while not os.path.exists('/app/shared/scoring'): time.sleep(0.05)
print(model.look())
open('/app/shared/looked', 'w').close()`,
        ),
      });
      expect(await bothSteps({ siteData, ingestionDuringScoring: true })).toMatchObject(scored);
      expect(output.get(LogStream.SCORING_INGESTION_STDOUT)).toBe('nothing\n');
    });
  });
});
