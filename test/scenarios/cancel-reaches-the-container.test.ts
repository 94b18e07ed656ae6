import { expect, test } from 'vitest';
import { codeSubmission, competitionBundle } from '../harness/challenge.ts';
import { containersOf } from '../harness/docker.ts';
import { TestNetwork } from '../harness/test-network.ts';
import { waitFor } from '../harness/wait-for.ts';

const FOR_EVER = `import time
print("sleeping", flush=True)
time.sleep(3600)
`;

test('cancelling removes the container at once; an entry that had not started is given back', async () => {
  await using network = await TestNetwork.start();
  const node = await network.addNode({ site: 'north', engine: 'docker', slots: 1 });
  const nodeId = await node.id();
  const challenge = await network.addChallenge(competitionBundle({ maxSubmissions: 5 }));
  const ada = await network.addParticipant('ada', challenge);
  const used = async () =>
    (await ada.trpc.submissions.allowance.query({ phaseId: challenge.phaseId })).usedInAll;

  const running = await ada.submit(challenge.phaseId, codeSubmission(FOR_EVER));
  const waiting = await ada.submit(challenge.phaseId, codeSubmission(FOR_EVER));
  await ada.submissionInState(running, 'predicting');
  await waitFor(
    'the container',
    () => containersOf(nodeId),
    (all) => all.length === 1,
  );
  expect(await used()).toBe(2);

  await ada.trpc.submissions.cancel.mutate({ id: waiting });
  expect(await ada.submission(waiting)).toMatchObject({ status: 'Cancelled' });
  expect(await used()).toBe(1);

  const { status } = await ada.trpc.submissions.cancel.mutate({ id: running });
  expect(status).toBe('Cancelled');
  await waitFor(
    'the container to be gone',
    () => containersOf(nodeId),
    (all) => all.length === 0,
    {
      within: 15_000,
    },
  );
  expect(await used()).toBe(1);

  const next = await ada.submit(
    challenge.phaseId,
    codeSubmission('open("/app/output/prediction.txt", "w").write("1")'),
  );
  expect(await ada.submissionOver(next)).toMatchObject({ status: 'Finished' });
  expect(await containersOf(nodeId)).toEqual([]);
});
