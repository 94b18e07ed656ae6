import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  keyIdOf,
  payloadOf,
  preAuthEncoding,
  type ReceiptFile,
  readEnvelope,
  toBase64,
} from '@weir/proto/receipt';
import { testSigner } from '@weir/proto/receipt/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

const hub = generateKeyPairSync('ed25519');
const hubKey = hub.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
const hubKeyId = keyIdOf(hubKey);
const node = testSigner({ nodeId: 'n1', site: 'north', hub: 'hub-a' });
const since = new Date(0).toISOString();

function receiptFile(): ReceiptFile {
  const assignment = { runId: 7n, attempt: 1, submission: { digest: `sha256:${'a'.repeat(64)}` } };
  const envelope = readEnvelope(new TextDecoder().decode(node.receipt(assignment, { accuracy: 0.75 })));
  const signed = preAuthEncoding(envelope.payloadType, payloadOf(envelope));
  const countersignature = { keyid: hubKeyId, sig: sign(null, signed, hub.privateKey).toString('base64') };
  const common = { algorithm: 'ed25519', since } as const;
  return {
    format: 'weir-receipt-1',
    envelope: { ...envelope, signatures: [...envelope.signatures, countersignature] },
    keys: [
      { ...common, id: node.keyId, role: 'site', owner: 'north-1', publicKey: toBase64(node.publicKey) },
      { ...common, id: hubKeyId, role: 'hub', owner: 'hub-a', publicKey: toBase64(hubKey) },
    ],
  };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-verify-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function weir(file: unknown, ...args: string[]): Promise<{ code: number; output: string }> {
  const path = join(folder, 'receipt.json');
  await writeFile(path, typeof file === 'string' ? file : JSON.stringify(file));
  const main = new URL('./main.ts', import.meta.url).pathname;
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'verify', path, ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
    });
  });
}

test('a receipt is checked offline, with and without knowing the key of the hub', async () => {
  const file = receiptFile();
  const unpinned = await weir(file);
  expect(unpinned.code).toBe(0);
  expect(unpinned.output).toContain('not pinned');
  expect(unpinned.output).toMatch(/score accuracy +0\.75/);

  const pinned = await weir(file, '--hub-key', hubKeyId);
  expect(pinned.code).toBe(0);
  expect(pinned.output).not.toContain('not pinned');

  const saved = join(folder, 'keys.json');
  await writeFile(
    saved,
    JSON.stringify({ hub: 'hub-a', keys: file.keys.filter(({ role }) => role === 'hub') }),
  );
  expect((await weir(file, '--hub-key', saved)).code).toBe(0);
  const json = await weir(file, '--hub-key', saved, '--json');
  expect(JSON.parse(json.output)).toMatchObject({ isValid: true });
});

test("another hub's key, a changed score, a missing countersignature and no receipt at all are refused", async () => {
  const file = receiptFile();
  const other = await weir(file, '--hub-key', `sha256:${'0'.repeat(64)}`);
  expect(other).toMatchObject({ code: 1, output: expect.stringContaining("is not the hub's") });

  const text = atob(file.envelope.payload).replace('0.75', '0.95');
  const changed = await weir({ ...file, envelope: { ...file.envelope, payload: btoa(text) } });
  expect(changed).toMatchObject({ code: 1, output: expect.stringContaining('the content was changed') });

  const signatures = file.envelope.signatures.slice(0, 1);
  const single = await weir({ ...file, envelope: { ...file.envelope, signatures } });
  expect(single).toMatchObject({ code: 1, output: expect.stringContaining('no signature of the hub') });

  expect((await weir('hello')).code).toBe(1);
  expect((await weir(file, '--unheard-of')).code).toBe(2);
});
