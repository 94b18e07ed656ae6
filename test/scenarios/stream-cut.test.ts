import { afterAll, beforeAll, expect, test } from 'vitest';
import { attemptOutcomes, expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import { LEASE_MS } from '../harness/test-hub.ts';
import { TestNetwork, type WiredNode } from '../harness/test-network.ts';
import { waitFor } from '../harness/wait-for.ts';

const submitted: number[] = [];
let network: TestNetwork;
let north: WiredNode;

beforeAll(async () => {
  network = await TestNetwork.start();
  north = await network.addWiredNode({ site: 'north', slots: 1 });
});
afterAll(() => network[Symbol.asyncDispose]());

async function submit(name: string, seconds: number) {
  const script = `prediction.sleep=${seconds * 1000},scores={"score":0.5}`;
  const challenge = await network.addChallenge(scriptedBundle(script));
  const person = await network.addParticipant(name, challenge);
  const id = await person.submit(challenge.phaseId, codeSubmission());
  submitted.push(id);
  return { person, id };
}

test('a stream that is cut for less than a lease costs nothing: the node keeps its run', async () => {
  const { person, id } = await submit('ada', 2);
  await person.submissionInState(id, 'predicting');
  const before = north.timesWelcomed;
  north.stream.cut();
  await waitFor(
    'the connections to be gone',
    () => north.stream.connections,
    (count) => count === 0,
  );
  north.stream.restore();
  await waitFor(
    'the node to be welcomed again',
    () => north.timesWelcomed,
    (times) => times > before,
  );

  const { status, runs } = await person.submissionOver(id);
  expect(status).toBe('Finished');
  expect(runs).toMatchObject([{ attempt: 1, state: 'finished' }]);
  expect(await attemptOutcomes(network.hub, id)).toEqual(['finished']);
  await expectExactlyOnce(network.hub, submitted);
});

test('a stream that is cut for longer hands the run to another node, and the first one is stale', async () => {
  const { person, id } = await submit('grace', 1);
  await person.submissionInState(id, 'predicting');
  north.stream.cut();
  await waitFor(
    'the first node to have its outcome',
    () => north.process.log(),
    (log) => log.includes(`"run":"${id}"`) && log.split('"msg":"run ended"').length > submitted.length,
    { within: 10 * LEASE_MS },
  );
  await network.addNode({ site: 'south' });
  const { status, runs } = await person.submissionOver(id);
  expect(status).toBe('Finished');
  expect(runs).toMatchObject([{ attempt: 2, state: 'finished' }]);

  // Now the first node comes back with a report of its own, and has to give it up.
  north.stream.restore();
  await waitFor(
    'the late report to be answered as stale',
    () => north.process.log(),
    (log) => log.includes('the outcome came too late'),
    { within: 60_000 },
  );
  expect(await attemptOutcomes(network.hub, id)).toEqual(['lost', 'finished']);
  await expectExactlyOnce(network.hub, submitted);
});
