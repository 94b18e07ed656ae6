import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DiskBlobStore } from './disk-blob-store.ts';
import { BlobMissingError, BlobTooLargeError } from './errors.ts';

let root: string;
let store: DiskBlobStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'weir-blobs-'));
  store = await DiskBlobStore.open(root);
});
afterEach(() => rm(root, { recursive: true }));

const bytes = (content: string) => Readable.from([Buffer.from(content)]);
const nothing = `sha256:${'0'.repeat(64)}`;

test('content is found under its digest, whole or in part', async () => {
  const blob = await store.put(bytes('hello, weir'), { maxBytes: 100 });
  expect(blob).toEqual({
    digest: `sha256:${createHash('sha256').update('hello, weir').digest('hex')}`,
    size: 11,
    md5: createHash('md5').update('hello, weir').digest('hex'),
  });
  expect(await store.stat(blob.digest)).toEqual({ size: 11 });
  expect(await text(await store.open(blob.digest))).toBe('hello, weir');
  expect(await text(await store.open(blob.digest, { start: 7, end: 10 }))).toBe('weir');
  await using file = await store.borrow(blob.digest);
  expect(await readFile(file.path, 'utf8')).toBe('hello, weir');
});

test('the same content twice, also at the same time, is one blob', async () => {
  const blobs = await Promise.all(
    Array.from({ length: 8 }, () => store.put(bytes('same'), { maxBytes: 100 })),
  );
  expect(new Set(blobs.map((blob) => blob.digest)).size).toBe(1);
});

test('content over the limit is refused and leaves nothing', async () => {
  await expect(store.put(bytes('four'), { maxBytes: 3 })).rejects.toThrow(BlobTooLargeError);
  expect(await readdir(join(root, 'incoming'))).toEqual([]);
});

test('a source that breaks off leaves nothing', async () => {
  async function* broken() {
    yield Buffer.from('half');
    throw new Error('connection lost');
  }
  await expect(store.put(broken(), { maxBytes: 100 })).rejects.toThrow('connection lost');
  expect(await readdir(join(root, 'incoming'))).toEqual([]);
});

test('an aborted put leaves nothing', async () => {
  const abort = new AbortController();
  async function* endless() {
    for (;;) {
      yield Buffer.alloc(1_000);
      abort.abort();
    }
  }
  await expect(store.put(endless(), { maxBytes: 1e9, signal: abort.signal })).rejects.toThrow();
  expect(await readdir(join(root, 'incoming'))).toEqual([]);
});

test.each([nothing, 'sha256:../../etc/passwd', '../secret', ''])('%j is not there', async (digest) => {
  await expect(store.open(digest)).rejects.toThrow(BlobMissingError);
  await expect(store.borrow(digest)).rejects.toThrow(BlobMissingError);
});
