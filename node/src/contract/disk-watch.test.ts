import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { watchDisk } from './disk-watch.ts';

const never = new AbortController().signal;
const anything = { limit: Number.POSITIVE_INFINITY, minFree: 0 };

test('folders that take more than they may are found', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'big'), Buffer.alloc(100_000, 'x'));
  expect(await watchDisk([folder.path], { ...anything, limit: 50_000 }, never)).toBe('limit');
});

test('a disk with less room than is to be kept free is full, however little the folders take', async () => {
  await using folder = await temporaryFolder();
  expect(await watchDisk([folder.path], { ...anything, minFree: Number.MAX_SAFE_INTEGER }, never)).toBe(
    'full',
  );
});

test('nothing is wrong where nothing was found until the end, or nothing can be written', async () => {
  await using folder = await temporaryFolder();
  const end = new AbortController();
  const watched = watchDisk([folder.path], anything, end.signal);
  end.abort();
  expect(await watched).toBeNull();
  expect(await watchDisk([], { limit: 0, minFree: Number.MAX_SAFE_INTEGER }, never)).toBeNull();
});
