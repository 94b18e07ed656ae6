import { generateKeyPairSync } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { AssignmentSchema } from '@weir/proto/node/v1';
import { keyIdOf, RECEIPT_FORMAT, readEnvelope, verifyReceipt } from '@weir/proto/receipt';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { ReceiptKey, verifyEd25519 } from './key.ts';
import { ReceiptSigner } from './sign.ts';

const identity = { hub: 'hub-a', site: 'north', nodeId: 'n1', name: 'north-1' };
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const assignment = create(AssignmentSchema, {
  runId: 7n,
  attempt: 2,
  competitionId: 3n,
  phaseId: 4n,
  submissionId: 5n,
  taskKey: 'task',
  image: 'python:3',
  submission: { digest: digest('a') },
  scoringProgram: { digest: digest('b') },
  siteData: { name: 'sepsis', version: '1', input: true, reference: true },
  scoreColumns: [{ key: 'accuracy' }],
});
const evaluated = {
  scores: { accuracy: 0.1 + 0.2 },
  imageDigest: digest('c'),
  datasetDigest: digest('d'),
  policyDigest: digest('e'),
  startedAt: timestampFromMs(1_000),
  finishedAt: timestampFromMs(2_000),
};

test('the key is made once, kept, and nobody else can read it', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'receipt-key.pem');
  const made = await ReceiptKey.load(path);
  const read = await ReceiptKey.load(path);
  expect(read.publicKey).toEqual(made.publicKey);
  expect(made.publicKey.length).toBe(32);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('signatures are verified with the raw key alone', () => {
  const key = ReceiptKey.generate();
  const signature = key.sign(Buffer.from('text'));
  expect(verifyEd25519(key.publicKey, Buffer.from('text'), signature)).toBe(true);
  expect(verifyEd25519(key.publicKey, Buffer.from('texT'), signature)).toBe(false);
  expect(verifyEd25519(ReceiptKey.generate().publicKey, Buffer.from('text'), signature)).toBe(false);
  expect(verifyEd25519(new Uint8Array(31), Buffer.from('text'), signature)).toBe(false);
});

test('a receipt says what was assigned and what came of it, exactly', () => {
  const key = new ReceiptKey(generateKeyPairSync('ed25519').privateKey);
  const signer = new ReceiptSigner(key, identity);
  const bytes = signer.sign(assignment, evaluated);
  expect(signer.sign(assignment, evaluated)).toEqual(bytes);

  const envelope = readEnvelope(new TextDecoder().decode(bytes));
  const publicKey = Buffer.from(key.publicKey).toString('base64');
  const id = keyIdOf(key.publicKey);
  const { statement, checks } = verifyReceipt({
    format: RECEIPT_FORMAT,
    envelope,
    keys: [{ id, role: 'site', owner: 'north', algorithm: 'ed25519', publicKey, since: '' }],
  });
  expect(checks.filter(({ result }) => result === 'good').map(({ name }) => name)).toEqual([
    'site_signature',
    'site_key',
  ]);
  expect(statement.subject[0]).toEqual({ name: 'submission/5', digest: { sha256: 'a'.repeat(64) } });
  expect(statement.predicate).toMatchObject({
    assigned: {
      hub: 'hub-a',
      run: '7',
      attempt: 2,
      task: 'task',
      dataset: 'sepsis@1',
      scoringProgram: digest('b'),
    },
    site: 'north',
    node: { id: 'n1', name: 'north-1', key: id },
    imageDigest: digest('c'),
    datasetDigest: digest('d'),
    policy: digest('e'),
    scores: { accuracy: 0.1 + 0.2 },
    startedAt: '1970-01-01T00:00:01.000Z',
    finishedAt: '1970-01-01T00:00:02.000Z',
  });
});
