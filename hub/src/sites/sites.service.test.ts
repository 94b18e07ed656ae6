import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPeople, createTestChallenge, type TestChallenge } from '../http/testing/test-challenge.ts';
import { createTestHub, type TestHub } from '../http/testing/test-hub.ts';

let hub: TestHub;
let challenge: TestChallenge;
beforeAll(async () => {
  hub = await createTestHub();
  challenge = await createTestChallenge(hub, await createPeople(hub));
});
afterAll(() => hub[Symbol.asyncDispose]());

/** Resolves when the stream of the node, if it had one, would be told to come back. */
async function heardOf(nodeId: string): Promise<boolean> {
  const signal = AbortSignal.timeout(5_000);
  for await (const _ of hub.context.live.watch(`node:${nodeId}`, signal)) return true;
  return false;
}

test.each([true, false])('the nodes of a site hear at once that it is paused: %s', async (paused) => {
  const heard = heardOf(challenge.nodeId);
  await hub.context.sites.setPaused(challenge.site, paused);
  expect(await heard).toBe(true);
  expect(await hub.context.sites.findNode(challenge.nodeId)).toMatchObject({ sitePaused: paused });
});

test('a site that does not exist cannot be paused', async () => {
  await expect(hub.context.sites.setPaused('nowhere', true)).rejects.toMatchObject({
    code: 'site_not_found',
  });
});
