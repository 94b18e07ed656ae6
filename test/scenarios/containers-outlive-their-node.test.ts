import { afterAll, beforeAll, expect, test } from 'vitest';
import { attemptOutcomes, expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, competitionBundle } from '../harness/challenge.ts';
import { containersOf } from '../harness/docker.ts';
import type { Person } from '../harness/person.ts';
import { type Challenge, TestNetwork } from '../harness/test-network.ts';
import type { TestNode } from '../harness/test-node.ts';
import { waitFor } from '../harness/wait-for.ts';

const SLOW = `import time
print("begun", flush=True)
time.sleep(4)
with open("/app/output/prediction.txt", "w") as out:
    out.write("0.5")
`;

let network: TestNetwork;
let north: TestNode;
let challenge: Challenge;
let ada: Person;
const submitted: number[] = [];

beforeAll(async () => {
  network = await TestNetwork.start();
  north = await network.addNode({ site: 'north', engine: 'docker', slots: 1 });
  challenge = await network.addChallenge(competitionBundle({ submissionRule: 'Add' }));
  ada = await network.addParticipant('ada', challenge);
});
afterAll(() => network[Symbol.asyncDispose]());

async function submitAndWaitForTheContainer(): Promise<number> {
  const id = await ada.submit(challenge.phaseId, codeSubmission(SLOW));
  submitted.push(id);
  await ada.submissionInState(id, 'predicting');
  await waitFor(
    'the container',
    async () => containersOf(await north.id()),
    (all) => all.length === 1,
  );
  return id;
}

async function expectNoContainers(): Promise<void> {
  await waitFor(
    'no container',
    async () => containersOf(await north.id()),
    (all) => all.length === 0,
  );
}

test('a node that is killed finds its container again and goes on', async () => {
  const id = await submitAndWaitForTheContainer();
  const [before] = await containersOf(await north.id());
  await north.kill();
  expect(await containersOf(await north.id())).toEqual([before]);
  await north.run();
  expect(await ada.submissionOver(id)).toMatchObject({ status: 'Finished', scores: [{ raw: 0.5 }] });
  expect(await attemptOutcomes(network.hub, id)).toEqual(['finished']);
  await expectNoContainers();
  await expectExactlyOnce(network.hub, submitted);
});

test('a node that comes back too late removes what it had begun', async () => {
  const id = await submitAndWaitForTheContainer();
  await north.kill();
  const south = await network.addNode({ site: 'south', engine: 'docker', slots: 1 });
  expect(await ada.submissionOver(id)).toMatchObject({ status: 'Finished', runs: [{ attempt: 2 }] });
  await south.process.stop();
  await north.run();
  await expectNoContainers();
  await expectExactlyOnce(network.hub, submitted);
});

test('a node that was frozen for longer than a lease gives up what is no longer its', async () => {
  const id = await submitAndWaitForTheContainer();
  north.process.freeze();
  const east = await network.addNode({ site: 'east', engine: 'docker', slots: 1 });
  await waitFor(
    'the run to be at the other node',
    async () => (await ada.submission(id)).runs[0]?.attempt,
    (attempt) => attempt === 2,
  );
  north.process.thaw();
  await expectNoContainers();
  expect(await ada.submissionOver(id)).toMatchObject({ status: 'Finished', runs: [{ attempt: 2 }] });
  expect(await attemptOutcomes(network.hub, id)).toEqual(['lost', 'finished']);
  east.process.assertRunning();
  await expectExactlyOnce(network.hub, submitted);
});
