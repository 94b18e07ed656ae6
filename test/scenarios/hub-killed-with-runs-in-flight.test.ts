import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import type { Person } from '../harness/person.ts';
import { TestNetwork } from '../harness/test-network.ts';
import { waitFor } from '../harness/wait-for.ts';

const SUBMISSIONS = 12;

/** With its own PostgreSQL, so that a server left behind has to be taken over, too. */
let network: TestNetwork;
const submitted: number[] = [];

beforeAll(async () => {
  network = await TestNetwork.start({ database: 'embedded' });
});
afterAll(() => network[Symbol.asyncDispose]());

test('a submission that was acknowledged just before the hub was killed is there and runs', async () => {
  const { hub } = network;
  const challenge = await network.addChallenge(scriptedBundle('scores={"score":0.5}'));
  const ada = await network.addParticipant('ada', challenge);
  const id = await ada.submit(challenge.phaseId, codeSubmission());
  submitted.push(id);
  await hub.process.kill();
  await hub.restart();
  expect(await ada.submission(id)).toMatchObject({ status: 'Submitted' });
  await network.addNode({ site: 'north' });
  expect(await ada.submissionOver(id)).toMatchObject({ status: 'Finished', scores: [{ raw: 0.5 }] });
  await expectExactlyOnce(hub, submitted);
});

test('a hub killed while runs wait, run and report loses nothing, doubles nothing, leaves nothing stuck', async () => {
  const { hub } = network;
  const south = await network.addNode({ site: 'south' });
  const challenge = await network.addChallenge(
    scriptedBundle('prediction.sleep=300,scoring.sleep=300', { submissionRule: 'Add' }),
  );
  const grace = await network.addParticipant('grace', challenge);
  for (let index = 0; index < SUBMISSIONS; index++)
    submitted.push(await grace.submit(challenge.phaseId, codeSubmission()));

  for (const finished of [1, 4, 7]) {
    await finishedAtLeast(grace, challenge.phaseId, finished);
    await hub.process.kill();
    await hub.restart();
  }

  await finishedAtLeast(grace, challenge.phaseId, SUBMISSIONS);
  await expectExactlyOnce(hub, submitted);
  south.process.assertRunning();
});

async function finishedAtLeast(person: Person, phaseId: number, count: number): Promise<void> {
  await waitFor(
    `${count} submissions to be finished`,
    async () => {
      const { items } = await person.trpc.submissions.mine.query({ phaseId, limit: 100 });
      return items.map(({ status }) => status);
    },
    (all) => all.filter((status) => status === 'Finished').length >= count,
    { within: 60_000 },
  );
}
