import { timestampDate } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { Disposition, RunState } from '@weir/proto/node/v1';
import { isAnnounced, keyIdOf, readEnvelope } from '@weir/proto/receipt';
import { expect, test } from 'vitest';
import { homeAt } from './home/home.ts';
import { readCredentials } from './home/identity.ts';
import { type NodeOverrides, startNode } from './index.ts';
import { Backoff } from './link/backoff.ts';
import { FakeHub } from './link/testing/fake-hub.ts';
import { createLogger } from './logging/logger.ts';
import { rotateReceiptKey } from './receipts/rotate.ts';
import type { Executor, RunWatch } from './run/executor.ts';
import { enrolHome, testConfig } from './testing/enrolled-home.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { waitFor } from './testing/wait.ts';

const quick = () => new Backoff({ firstMs: 10, maxMs: 50 });

/** Runs that go on until they are told to end. */
class HeldExecutor implements Executor {
  readonly watches: RunWatch[] = [];
  readonly ends: (() => void)[] = [];

  execute(_assignment: unknown, watch: RunWatch) {
    this.watches.push(watch);
    watch.enter(RunState.PREPARING);
    watch.enter(RunState.PREDICTING);
    const ended = Promise.withResolvers<void>();
    this.ends.push(ended.resolve);
    watch.signal.addEventListener('abort', () => ended.resolve());
    const result = { kind: 'scores', values: { accuracy: 1 } } as const;
    return ended.promise.then(() => ({ result, imageDigest: '' }));
  }

  forget() {
    return Promise.resolve();
  }

  endAll() {
    for (const end of this.ends) end();
  }

  asOverride(): NodeOverrides {
    return {
      backoff: quick(),
      executor: () =>
        Promise.resolve({
          executor: this,
          engine: { kind: 'scripted', version: '1' },
          [Symbol.asyncDispose]: () => Promise.resolve(),
        }),
    };
  }
}

/** What a node writes into its log. */
function notedLog() {
  const written: string[] = [];
  const logger = createLogger('info', { write: (line) => void written.push(line) });
  return { logger, lines: () => written.join('') };
}

async function setUp() {
  const hub = await FakeHub.start();
  const folder = await temporaryFolder();
  await enrolHome(folder.path, hub);
  return { hub, folder, config: testConfig(folder.path) };
}

test('runs are taken within the slots, and every outcome is reported', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  for (let id = 1n; id <= 100n; id += 1n)
    hub.enqueue({ runId: id, attempt: 1, scoreColumns: [{ key: 'accuracy' }] });
  await using _node = await startNode(config, { backoff: quick() });
  await waitFor('all outcomes', () => hub.outcomes.length >= 100);
  expect(new Set(hub.outcomes.map((outcome) => outcome.attempt?.runId)).size).toBe(100);
  expect(hub.outcomes[0]?.result).toMatchObject({ case: 'scores', value: { values: { accuracy: 0.5 } } });
  await waitFor('the credits of an idle node', () => hub.credits === 4);
  expect(hub.hellos[0]).toMatchObject({ protocolVersion: 1, slots: 4, held: [] });
});

test('an assignment that comes twice is run once', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  const executor = new HeldExecutor();
  await using _node = await startNode(config, executor.asOverride());
  hub.enqueue({ runId: 7n, attempt: 1 });
  hub.enqueue({ runId: 7n, attempt: 1 });
  hub.enqueue({ runId: 8n, attempt: 1 });
  await waitFor('both runs', () => executor.watches.length === 2);
  executor.endAll();
  await waitFor('the outcomes', () => hub.outcomes.length === 2);
  expect(hub.outcomes.map((outcome) => outcome.attempt?.runId).sort()).toEqual([7n, 8n]);
});

test('a run that is cancelled stops and is reported as cancelled', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  const executor = new HeldExecutor();
  await using _node = await startNode(config, executor.asOverride());
  hub.enqueue({ runId: 1n, attempt: 2 });
  await waitFor('the progress of the run', () => hub.progress.length > 0);
  expect(hub.progress).toMatchObject([{ runId: 1n, state: RunState.PREDICTING }]);
  hub.send({ message: { case: 'cancel', value: { attempt: { runId: 1n, attempt: 1 } } } });
  hub.send({ message: { case: 'cancel', value: { attempt: { runId: 1n, attempt: 2 } } } });
  await waitFor('the outcome', () => hub.outcomes.length === 1);
  expect(hub.outcomes[0]?.result.case).toBe('cancelled');
});

test('after a cut the node comes back with what it holds, and gives up what it lost', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  const executor = new HeldExecutor();
  await using _node = await startNode(config, executor.asOverride());
  hub.enqueue({ runId: 1n, attempt: 1 });
  hub.enqueue({ runId: 2n, attempt: 1 });
  await waitFor('both runs', () => executor.watches.length === 2);
  hub.lost = [{ $typeName: 'weir.node.v1.AttemptRef', runId: 2n, attempt: 1 }];
  hub.cut();
  await waitFor('the second stream', () => hub.hellos.length === 2);
  expect(hub.hellos[1]?.held.map(({ runId }) => runId)).toEqual([1n, 2n]);
  await waitFor('the lost run to be stopped', () => executor.watches[1]?.signal.aborted);
  expect(executor.watches[0]?.signal.aborted).toBe(false);
  executor.endAll();
  await waitFor('the outcome', () => hub.outcomes.length === 1);
  expect(hub.outcomes[0]?.attempt?.runId).toBe(1n);
});

