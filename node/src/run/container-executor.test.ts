import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type Assignment,
  type AssignmentSchema,
  FailureCode,
  LogLevel,
  LogStream,
  OutputKind,
  RefusalCode,
  RunState,
} from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import { DatasetRegistry } from '../data/registry.ts';
import { homeAt } from '../home/home.ts';
import { startNode } from '../index.ts';
import { Backoff } from '../link/backoff.ts';
import { FakeHub } from '../link/testing/fake-hub.ts';
import { ArtifactServer } from '../testing/artifact-server.ts';
import { enrolHome, testConfig } from '../testing/enrolled-home.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { waitFor } from '../testing/wait.ts';

const POLICY = {
  version: 1,
  hubs: 'any',
  competitions: 'any',
  submitters: 'any',
  images: 'any',
  programs: 'any',
  resources: { memory: '4GB', cpus: 4, step_seconds: 600, disk: '10GB' },
  egress: {
    hub_data: { logs: 'full', reports: 'yes', outputs: 'yes' },
    site_data: {
      logs: 'none',
      scores: { min_cases: 0, require_range: false },
      review: { scores: 'never', logs: 'never' },
      timing: { bucket: 'exact' },
    },
  },
  datasets: { sepsis: { competitions: 'any' } },
};

type AssignmentInit = Exclude<MessageInitShape<typeof AssignmentSchema>, Assignment>;

