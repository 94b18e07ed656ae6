import { afterAll, beforeAll, expect, test } from 'vitest';
import { attemptOutcomes, expectExactlyOnce } from '../harness/accounting.ts';
import { type BundleOptions, codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import type { Person } from '../harness/person.ts';
import { type Challenge, TestNetwork, type WiredNode } from '../harness/test-network.ts';
import { waitFor } from '../harness/wait-for.ts';

const SCRIPT = 'prediction.sleep=800,scoring.sleep=800,scores={"score":0.5}';

/** The submissions of all tests: at the end each must have been scored exactly once. */
const submitted: number[] = [];
let network: TestNetwork;
let node: WiredNode;

beforeAll(async () => {
  network = await TestNetwork.start();
  node = await network.addWiredNode({ site: 'north', slots: 1 });
});
afterAll(() => network[Symbol.asyncDispose]());

let people = 0;
async function submit(
  options: BundleOptions = {},
): Promise<{ ada: Person; id: number; challenge: Challenge }> {
  const challenge = await network.addChallenge(scriptedBundle(SCRIPT, options));
  const ada = await network.addParticipant(`ada${++people}`, challenge);
  const id = await ada.submit(challenge.phaseId, codeSubmission());
  submitted.push(id);
  return { ada, id, challenge };
}

async function expectOneResult({ ada, id, challenge }: Awaited<ReturnType<typeof submit>>): Promise<void> {
  const submission = await ada.submissionOver(id);
  expect(submission).toMatchObject({ status: 'Finished', explanation: null, scores: [{ raw: 0.5 }] });
  const { rows } = await ada.trpc.leaderboards.get.query({ phaseId: challenge.phaseId });
  expect(rows).toHaveLength(1);
  expect((await attemptOutcomes(network.hub, id)).filter((outcome) => outcome === 'finished')).toHaveLength(
    1,
  );
  await expectExactlyOnce(network.hub, submitted);
}

test('killed while preparing', async () => {
  node.web.hold();
  const entry = await submit();
  await entry.ada.submissionInState(entry.id, 'preparing');
  await node.kill();
  node.web.cut();
  node.web.restore();
  await node.run();
  await expectOneResult(entry);
});

test.each(['predicting', 'scoring'] as const)('killed while %s', async (state) => {
  const entry = await submit();
  await entry.ada.submissionInState(entry.id, state);
  await node.kill();
  await node.run();
  await expectOneResult(entry);
});

test('killed while reviewing what may leave', async () => {
  const entry = await submit();
  await entry.ada.submissionInState(entry.id, 'scoring');
  // The outputs are delivered before the outcome stands.
  node.web.hold();
  await entry.ada.submissionInState(entry.id, 'reviewing');
  await node.kill();
  node.web.cut();
  node.web.restore();
  await node.run();
  await expectOneResult(entry);
});

test('killed while reporting, with the outcome on its disk', async () => {
  const entry = await submit();
  await entry.ada.submissionInState(entry.id, 'scoring');
  node.stream.cut();
  const ended = () => node.process.log().includes(`"run":"${entry.id}"`) && node.process.lastWords(50);
  await waitFor(
    'the run to end at the node',
    ended,
    (log) => log !== false && log.includes('"msg":"run ended"'),
  );
  await node.kill();
  const run = (await entry.ada.submission(entry.id)).runs[0];
  expect(run?.finishedAt).toBeNull();
  node.stream.restore();
  await node.run();
  await expectOneResult(entry);
});

test('killed again and again', async () => {
  const entry = await submit();
  for (const state of ['predicting', 'predicting', 'scoring'] as const) {
    await entry.ada.submissionInState(entry.id, state);
    await node.kill();
    await node.run();
  }
  await expectOneResult(entry);
});
