import { create } from '@bufbuild/protobuf';
import { type Outcome, OutcomeSchema } from '@weir/proto/node/v1';
import { type Predicate, readEnvelope, toBase64, verifyReceipt } from '@weir/proto/receipt';
import { type TestSigner, testSigner } from '@weir/proto/receipt/testing';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runs } from '../dispatch/schema.ts';
import type { AssignmentInit } from '../dispatch/sessions.ts';
import { createDispatchFixture, type DispatchFixture } from '../dispatch/testing/fixture.ts';
import type { RecordedSession } from '../dispatch/testing/recorded-session.ts';
import { type Seed, seedPhase } from '../dispatch/testing/seed.ts';
import { KeyRing } from '../keys/ring.ts';
import { receipts } from './schema.ts';
import { findNodeKeys } from './store.ts';

let fixture: DispatchFixture;
let phase: Seed;
let node: RecordedSession;
let signer: TestSigner;
let dispatch: ReturnType<DispatchFixture['newDispatcher']>;
beforeAll(async () => {
  fixture = await createDispatchFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());
beforeEach(async () => {
  await fixture.emptyQueue();
  phase = await seedPhase(fixture.database);
  dispatch = fixture.newDispatcher({ maxAttempts: 1 });
  node = await fixture.connect(dispatch);
  signer = fixture.nodes.add(node);
  await fixture.receipts.learn(node.node, signer.publicKey);
});

/** Submits, and gives what the node was assigned. */
async function assigned(): Promise<AssignmentInit> {
  await dispatch.admit(phase.submission());
  return node.assigned.at(-1)!;
}

const outcome = (
  { runId = 0n, attempt = 0 }: AssignmentInit,
  values: Record<string, number>,
  receipt: Uint8Array,
): Outcome =>
  create(OutcomeSchema, {
    attempt: { runId, attempt },
    result: { case: 'scores', value: { values } },
    receipt,
  });

async function storedOf({ runId = 0n }: AssignmentInit) {
  const { queries } = fixture.database;
  const [run] = await queries
    .select()
    .from(runs)
    .where(eq(runs.id, Number(runId)));
  const [receipt] = await queries
    .select()
    .from(receipts)
    .where(eq(receipts.runId, Number(runId)));
  return { run: run!, envelope: receipt?.envelope ?? null };
}

/** Reports, and gives how the run stands then. */
async function reported(assignment: AssignmentInit, values: Record<string, number>, receipt: Uint8Array) {
  await dispatch.report(node.node.id, [outcome(assignment, values, receipt)]);
  return storedOf(assignment);
}

test('scores with their receipt count, and the receipt is kept with both signatures', async () => {
  const assignment = await assigned();
  const scores = { accuracy: 0.1 + 0.2 };
  const { run, envelope } = await reported(assignment, scores, signer.receipt(assignment, scores));
  expect(run).toMatchObject({ state: 'finished', scores });

  const { published } = await KeyRing.load(fixture.database, Buffer.alloc(32), 'test');
  const site = { id: signer.keyId, role: 'site', owner: 'n', algorithm: 'ed25519', since: '' } as const;
  const report = verifyReceipt(
    {
      format: 'weir-receipt-1',
      envelope: readEnvelope(envelope!),
      keys: [{ ...site, publicKey: toBase64(signer.publicKey) }, ...published],
    },
    { hubKeys: published.map(({ id }) => id), scores },
  );
  expect(report.checks.map(({ result }) => result)).toEqual(['good', 'good', 'good', 'good', 'good']);
  expect(report.statement.predicate.scores).toEqual(scores);
});

test('another hub process, which has not assigned the run, comes to the same conclusion', async () => {
  const assignment = await assigned();
  const other = fixture.newDispatcher({ maxAttempts: 1 });
  const receipt = signer.receipt(assignment, { accuracy: 1 });
  await other.report(node.node.id, [outcome(assignment, { accuracy: 1 }, receipt)]);
  expect((await storedOf(assignment)).run).toMatchObject({ state: 'finished', scores: { accuracy: 1 } });
});

test('a receipt that is reported twice is kept once', async () => {
  const assignment = await assigned();
  const receipt = signer.receipt(assignment, { accuracy: 1 });
  const first = await reported(assignment, { accuracy: 1 }, receipt);
  const again = await reported(assignment, { accuracy: 1 }, receipt);
  expect(again.envelope).toBe(first.envelope);
});

test('a node may sign with another key from some day on: what it signed with the one before stays good, also when it comes late', async () => {
  const scores = { accuracy: 1 };
  const [early, late] = [await assigned(), await assigned()];
  const before = [await reported(early, scores, signer.receipt(early, scores))];
  const { id, siteName } = node.node;
  const rotated = testSigner({ nodeId: id, site: siteName, hub: 'test' });
  await fixture.receipts.learn(node.node, rotated.publicKey, [signer.announce(rotated, new Date())]);
  before.push(await reported(late, scores, signer.receipt(late, scores)));
  const assignment = await assigned();
  const after = await reported(assignment, scores, rotated.receipt(assignment, scores));

  const { published } = await KeyRing.load(fixture.database, Buffer.alloc(32), 'test');
  const site = { role: 'site', owner: 'n', algorithm: 'ed25519', since: '' } as const;
  const shown = await findNodeKeys(fixture.database.queries, id);
  const keys = [...shown.map(({ keyId, publicKey }) => ({ ...site, id: keyId, publicKey })), ...published];
  expect(keys.map((key) => key.id)).toEqual(expect.arrayContaining([signer.keyId, rotated.keyId]));
  for (const { run, envelope } of [...before, after]) {
    expect(run).toMatchObject({ state: 'finished', scores });
    const report = verifyReceipt(
      { format: 'weir-receipt-1', envelope: readEnvelope(envelope!), keys },
      { hubKeys: published.map((key) => key.id), scores },
    );
    expect(report.checks.map(({ result }) => result)).toEqual(['good', 'good', 'good', 'good', 'good']);
  }
});

test('scores without a receipt are a failure of the site', async () => {
  const assignment = await assigned();
  // Not through the fixture, whose nodes sign.
  const accepted = await fixture.receipts.accept(
    node.node.id,
    outcome(assignment, { accuracy: 1 }, new Uint8Array()),
    null,
  );
  expect(accepted).toEqual({ envelope: null, problem: 'missing' });
});

describe('a score reaches nothing with', () => {
  const honest = { accuracy: 0.5 };
  type Forge = (assignment: AssignmentInit) => Uint8Array | Promise<Uint8Array>;
  const stranger = () => testSigner({ nodeId: node.node.id, site: node.node.siteName, hub: 'test' });
  const claiming = (changes: Partial<Predicate>) => (assignment: AssignmentInit) =>
    signer.receipt(assignment, honest, changes);
  const about = (change: AssignmentInit) => (assignment: AssignmentInit) =>
    signer.receipt(Object.assign({}, assignment, change), honest);
  const digest = `sha256:${'9'.repeat(64)}`;

  test.each<[string, Forge]>([
    ['a receipt of other scores', (assignment) => signer.receipt(assignment, { accuracy: 0.4 })],
    ['a receipt of one score more', (assignment) => signer.receipt(assignment, { ...honest, other: 1 })],
    ['a receipt without the score', (assignment) => signer.receipt(assignment, {})],
    ['a receipt by a key that the node never showed', (assignment) => stranger().receipt(assignment, honest)],
    [
      "a stranger's signature under the name of the node's key",
      (assignment) => {
        const { keyId } = signer;
        const text = new TextDecoder().decode(
          stranger().receipt(assignment, honest, {
            node: { id: node.node.id, name: '', key: keyId },
          }),
        );
        return new TextEncoder().encode(text.replace(/"keyid":"[^"]+"/, `"keyid":"${keyId}"`));
      },
    ],
    [
      'a receipt of another node',
      async (assignment) => {
        const other = await fixture.connect(dispatch, { credit: 0 });
        return fixture.nodes.add(other).receipt(assignment, honest);
      },
    ],
    ['a good receipt of another run', async () => signer.receipt(await assigned(), honest)],
    ['a receipt of another attempt', about({ attempt: 2 })],
    ['a receipt of another submission', about({ submission: { digest } })],
    ['a receipt of another scoring program', about({ scoringProgram: { digest } })],
    ['a receipt of other data', about({ siteData: { name: 'sepsis', version: '1' } })],
    ['a receipt of other columns', about({ scoreColumns: [{ key: 'accuracy', decimals: 9 }] })],
    ['a receipt that names another node', claiming({ node: { id: crypto.randomUUID(), name: '', key: '' } })],
    ['a receipt that names another site', claiming({ site: 'elsewhere' })],
    ['a receipt of another image', claiming({ imageDigest: digest })],
    ['no JSON', () => new TextEncoder().encode('{')],
    ['too much of it', () => new Uint8Array(200_000).fill(32)],
    [
      'a second signature beside the first',
      (assignment) => {
        const envelope = readEnvelope(new TextDecoder().decode(signer.receipt(assignment, honest)));
        const signatures = [...envelope.signatures, ...envelope.signatures];
        return new TextEncoder().encode(JSON.stringify({ ...envelope, signatures }));
      },
    ],
  ])('%s', async (_what, forge) => {
    const assignment = await assigned();
    const receipt = await forge(assignment);
    const { run, envelope } = await reported(assignment, honest, receipt);
    expect(run).toMatchObject({
      state: 'failed',
      failureCode: 'receipt_invalid',
      fault: 'site',
      scores: null,
    });
    expect(envelope).toBeNull();
  });
});

describe('another key', () => {
  const learn = (key: TestSigner, announcements: Parameters<typeof fixture.receipts.learn>[2] = []) =>
    fixture.receipts.learn(node.node, key.publicKey, announcements);
  const newKey = () => testSigner({ nodeId: node.node.id, site: node.node.siteName, hub: 'test' });
  const keys = () => findNodeKeys(fixture.database.queries, node.node.id);
  const refused = { code: 'receipt_key_refused' };

  test('is refused unless the one before has announced it for this very node', async () => {
    const next = newKey();
    const at = new Date();
    const stranger = testSigner({ nodeId: node.node.id, site: node.node.siteName, hub: 'test' });
    const announced = signer.announce(next, at);
    await expect(learn(next)).rejects.toMatchObject(refused);
    await expect(learn(next, [stranger.announce(next, at)])).rejects.toMatchObject(refused);
    await expect(
      learn(next, [{ ...stranger.announce(next, at), from: signer.publicKey }]),
    ).rejects.toMatchObject(refused);
    await expect(learn(next, [{ ...announced, at: new Date(0) }])).rejects.toMatchObject(refused);
    await expect(learn(stranger, [announced])).rejects.toMatchObject(refused);
    const other = await fixture.connect(dispatch, { credit: 0 });
    await expect(fixture.receipts.learn(other.node, next.publicKey, [announced])).rejects.toMatchObject(
      refused,
    );
    expect((await keys()).map(({ keyId }) => keyId)).toEqual([signer.keyId]);
    await learn(next, [announced]);
    expect(await keys()).toMatchObject([
      { keyId: signer.keyId, replacedAt: at, announcedBy: null },
      { keyId: next.keyId, replacedAt: null, announcedBy: signer.keyId },
    ]);
  });

  test('may be reached in several steps that the hub has missed, and shown again and again', async () => {
    const [second, third] = [newKey(), newKey()];
    const chain = [signer.announce(second, new Date(1_000)), second.announce(third, new Date(2_000))];
    await learn(third, chain);
    await learn(third, chain);
    expect((await keys()).map(({ replacedAt }) => replacedAt?.getTime())).toEqual([1_000, 2_000, undefined]);
  });

  test('that was replaced comes back only with a new enrolment, and signs nothing that finished later', async () => {
    const next = newKey();
    const assignment = await assigned();
    await learn(next, [signer.announce(next, new Date(0))]);
    await expect(learn(signer)).rejects.toMatchObject(refused);
    await expect(learn(signer, [next.announce(signer, new Date())])).rejects.toMatchObject(refused);
    const late = signer.receipt(assignment, { accuracy: 1 }, { finishedAt: new Date(1).toISOString() });
    const { run } = await reported(assignment, { accuracy: 1 }, late);
    expect(run).toMatchObject({ state: 'failed', failureCode: 'receipt_invalid' });
    const certificatesFrom = new Date(Date.now() + 1_000);
    await fixture.receipts.learn({ ...node.node, certificatesFrom }, signer.publicKey);
    expect(await keys()).toMatchObject([{ replacedAt: null }, { replacedAt: certificatesFrom }]);
  });
});