async function setUp(policy: object | null = POLICY) {
  const stack = new AsyncDisposableStack();
  const hub = stack.use(await FakeHub.start());
  const web = stack.use(await ArtifactServer.start());
  const folder = stack.use(await temporaryFolder());
  await enrolHome(folder.path, hub, { hubUrl: web.origin });
  // JSON is YAML.
  if (policy) await writeFile(join(folder.path, 'policy.yaml'), JSON.stringify(policy));
  const config = testConfig(folder.path, { executor: 'container' });
  const start = async () =>
    stack.use(await startNode(config, { backoff: new Backoff({ firstMs: 10, maxMs: 50 }) }));
  const assignment = async (image: string, changes: AssignmentInit = {}): Promise<AssignmentInit> => ({
    runId: 1n,
    attempt: 1,
    competitionId: 7n,
    competitionTitle: 'Sepsis',
    submitter: 'ada',
    image,
    limits: { stepSeconds: 5, memoryBytes: 1n << 30n, cpuMillis: 1000, pids: 64, diskBytes: 1n << 30n },
    submission: await web.addZip({ 'metadata.yaml': 'command: python predict.py' }),
    scoringProgram: await web.addZip({ 'metadata.yaml': 'command: python score.py' }),
    scoreColumns: [{ key: 'accuracy' }],
    logLevel: LogLevel.FULL,
    ...changes,
  });
  return {
    hub,
    web,
    home: folder.path,
    start,
    assignment,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test('a run goes through its states, leaves scores, logs and outputs, and nothing on the disk', async () => {
  await using setup = await setUp();
  const { hub, web, home, start, assignment } = setup;
  hub.enqueue(
    await assignment('scripted:scores={"accuracy":0.9,"extra":1},sleep=150,prediction.output=200', {
      outputs: [
        { kind: OutputKind.PREDICTION_RESULT, url: '/out/prediction', maxBytes: 1_000_000n },
        { kind: OutputKind.SCORING_RESULT, url: '/out/scoring', maxBytes: 1_000_000n },
        { kind: OutputKind.DETAILED_RESULT, url: '/out/report', maxBytes: 1_000_000n },
      ],
    }),
  );
  await start();
  await waitFor('the outcome', () => hub.outcomes[0]);
  expect(hub.outcomes[0]?.result).toMatchObject({ case: 'scores', value: { values: { accuracy: 0.9 } } });
  // The short states around these two may or may not be seen.
  const states = hub.progress.map(({ state }) => state);
  expect(states).toEqual(expect.arrayContaining([RunState.PREDICTING, RunState.SCORING]));
  expect(states).toEqual(states.toSorted((a, b) => a - b));
  expect([...web.outputs.keys()].sort()).toEqual(['/out/prediction', '/out/scoring']);
  expect(web.outputs.get('/out/scoring')?.subarray(0, 2).toString()).toBe('PK');
  await waitFor('the logs', () => hub.chunks.length > 0);
  expect(hub.chunks[0]).toMatchObject({ stream: LogStream.PREDICTION_STDOUT, sequence: 1 });
  await waitFor('the slot to be free', () => hub.credits === 4);
  expect(await readdir(join(home, 'runs'))).toEqual([]);
});

const failures: [string, FailureCode][] = [
  ['scripted:scores=none', FailureCode.SCORES_MISSING],
  ['scripted:scores={"accuracy":1e300}', FailureCode.SCORES_OUT_OF_RANGE],
  ['scripted:scoring.exit=3', FailureCode.SCORING_FAILED],
  ['scripted:prediction.oom', FailureCode.PREDICTION_MEMORY_LIMIT],
  ['scripted:scoring.oom', FailureCode.SCORING_MEMORY_LIMIT],
  ['scripted:image-unavailable', FailureCode.IMAGE_UNAVAILABLE],
  ['scripted:engine-failed', FailureCode.ENGINE_FAILED],
];
test.each(failures)('%s fails with its own code', async (image, code) => {
  await using setup = await setUp();
  const { hub, start, assignment } = setup;
  hub.enqueue(await assignment(image));
  await start();
  await waitFor('the outcome', () => hub.outcomes[0]);
  expect(hub.outcomes[0]?.result).toMatchObject({ case: 'failure', value: { code } });
});

test('a submission that is no archive is the participant’s fault, a program that is none the organizer’s', async () => {
  await using setup = await setUp();
  const { hub, web, start, assignment } = setup;
  const noArchive = web.add(Buffer.from('not a zip'));
  hub.enqueue(await assignment('scripted:', { submission: noArchive }));
  hub.enqueue(await assignment('scripted:', { runId: 2n, scoringProgram: noArchive }));
  const missing = { ...noArchive, url: '/gone', digest: `sha256:${'0'.repeat(64)}` };
  hub.enqueue(await assignment('scripted:', { runId: 3n, scoringProgram: missing }));
  await start();
  await waitFor('the outcomes', () => hub.outcomes.length === 3);
  const codes = new Map(
    hub.outcomes.map(({ attempt, result }) => [
      attempt?.runId,
      result.case === 'failure' && result.value.code,
    ]),
  );
  expect(codes.get(1n)).toBe(FailureCode.SUBMISSION_UNREADABLE);
  expect(codes.get(2n)).toBe(FailureCode.TASK_UNREADABLE);
  expect(codes.get(3n)).toBe(FailureCode.ARTIFACT_UNAVAILABLE);
});

test('without a policy nothing runs, and a change of it counts at once', async () => {
  await using setup = await setUp(null);
  const { hub, home, web, start, assignment } = setup;
  hub.enqueue(await assignment('scripted:scores={"accuracy":1}'));
  await start();
  await waitFor('the refusal', () => hub.outcomes[0]);
  expect(hub.outcomes[0]?.result).toMatchObject({ case: 'refusal', value: { code: RefusalCode.NO_POLICY } });
  expect(web.requests).toEqual([]);

  await writeFile(join(home, 'policy.yaml'), JSON.stringify(POLICY));
  hub.enqueue(await assignment('scripted:scores={"accuracy":1}', { runId: 2n }));
  await waitFor('the scores', () => hub.outcomes[1]);
  expect(hub.outcomes[1]?.result.case).toBe('scores');
});

test('a policy that says no in the middle stops the run before its next container', async () => {
  await using setup = await setUp();
  const { hub, home, start, assignment } = setup;
  hub.enqueue(await assignment('scripted:sleep=300'));
  await start();
  await waitFor('the prediction step', () => hub.progress.length > 0);
  await writeFile(join(home, 'policy.yaml'), JSON.stringify({ ...POLICY, submitters: [] }));
  await waitFor('the refusal', () => hub.outcomes[0]);
  expect(hub.outcomes[0]?.result).toMatchObject({ case: 'refusal', value: { code: RefusalCode.SUBMITTER } });
});

async function registerDataset(home: string): Promise<string> {
  const reference = join(home, 'reference');
  await mkdir(reference);
  await writeFile(join(reference, 'truth.csv'), 'patient,sepsis\n1,0\n');
  const registry = new DatasetRegistry(homeAt(home));
  await registry.add({
    name: 'sepsis',
    version: '1',
    input: null,
    reference,
    counts: { patients: 1 },
    synthetic: null,
  });
  return reference;
}

const SITE_DATA = { siteData: { name: 'sepsis', version: '1', reference: true } };

test('next to data of the site only announced scores leave: no logs, no outputs, no other keys', async () => {
  await using setup = await setUp();
  const { hub, web, home, start, assignment } = setup;
  await registerDataset(home);
  const outputs = [{ kind: OutputKind.SCORING_RESULT, url: '/out/scoring', maxBytes: 1_000_000n }];
  hub.enqueue(await assignment('scripted:scores={"accuracy":0.7},output=100', { ...SITE_DATA, outputs }));
  hub.enqueue(
    await assignment('scripted:scores={"accuracy":0.7,"patient_1":0}', { runId: 2n, ...SITE_DATA }),
  );
  await start();
  await waitFor('the outcomes', () => hub.outcomes.length === 2);
  const results = new Map(hub.outcomes.map(({ attempt, result }) => [attempt?.runId, result]));
  expect(results.get(1n)).toMatchObject({ case: 'scores', value: { values: { accuracy: 0.7 } } });
  expect(results.get(2n)).toMatchObject({ case: 'refusal', value: { code: RefusalCode.RELEASE } });
  expect(web.outputs.size).toBe(0);
  expect(hub.chunks).toEqual([]);
  expect(hub.hellos[0]?.datasets).toMatchObject([
    { name: 'sepsis', version: '1', hasInput: false, hasReference: true, counts: { patients: 1n } },
  ]);
});

test('data that changed, or is not there, is not evaluated', async () => {
  await using setup = await setUp();
  const { hub, home, start, assignment } = setup;
  const reference = await registerDataset(home);
  await appendFile(join(reference, 'truth.csv'), '2,1\n');
  hub.enqueue(await assignment('scripted:', SITE_DATA));
  await start();
  await waitFor('the outcome', () => hub.outcomes.length === 1);
  expect(hub.outcomes[0]?.result).toMatchObject({ value: { code: FailureCode.DATASET_CHANGED } });
  hub.enqueue(
    await assignment('scripted:', { runId: 2n, siteData: { name: 'sepsis', version: '2', reference: true } }),
  );
  await waitFor('the second outcome', () => hub.outcomes.length === 2);
  expect(hub.outcomes[1]?.result).toMatchObject({ value: { code: FailureCode.DATASET_MISSING } });
});

test('cancelling a run kills its container', async () => {
  await using setup = await setUp();
  const { hub, start, assignment } = setup;
  hub.enqueue(await assignment('scripted:hang'));
  await start();
  await waitFor('the prediction step', () => hub.progress.length > 0);
  hub.send({ message: { case: 'cancel', value: { attempt: { runId: 1n, attempt: 1 } } } });
  await waitFor('the outcome', () => hub.outcomes[0]);
  expect(hub.outcomes[0]?.result.case).toBe('cancelled');
});