test('a slot that is free is asked for, also when the hub has used up what was asked for before', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  const executor = new HeldExecutor();
  await using _node = await startNode({ ...config, slots: 8 }, executor.asOverride());
  for (let id = 1n; id <= 8n; id += 1n) hub.enqueue({ runId: id, attempt: 1 });
  await waitFor('runs in all slots', () => executor.watches.length === 8);
  executor.ends[0]?.();
  await waitFor('the credit for one', () => hub.credits === 1);
  executor.ends[1]?.();
  await waitFor('the second outcome', () => hub.outcomes.length === 2);
  hub.enqueue({ runId: 9n, attempt: 1 });
  hub.enqueue({ runId: 10n, attempt: 1 });
  await waitFor('runs in all slots again', () => executor.watches.length === 10);
});

test('what people decide at the site while the node is greeted is told as soon as it is welcome', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  const welcome = Promise.withResolvers<void>();
  hub.greets = () => welcome.promise;
  await using node = await startNode(config, { backoff: quick() });
  await waitFor('the hello', () => hub.hellos.length === 1);
  const drained = node.drain(new AbortController().signal);
  welcome.resolve();
  await waitFor('the status', () => hub.heard.some(({ what }) => what === 'status'));
  expect(hub.hellos[0]?.status).toMatchObject({ draining: false });
  expect(hub.heard.find(({ what }) => what === 'status')?.message).toMatchObject({ draining: true });
  await drained;
});

test('the states of runs are told again on a new stream', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  const executor = new HeldExecutor();
  await using _node = await startNode(config, executor.asOverride());
  hub.enqueue({ runId: 1n, attempt: 1 });
  await waitFor('the progress of the run', () => hub.progress.length === 1);
  hub.cut();
  await waitFor('its progress on the second stream', () => hub.progress.length === 2);
  expect(hub.progress[1]).toEqual(hub.progress[0]);
});

test('outcomes are reported until the hub takes them', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  hub.failReports = 3;
  hub.enqueue({ runId: 1n, attempt: 1 });
  await using _node = await startNode(config, { backoff: quick() });
  await waitFor('the outcome', () => hub.outcomes.length === 1, 10_000);
  expect(hub.reportCalls.length).toBe(4);
});

test('the next life of a process reports and goes on with what the last one left', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  hub.failReports = 1_000;
  const executor = new HeldExecutor();
  const first = await startNode(config, executor.asOverride());
  hub.enqueue({ runId: 1n, attempt: 1 });
  await waitFor('the first run', () => executor.watches.length === 1);
  executor.endAll();
  await waitFor('a try to report', () => hub.reportCalls.length > 0);
  hub.enqueue({ runId: 2n, attempt: 3 });
  await waitFor('the second run', () => executor.watches.length === 2);
  await first[Symbol.asyncDispose]();

  hub.failReports = 0;
  await using _second = await startNode(config, { backoff: quick() });
  await waitFor('both outcomes', () => hub.outcomes.length === 2);
  expect(hub.hellos[1]?.held.map(({ runId }) => runId).sort()).toEqual([1n, 2n]);
});

test('a node whose receipt key was replaced announces it, and what the former key signed is still reported', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  hub.failReports = 1_000;
  hub.enqueue({ runId: 1n, attempt: 1 });
  const first = await startNode(config, { backoff: quick() });
  await waitFor('a try to report', () => hub.reportCalls.length > 0);
  await first[Symbol.asyncDispose]();
  await rotateReceiptKey(homeAt(folder.path), first.identity, createLogger('silent'));

  hub.failReports = 0;
  await using _second = await startNode(config, { backoff: quick() });
  await waitFor('the outcome', () => hub.outcomes.length === 1);
  const [before, after] = hub.hellos;
  const [succession, ...others] = after!.receiptKeySuccessions;
  expect(before?.receiptKeySuccessions).toEqual([]);
  expect(others).toEqual([]);
  expect(succession).toMatchObject({ from: before!.receiptKey, to: after!.receiptKey });
  const { from, to, at, signature } = succession!;
  const said = { node: first.identity.nodeId, from, to, at: timestampDate(at!).toISOString() };
  expect(isAnnounced(said, signature)).toBe(true);
  const receipt = readEnvelope(new TextDecoder().decode(hub.outcomes[0]!.receipt));
  expect(receipt.signatures[0]?.keyid).toBe(keyIdOf(before!.receiptKey));
});

test('draining finishes what runs, and takes nothing new', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  const executor = new HeldExecutor();
  await using node = await startNode(config, executor.asOverride());
  hub.enqueue({ runId: 1n, attempt: 1 });
  await waitFor('the run', () => executor.watches.length === 1);
  const drained = node.drain(new AbortController().signal);
  executor.endAll();
  await drained;
  expect(hub.outcomes.length).toBe(1);
  expect(hub.credits).toBe(3);
});

