import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';
import { waitFor } from '../harness/wait-for.ts';

test('connections that the database drops, and a database that is killed, lose nothing', async () => {
  await using network = await TestNetwork.start({ database: 'embedded' });
  const { hub } = network;
  const node = await network.addNode({ site: 'north' });
  const challenge = await network.addChallenge(
    scriptedBundle('prediction.sleep=1500,scores={"score":0.5}', { submissionRule: 'Add' }),
  );
  const ada = await network.addParticipant('ada', challenge);

  const first = await ada.submit(challenge.phaseId, codeSubmission());
  await ada.submissionInState(first, 'predicting');
  await hub.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
  );
  expect(await ada.submissionOver(first)).toMatchObject({ status: 'Finished', scores: [{ raw: 0.5 }] });

  const second = await ada.submit(challenge.phaseId, codeSubmission());
  await ada.submissionInState(second, 'predicting');
  process.kill(await postmasterOf(hub.home), 'SIGKILL');
  // Without its database a hub is of no use: it ends, and whoever keeps it running starts both again.
  await waitFor(
    'the hub to end',
    () => hub.process.isRunning,
    (isRunning) => !isRunning,
  );
  await hub.restart();
  expect(await ada.submissionOver(second)).toMatchObject({ status: 'Finished', scores: [{ raw: 0.5 }] });
  node.process.assertRunning();
  await expectExactlyOnce(hub, [first, second]);
});

async function postmasterOf(home: string): Promise<number> {
  const file = await readFile(`${home}/hub/postgres/postmaster.pid`, 'utf8');
  return Number(file.split('\n')[0]);
}
