import { expect, test } from 'vitest';
import { codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';
import type { TestNode } from '../harness/test-node.ts';
import { waitFor } from '../harness/wait-for.ts';

test('a pause at the console is told at the hub, to stewards and to whoever waits, and outlives the process', async () => {
  await using network = await TestNetwork.start();
  const node = await network.addNode({ site: 'north', slots: 1 });
  const challenge = await network.addChallenge(scriptedBundle('scores={"score":0.5}'));
  const ada = await network.addParticipant('ada', challenge);
  const site = () => network.administrator.trpc.sites.get.query({ site: 'north' });
  const untilPaused = (paused: boolean) =>
    waitFor(`the hub to know that the node ${paused ? 'rests' : 'works'}`, site, ({ nodes }) =>
      nodes.every((each) => each.online && each.paused === paused),
    );

  await press(node, '/pause');
  await untilPaused(true);
  const id = await ada.submit(challenge.phaseId, codeSubmission());
  const sentence = expect.stringContaining('paused its node');
  expect(await ada.submission(id)).toMatchObject({ status: 'Submitted', waiting: sentence });

  await node.kill();
  await node.run();
  await untilPaused(true);
  expect(await ada.submission(id)).toMatchObject({ status: 'Submitted', waiting: sentence });

  await press(node, '/resume');
  expect(await ada.submissionOver(id)).toMatchObject({ status: 'Finished' });
  await untilPaused(false);
});

/** Enters the console as the steward, and presses a button of its overview. */
async function press(node: TestNode, path: '/pause' | '/resume'): Promise<void> {
  const address = new URL(await node.consoleAddress());
  const entered = await fetch(address);
  expect(entered.status).toBe(200);
  const [cookie = ''] = (entered.headers.get('set-cookie') ?? '').split(';');
  const headers = { cookie, origin: address.origin, 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await fetch(new URL(path, address), { method: 'POST', headers, redirect: 'manual' });
  expect(answer.status).toBe(303);
}
