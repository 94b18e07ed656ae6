import { ed25519 } from '@noble/curves/ed25519.js';
import { expect, test } from 'vitest';
import { assignedBy, columnsDigest } from './assigned.ts';
import { differencesFrom } from './compare.ts';
import { keyIdOf, payloadOf, preAuthEncoding, readEnvelope, sealEnvelope } from './envelope.ts';
import {
  fromBase64,
  isSameScore,
  type ReceiptFile,
  readReceiptFile,
  readStatement,
  toBase64,
  verifyReceipt,
} from './index.ts';
import { testSigner } from './testing.ts';

const node = testSigner({ nodeId: 'n1', site: 'north', hub: 'hub-a' });
const hubSecret = ed25519.utils.randomSecretKey();
const hubKey = ed25519.getPublicKey(hubSecret);
const assignment = {
  runId: 7n,
  attempt: 2,
  submissionId: 5n,
  submission: { digest: `sha256:${'a'.repeat(64)}` },
};

function receiptFile(scores: Record<string, number> = { auc: 0.1 + 0.2 }): ReceiptFile {
  const envelope = readEnvelope(new TextDecoder().decode(node.receipt(assignment, scores)));
  const payload = payloadOf(envelope);
  const signature = ed25519.sign(preAuthEncoding(envelope.payloadType, payload), hubSecret);
  const [counter] = sealEnvelope(payload, [{ keyId: keyIdOf(hubKey), signature }]).signatures;
  const common = { algorithm: 'ed25519', since: '' } as const;
  return {
    format: 'weir-receipt-1',
    envelope: { ...envelope, signatures: [...envelope.signatures, counter!] },
    keys: [
      { ...common, id: node.keyId, role: 'site', owner: 'north-1', publicKey: toBase64(node.publicKey) },
      { ...common, id: keyIdOf(hubKey), role: 'hub', owner: 'hub-a', publicKey: toBase64(hubKey) },
    ],
  };
}

const bad = (file: ReceiptFile, expected = {}) =>
  verifyReceipt(file, expected)
    .checks.filter(({ result }) => result === 'bad')
    .map(({ name }) => name);

test('what is signed is the pre-authentication encoding of DSSE', () => {
  const text = new TextDecoder().decode(
    preAuthEncoding('http://example.com/HelloWorld', new TextEncoder().encode('hello world')),
  );
  // The example of the specification.
  expect(text).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

test('a receipt survives its way as a file', () => {
  const file = readReceiptFile(JSON.stringify(receiptFile()));
  const report = verifyReceipt(file, { hubKeys: [keyIdOf(hubKey)], scores: { auc: '0.30' } });
  expect(report.isValid).toBe(true);
  expect(report.checks.every(({ result }) => result === 'good')).toBe(true);
  expect(report.statement.predicate.assigned).toMatchObject({ run: '7', attempt: 2, submission: '5' });
});

test('every byte of what was signed counts', () => {
  const file = receiptFile();
  const payload = payloadOf(file.envelope);
  for (const at of [payload.length - 30, payload.indexOf('0'.charCodeAt(0))]) {
    const changed = Uint8Array.from(payload);
    changed[at] = changed[at]! ^ 1;
    const forged = { ...file, envelope: { ...file.envelope, payload: toBase64(changed) } };
    try {
      expect(bad(forged)).toEqual(expect.arrayContaining(['site_signature', 'hub_signature']));
    } catch (error) {
      // A change may also leave nothing that could be read.
      expect(error).toMatchObject({ code: 'receipt_unreadable' });
    }
  }
});

test('a key is what its name says, and the site signs with the one that the statement names', () => {
  const file = receiptFile();
  const [site, hub] = file.keys;
  const renamed = { ...file, keys: [{ ...site!, publicKey: toBase64(hubKey) }, hub!] };
  expect(() => verifyReceipt(renamed)).toThrow(/another one than its name/);
  // The hub's key in the place of the node's.
  const swapped = { ...file, keys: [{ ...hub!, role: 'site' as const }] };
  expect(bad(swapped)).toEqual(['hub_signature', 'site_key']);
});

test('what a key signed before it was replaced stays good, and nothing of later', () => {
  const file = receiptFile();
  const until = (at: number) =>
    readReceiptFile(
      JSON.stringify({
        ...file,
        keys: file.keys.map((key) =>
          key.role === 'site' ? { ...key, until: new Date(at).toISOString() } : key,
        ),
      }),
    );
  expect(bad(until(0))).toEqual([]);
  expect(verifyReceipt(until(0)).checks.find(({ name }) => name === 'site_key')?.text).toContain(
    'until 1970-01-01T00:00:00.000Z',
  );
  expect(bad(until(-1))).toEqual(['site_key']);
  const [key] = file.keys;
  expect(() => readReceiptFile(JSON.stringify({ ...file, keys: [{ ...key, until: 'some day' }] }))).toThrow(
    'one of its keys is none',
  );
});

test('scores are compared as they are shown', () => {
  expect(bad(receiptFile(), { scores: { auc: 0.3 } })).toEqual([]);
  expect(bad(receiptFile(), { scores: { auc: '0.31' } })).toEqual(['scores']);
  expect(bad(receiptFile(), { scores: { other: '0.30' } })).toEqual(['scores']);
  expect(isSameScore(0.125, '0.13')).toBe(true);
  expect(isSameScore(1e-11, '0.00')).toBe(true);
  expect(isSameScore(12, '12')).toBe(true);
});

test('what is no receipt is called so', () => {
  for (const text of ['', '{}', 'null', '{"format":"weir-receipt-1","keys":[],"envelope":{}}']) {
    expect(() => readReceiptFile(text)).toThrow(expect.objectContaining({ code: 'receipt_unreadable' }));
  }
  expect(() => readStatement(new TextEncoder().encode('{"_type":"other"}'))).toThrow();
});

test('hub and node find the same words for one assignment, and name where they differ', () => {
  const assigned = assignedBy(assignment, 'hub-a');
  const predicate = { ...verifyReceipt(receiptFile()).statement.predicate };
  expect(differencesFrom(assigned, { predicate })).toEqual([]);
  expect(differencesFrom({ ...assigned, attempt: 3, image: 'x' }, { predicate })).toEqual([
    'attempt',
    'image',
  ]);
  expect(columnsDigest([{ key: 'auc' }])).not.toBe(columnsDigest([{ key: 'auc', decimals: 0 }]));
});

test('base64 is the same both ways', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
});