test('a drain that takes too long interrupts what runs, as the fault of the site', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  const executor = new HeldExecutor();
  await using node = await startNode(config, executor.asOverride());
  hub.enqueue({ runId: 1n, attempt: 1 });
  await waitFor('the run', () => executor.watches.length === 1);
  await node.drain(AbortSignal.timeout(20));
  expect(hub.outcomes[0]?.result).toMatchObject({ case: 'failure', value: { code: 44 } });
});

test('a hub that drains is dialled again after its delay', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  await using _node = await startNode(config, { backoff: quick() });
  await waitFor('the first credits', () => hub.credits === 4);
  hub.send({ message: { case: 'drain', value: { reason: 'upgrade', reconnectAfterMs: 300 } } });
  await waitFor('the second stream', () => hub.hellos.length === 2);
});

test('a hub that assigns more than there is room for breaks the contract, and the stream is given up', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  const executor = new HeldExecutor();
  await using _node = await startNode(config, executor.asOverride());
  await waitFor('the credits', () => hub.credits === 4);
  for (let id = 1n; id <= 5n; id += 1n) {
    hub.send({ message: { case: 'assignments', value: { assignments: [{ runId: id, attempt: 1 }] } } });
  }
  await waitFor('the second stream', () => hub.hellos.length === 2);
  expect(executor.watches.length).toBe(4);
  expect(hub.hellos[1]?.held.length).toBe(4);
});

test('a node that is turned away keeps asking', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  await using _node = await startNode(config, { backoff: quick() });
  await waitFor('the first stream', () => hub.isConnected);
  hub.end(status.PERMISSION_DENIED, 'revoked');
  await waitFor('the second stream', () => hub.hellos.length === 2);
});

test('a hub of another release is told apart, with what to do, and nothing is lost by it', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  hub.failReports = 1_000;
  hub.enqueue({ runId: 1n, attempt: 1 });
  const { logger, lines } = notedLog();
  await using _node = await startNode(config, { backoff: quick(), logger });
  await waitFor('the first report', () => hub.reportCalls.length > 0);
  const reason =
    'this hub speaks version 2 of the protocol and the node version 1: bring both to the same release';
  hub.end(status.FAILED_PRECONDITION, reason);
  await waitFor('the next stream', () => hub.hellos.length === 2);
  expect(lines()).toContain('the hub turned this node away');
  expect(lines()).toContain('bring both to the same release');
  hub.failReports = 0;
  await waitFor('the outcome', () => hub.outcomes.length === 1);
});

test('a node whose certificate has ended says what to do, and goes on with all it had once it is enrolled again', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  hub.failReports = 1_000;
  hub.enqueue({ runId: 1n, attempt: 1 });
  const first = await startNode(config, { backoff: quick() });
  await waitFor('the first report', () => hub.reportCalls.length > 0);
  await first[Symbol.asyncDispose]();

  await enrolHome(folder.path, hub, { certificateLifeMs: -1_000 });
  const { logger, lines } = notedLog();
  const ended = await startNode(config, { backoff: quick(), logger });
  await waitFor('the sentence', () => lines().includes('weir-node enrol --again'));
  expect(hub.hellos.length).toBe(1);
  await ended[Symbol.asyncDispose]();

  hub.failReports = 0;
  await enrolHome(folder.path, hub);
  await using _node = await startNode(config, { backoff: quick() });
  await waitFor('the outcome', () => hub.outcomes.length === 1);
  expect(hub.outcomes[0]?.attempt).toMatchObject({ runId: 1n, attempt: 1 });
});

test('stale and rejected outcomes are settled too', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  hub.disposition = Disposition.REJECTED;
  hub.enqueue({ runId: 1n, attempt: 1 });
  const node = await startNode(config, { backoff: quick() });
  await waitFor('the outcome', () => hub.outcomes.length === 1);
  await node.drain(AbortSignal.timeout(1_000));
  await node[Symbol.asyncDispose]();
  await using _second = await startNode(config, { backoff: quick() });
  await waitFor('the second hello', () => hub.hellos.length === 2);
  expect(hub.hellos[1]?.held).toEqual([]);
});

test('a certificate in its last third is renewed with a new key', async () => {
  const { hub, folder, config } = await setUp();
  await using _ = folder;
  await using __ = hub;
  await enrolHome(folder.path, hub, { certificateLifeMs: 60_000 });
  const before = await readCredentials(homeAt(folder.path));
  await using _node = await startNode(config, { backoff: quick() });
  await waitFor('the stream with the new certificate', () => hub.hellos.length === 2);
  hub.enqueue({ runId: 1n, attempt: 1 });
  await waitFor('the outcome', () => hub.outcomes.length === 1);
  const after = await readCredentials(homeAt(folder.path));
  expect(after.key).not.toBe(before.key);
  expect(after.certificate).not.toBe(before.certificate);
});
