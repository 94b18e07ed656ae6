import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { dial } from '@weir/node/link/dial';
import { verifyReceipt } from '@weir/proto/receipt';
import { expect, test } from 'vitest';
import { expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import { LEASE_MS } from '../harness/test-hub.ts';
import { TestNetwork } from '../harness/test-network.ts';
import { waitFor } from '../harness/wait-for.ts';

const script = (seconds: number) => `prediction.sleep=${seconds * 1000},scores={"score":0.5}`;

test('a node that was away for long, and whose certificate no longer works, comes back with what it had done', async () => {
  await using network = await TestNetwork.start();
  const node = await network.addWiredNode({ site: 'north', slots: 1 });
  const challenge = await network.addChallenge(scriptedBundle(script(1)));
  const ada = await network.addParticipant('ada', challenge);
  const id = await ada.submit(challenge.phaseId, codeSubmission());
  await ada.submissionInState(id, 'predicting');
  node.stream.cut();
  await waitFor(
    'the outcome to be in the spool',
    () => node.process.log(),
    (log) => log.includes('"msg":"run ended"'),
  );
  await node.kill();
  await waitFor(
    'the lease to run out',
    () => ada.submission(id),
    ({ runs }) => runs[0]?.state === 'queued',
    { within: 10 * LEASE_MS },
  );

  const nodeId = await node.id();
  const pem = (file: string) => readFile(join(node.home, file), 'utf8');
  const before = {
    key: await pem('key.pem'),
    certificate: await pem('certificate.pem'),
    authority: await pem('authority.pem'),
  };
  const { token } = await network.administrator.trpc.sites.enrolmentToken.mutate({
    site: 'north',
    again: nodeId,
  });
  node.stream.restore();
  await node.enrolAgain(token);
  expect(await node.id()).toBe(nodeId);
  expect(await pem('key.pem')).not.toBe(before.key);
  await node.run();

  const { status: ended, runs } = await ada.submissionOver(id);
  expect(ended).toBe('Finished');
  expect(runs).toMatchObject([{ attempt: 1, scores: [{ value: '0.500' }] }]);
  await expectExactlyOnce(network.hub, [id]);

  using stolen = dial(`127.0.0.1:${network.hub.grpcPort}`, before);
  await expect(stolen.reportOutcomes({ outcomes: [] })).rejects.toMatchObject({
    code: status.PERMISSION_DENIED,
  });
});

test('a node is replaced by another version while a run is in flight and others wait: nothing is lost or done twice, with another receipt key too', async () => {
  await using network = await TestNetwork.start();
  const node = await network.addWiredNode({ site: 'north', slots: 1 });
  const challenge = await network.addChallenge(scriptedBundle(script(1)));
  const ada = await network.addParticipant('ada', challenge);
  const inFlight = await ada.submit(challenge.phaseId, codeSubmission());
  const waiting = [
    await ada.submit(challenge.phaseId, codeSubmission()),
    await ada.submit(challenge.phaseId, codeSubmission()),
  ];
  await ada.submissionInState(inFlight, 'predicting');
  // What it finishes while it is drained it can tell nobody: that is left to the next version.
  node.stream.cut();
  expect(await node.process.stop()).toBe(0);
  expect(node.process.log()).toContain('outcomes are kept and reported at the next start');
  await node.rotateReceiptKey();
  await node.verifyLedger();
  node.stream.restore();
  await node.run();

  for (const id of [inFlight, ...waiting])
    expect(await ada.submissionOver(id)).toMatchObject({ status: 'Finished' });
  await expectExactlyOnce(network.hub, [inFlight, ...waiting]);
  const { nodes } = await network.administrator.trpc.sites.get.query({ site: 'north' });
  const [inUse, former] = nodes[0]!.receiptKeys;
  expect([inUse?.replacedAt, former?.replacedAt]).toEqual([null, expect.any(String)]);
  const receiptOf = async (submission: number) => {
    const [found] = await ada.trpc.receipts.ofSubmission.query({ id: submission });
    return verifyReceipt(found!.receipt, { hubKeys: hubKeys.map(({ id }) => id), scores: found!.shown });
  };
  const hubKeys = await ada.trpc.receipts.keys.query();
  for (const [id, key] of [
    [inFlight, former],
    [waiting[0]!, inUse],
  ] as const) {
    const { checks, signers } = await receiptOf(id);
    expect(checks.map(({ result }) => result)).toEqual(['good', 'good', 'good', 'good', 'good']);
    expect(signers.map(({ keyId }) => keyId)).toContain(key?.id);
  }
  await node.process.stop();
  await node.verifyLedger();
});

test('two nodes of a site share its work; one that is drained from the hub is handed nothing', async () => {
  await using network = await TestNetwork.start();
  const first = await network.addNode({ site: 'north', slots: 1 });
  const second = await network.addNode({ site: 'north', slots: 1 });
  const challenge = await network.addChallenge(scriptedBundle(script(1)));
  const ada = await network.addParticipant('ada', challenge);
  const { sites } = network.administrator.trpc;
  const submit = () => ada.submit(challenge.phaseId, codeSubmission());

  const side = await Promise.all([submit(), submit()]);
  const seen = await waitFor(
    'both nodes to work',
    () => sites.get.query({ site: 'north' }),
    ({ nodes }) => nodes.every(({ busy }) => busy === 1),
    { every: 20 },
  );
  expect(seen.runs).toHaveLength(2);
  for (const id of side) await ada.submissionOver(id);

  const ids = await Promise.all([first.id(), second.id()]);
  for (const nodeId of ids) await sites.setDrained.mutate({ nodeId, drained: true });
  await waitFor(
    'both nodes to have come back on another stream',
    () => [first.timesWelcomed, second.timesWelcomed],
    (times) => times.every((count) => count >= 2),
  );
  const waits = await submit();
  expect(await ada.submission(waits)).toMatchObject({
    status: 'Submitted',
    waiting: expect.stringContaining('paused its nodes'),
  });
  await sites.setDrained.mutate({ nodeId: ids[1]!, drained: false });
  expect(await ada.submissionOver(waits)).toMatchObject({ status: 'Finished' });
  await expectExactlyOnce(network.hub, [...side, waits]);
});
