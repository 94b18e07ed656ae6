import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestHub, type TestHub, type TestPerson } from '../http/testing/test-hub.ts';

let hub: TestHub;
let ada: TestPerson;
let eve: TestPerson;
beforeAll(async () => {
  hub = await createTestHub({ WEIR_MAX_UPLOAD_GIB: '0.01', WEIR_MAX_STORAGE_GIB: '0.02' });
  ada = await hub.person('ada');
  eve = await hub.person('eve');
});
afterAll(() => hub[Symbol.asyncDispose]());

const content = Buffer.alloc(3_000_000, 'weir');

async function start(size = content.length): Promise<{ key: string; uploadUrl: string }> {
  const input = { type: 'submission', fileName: 'entry.zip', size };
  return (await hub.call('mutation', 'resources.startUpload', input, ada)).json().result.data;
}
const put = (url: string, payload: Buffer = content, headers: Record<string, string> = {}) =>
  hub.inject({ method: 'PUT', url, payload, headers });
const finish = async (key: string, person = ada) =>
  (await hub.call('mutation', 'resources.finishUpload', { key }, person)).json();

test('an upload is started, sent to its address without further credentials, and finished', async () => {
  const { key, uploadUrl } = await start();
  expect((await finish(key)).error.data).toMatchObject({ code: 'CONFLICT', reason: 'upload_incomplete' });
  const sent = await put(uploadUrl, content, { 'content-type': 'application/zip' });
  expect(sent.statusCode).toBe(200);
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  expect((await finish(key)).result.data).toEqual({ key, digest, size: content.length });
});

test.each([
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/plain',
  undefined,
])('bytes are bytes, whatever their type says: %s', async (type) => {
  const { uploadUrl } = await start(4);
  expect((await put(uploadUrl, Buffer.from('{}; '), type ? { 'content-type': type } : {})).statusCode).toBe(
    200,
  );
});

test('other bytes than announced are refused', async () => {
  const { key, uploadUrl } = await start(10);
  expect((await put(uploadUrl, Buffer.alloc(11))).json().error.code).toBe('too_large');
  expect((await put(uploadUrl, Buffer.alloc(9))).json().error.code).toBe('upload_size');
  expect((await finish(key)).error.data.reason).toBe('upload_incomplete');
});

test('the same bytes may be sent again; others may not take their place', async () => {
  const { uploadUrl } = await start(4);
  expect((await put(uploadUrl, Buffer.from('once'))).statusCode).toBe(200);
  expect((await put(uploadUrl, Buffer.from('once'))).statusCode).toBe(200);
  for (const content of ['more', 'much more']) {
    const changed = await put(uploadUrl, Buffer.from(content));
    expect(changed.statusCode).toBe(409);
    expect(changed.json().error.code).toBe('upload_changed');
  }
});

test('what is refused takes no room', async () => {
  const isStored = (content: Buffer) =>
    hub.context.blobs.stat(`sha256:${createHash('sha256').update(content).digest('hex')}`);
  const [short, other] = [Buffer.from('too short'), Buffer.from('different')];
  const incomplete = await start(10);
  await put(incomplete.uploadUrl, short);
  expect(await isStored(short)).toBeNull();
  const complete = await start(9);
  await put(complete.uploadUrl, Buffer.from('identical'));
  await put(complete.uploadUrl, other);
  expect(await isStored(other)).toBeNull();
});

test('an address that was tampered with is refused', async () => {
  const [mine, other] = [await start(4), await start(4)];
  for (const url of [
    mine.uploadUrl.replace(mine.key, other.key),
    `/uploads/${mine.key}`,
    `${mine.uploadUrl}x`,
  ]) {
    expect((await put(url, Buffer.from('evil'))).statusCode).toBe(403);
  }
});

test("somebody else's upload does not exist for others", async () => {
  const { key, uploadUrl } = await start(4);
  await put(uploadUrl, Buffer.from('mine'));
  expect((await finish(key, eve)).error.data).toMatchObject({
    code: 'NOT_FOUND',
    reason: 'resource_missing',
  });
  await expect(hub.context.resources.getUsable(eve.actor, key, ['submission'])).rejects.toThrow(
    'There is no upload',
  );
  await expect(hub.context.resources.getUsable(ada.actor, key, ['solution'])).rejects.toThrow(
    'solution is needed',
  );
});

test('one file and all files of a person have limits', async () => {
  const tooLarge = { type: 'submission', fileName: 'a.zip', size: 11_000_000 };
  const refused = await hub.call('mutation', 'resources.startUpload', tooLarge, ada);
  expect(refused.json().error.data).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', reason: 'too_large' });

  const heavy = await hub.person('heavy');
  const large = Buffer.alloc(10_000_000);
  await hub.upload(heavy, 'submission', large);
  await hub.upload(heavy, 'submission', large);
  const third = { type: 'submission', fileName: 'c.zip', size: large.length };
  expect((await hub.call('mutation', 'resources.startUpload', third, heavy)).json().error.data.reason).toBe(
    'storage_exhausted',
  );
});

test('without an account there is no upload', async () => {
  const response = await hub.call('mutation', 'resources.startUpload', {
    type: 'submission',
    fileName: 'a',
    size: 1,
  });
  expect(response.json().error.data).toMatchObject({ code: 'UNAUTHORIZED', reason: 'not_logged_in' });
});
