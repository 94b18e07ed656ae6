import { once } from 'node:events';
import { connect as connectPlainly } from 'node:net';
import { connect } from 'node:tls';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { dial } from '@weir/node/link/dial';
import { makeAuthority } from '@weir/node/link/testing/authority';
import { type Assignment, Disposition, FailureCode, RunState } from '@weir/proto/node/v1';
import { testSigner } from '@weir/proto/receipt/testing';
import { PROTOCOL_VERSION } from '@weir/proto/version';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import { HostileNode, type HostileStream } from '../harness/hostile-node.ts';
import type { Person } from '../harness/person.ts';
import { type Challenge, TestNetwork } from '../harness/test-network.ts';
import { waitFor } from '../harness/wait-for.ts';

let network: TestNetwork;
let challenge: Challenge;
let ada: Person;
let hostile: HostileNode;
const submitted: number[] = [];

beforeAll(async () => {
  network = await TestNetwork.start();
  challenge = await network.addChallenge(
    scriptedBundle('prediction.sleep=1500,scores={"score":0.5}', { submissionRule: 'Add' }),
  );
  ada = await network.addParticipant('ada', challenge);
  hostile = await HostileNode.enrol(network.hub, await network.enrolmentToken('shady', true));
});
afterAll(async () => {
  hostile[Symbol.dispose]();
  await network[Symbol.asyncDispose]();
});

async function submit(): Promise<number> {
  const id = await ada.submit(challenge.phaseId, codeSubmission());
  submitted.push(id);
  return id;
}

async function nextAssignment(stream: HostileStream): Promise<Assignment> {
  const [assignment] = await waitFor(
    'an assignment',
    () => stream.assignments(),
    (all) => all.length === 1,
  );
  return assignment!;
}

const scores = (runId: bigint, attempt: number, values: Record<string, number>) =>
  ({ attempt: { runId, attempt }, result: { case: 'scores', value: { values } } }) as const;

test('it cannot report, read, move or log a run of another node', async () => {
  const honest = await network.addNode({ site: 'north' });
  const id = await submit();
  const { runs } = await ada.submissionInState(id, 'predicting');
  const attempt = { runId: BigInt(runs[0]!.id), attempt: 1 };

  const { dispositions } = await hostile.client.reportOutcomes({
    outcomes: [scores(attempt.runId, 1, { score: 99 }), scores(attempt.runId, 2, { score: 99 })],
  });
  expect(dispositions).toEqual([Disposition.REJECTED, Disposition.REJECTED]);
  const text = new TextEncoder().encode('pwned');
  const { acks } = await hostile.client.appendLogs({ chunks: [{ attempt, stream: 1, sequence: 1, text }] });
  expect(acks.every(({ closed }) => closed)).toBe(true);
  const stream = await hostile.openHonestly(0);
  stream.send({ case: 'progress', value: { runs: [{ attempt, state: RunState.REPORTING }] } });
  stream.send({ case: 'heartbeat', value: { held: [attempt] } });
  const ack = await waitFor(
    'the heartbeat to be answered',
    () => stream.received.find(({ message }) => message.case === 'heartbeatAck')?.message,
    (message) => message !== undefined,
  );
  expect(ack).toMatchObject({ value: { lost: [attempt] } });
  stream.close();

  expect(await ada.submissionOver(id)).toMatchObject({ status: 'Finished', scores: [{ raw: 0.5 }] });
  const { streams } = await network.organizer.trpc.submissions.logs.query({ runId: runs[0]!.id });
  expect(JSON.stringify(streams)).not.toContain('pwned');
  await honest.process.stop();
});

test('what it says of its own runs is believed only where it makes sense', async () => {
  const stream = await hostile.openHonestly(1);
  const id = await submit();
  const assignment = await nextAssignment(stream);
  const { runId, attempt } = assignment;
  const signed = (values: Record<string, number>) => ({
    ...scores(runId, attempt, values),
    receipt: hostile.signer.receipt(assignment, values),
  });
  const report = async (...outcomes: ReturnType<typeof scores>[]) =>
    (await hostile.client.reportOutcomes({ outcomes })).dispositions;

  expect(await report(scores(runId, attempt + 1, { score: 1 }))).toEqual([Disposition.REJECTED]);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e10])
    expect(await report(scores(runId, attempt, { score: value }))).toEqual([Disposition.REJECTED]);
  // Numbers that no database key can be must not spoil what is reported with them, by this node or others.
  const largest = { run: 2n ** 64n - 1n, attempt: 2 ** 32 - 1 };
  expect(
    await report(
      scores(largest.run, 1, { score: 1 }),
      scores(runId, largest.attempt, { score: 1 }),
      signed({ score: 0.25, 'someone else': 7 }),
    ),
  ).toEqual([Disposition.REJECTED, Disposition.REJECTED, Disposition.ACCEPTED]);
  // The first report stands, whatever is said later.
  expect(await report(signed({ score: 0.75 }))).toEqual([Disposition.ACCEPTED]);
  stream.close();

  const submission = await ada.submissionOver(id);
  expect(submission).toMatchObject({ status: 'Finished', scores: [{ columnKey: 'score', raw: 0.25 }] });
  expect(submission.scores).toHaveLength(1);
});

test('impossible numbers on a stream or in logs disturb nobody', async () => {
  const impossible = { runId: 2n ** 64n - 1n, attempt: 2 ** 32 - 1 };
  const stream = await hostile.openHonestly(0);
  stream.send({ case: 'progress', value: { runs: [{ attempt: impossible, state: RunState.SCORING }] } });
  stream.send({ case: 'heartbeat', value: { held: [impossible] } });
  await waitFor(
    'an answer',
    () => stream.received.at(-1)?.message.case,
    (last) => last === 'heartbeatAck',
  );
  stream.close();
  const chunk = { attempt: impossible, stream: 1, sequence: 1, text: new Uint8Array(1) };
  await hostile.client.appendLogs({ chunks: [chunk] });
});

test('a key for receipts that its own key has not announced is turned away, and so is one that stands in its place', async () => {
  (await hostile.openHonestly(0)).close();
  const other = testSigner({ nodeId: hostile.id, site: 'shady', hub: 'test' });
  const said = { protocolVersion: PROTOCOL_VERSION, engine: 'scripted', receiptKey: other.publicKey };
  const { from, to, signature } = other.announce(other, new Date());
  const forged = { from: hostile.signer.publicKey, to, at: timestampNow(), signature };
  for (const receiptKeySuccessions of [[], [forged], [{ ...forged, from }], [{}], Array(500).fill(forged)]) {
    const stream = hostile.openStream();
    stream.send({ case: 'hello', value: { ...said, receiptKeySuccessions } });
    const { code, details } = await stream.ended();
    expect(code).toBe(status.FAILED_PRECONDITION);
    expect(details).toMatch(/not the one that the hub knows, nor announced by it; .*weir-node enrol --again/);
  }
});

test('a run that is promised and not done goes to another node after its lease', async () => {
  const stream = await hostile.openHonestly(1);
  const id = await submit();
  await nextAssignment(stream);
  // It stays silent from now on.
  const honest = await network.addNode({ site: 'north' });
  const { status: ending, runs } = await ada.submissionOver(id);
  expect(ending).toBe('Finished');
  expect(runs).toMatchObject([{ attempt: 2 }]);
  stream.close();
  await honest.process.stop();
});

test('messages out of order, out of bounds or out of their mind end the stream, and the hub goes on', async () => {
  const early = hostile.openStream();
  early.send({ case: 'credit', value: { runs: 1 } });
  expect((await early.ended()).code).toBe(status.FAILED_PRECONDITION);

  const old = hostile.openStream();
  old.send({ case: 'hello', value: { protocolVersion: 999 } });
  const refusal = await old.ended();
  expect(refusal.code).toBe(status.FAILED_PRECONDITION);
  expect(refusal.details).toMatch(/version 1 .* version 999: bring both to the same release/);

  const greedy = await hostile.openHonestly(0);
  greedy.send({ case: 'credit', value: { runs: 1_000_000 } });
  expect((await greedy.ended()).code).toBe(status.INVALID_ARGUMENT);

  const many = { outcomes: Array.from({ length: 257 }, () => scores(1n, 1, {})) };
  await expect(hostile.client.reportOutcomes(many)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  const huge = { attempt: { runId: 1n, attempt: 1 }, stream: 1, sequence: 1, text: new Uint8Array(2 << 20) };
  await expect(hostile.client.appendLogs({ chunks: [huge] })).rejects.toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
  });
  expect((await fetch(`${network.hub.url}/readyz`)).status).toBe(200);
});

test('without a certificate of this hub there is no call at all', async () => {
  const socket = connect({ host: '127.0.0.1', port: network.hub.grpcPort, rejectUnauthorized: false });
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toMatch(/CERTIFICATE_REQUIRED|ECONNRESET/);

  const plain = connectPlainly({ host: '127.0.0.1', port: network.hub.grpcPort });
  plain.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n and then whatever');
  await once(plain, 'close');

  const { authority } = hostile.credentials;
  const foreign = await (await makeAuthority()).credentialsOf(hostile.id);
  using stranger = dial(`127.0.0.1:${network.hub.grpcPort}`, { ...foreign, authority });
  await expect(stranger.reportOutcomes({ outcomes: [] })).rejects.toMatchObject({ code: status.UNAVAILABLE });
});

test('an address of an artifact is good for nothing else, and for nobody else once the run is over', async () => {
  const stream = await hostile.openHonestly(1);
  const id = await submit();
  const { runId, attempt, submission, scoringProgram, outputs } = await nextAssignment(stream);
  const at = (path: string) => fetch(new URL(path, network.hub.url));
  expect((await at(submission!.url)).status).toBe(200);
  const [, foreignQuery] = submission!.url.split('?');
  const [otherPath] = scoringProgram!.url.split('?');
  expect((await at(`${otherPath}?${foreignQuery}`)).status).toBe(403);
  expect((await at(submission!.url.replace(/attempt=\d+/, 'attempt=2'))).status).toBe(403);

  const failure = { case: 'failure', value: { code: FailureCode.SCORING_FAILED } } as const;
  await hostile.client.reportOutcomes({ outcomes: [{ attempt: { runId, attempt }, result: failure }] });
  expect((await ada.submissionOver(id)).status).toBe('Failed');
  expect((await at(submission!.url)).status).toBe(403);
  const late = await fetch(new URL(outputs[0]!.url, network.hub.url), { method: 'PUT', body: 'late' });
  expect(late.status).toBe(403);
  stream.close();
});

test('a revoked node is cut off at once, and what it held goes to another', async () => {
  const stream = await hostile.openHonestly(1);
  const id = await submit();
  await nextAssignment(stream);
  await network.administrator.trpc.sites.revokeNode.mutate({ nodeId: hostile.id });
  expect((await stream.ended()).code).toBe(status.PERMISSION_DENIED);
  await expect(hostile.client.reportOutcomes({ outcomes: [] })).rejects.toMatchObject({
    code: status.PERMISSION_DENIED,
  });
  const again = hostile.openStream();
  again.send({ case: 'hello', value: { protocolVersion: 1 } });
  expect((await again.ended()).code).toBe(status.PERMISSION_DENIED);

  await network.addNode({ site: 'north' });
  expect((await ada.submissionOver(id)).status).toBe('Finished');
  const failed = await network.hub.query<{ id: number }>(
    `select id::int from submissions where status = 'Failed'`,
  );
  expect(failed).toHaveLength(1);
  await expectExactlyOnce(network.hub, submitted);
});
