import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mountsBelow, serverFolder } from './server-folder.ts';

test('finds what is mounted in a folder and not beside it, the innermost first', () => {
  const mounts = [
    '/dev/vda / ext4 rw,relatime 0 0',
    '/dev/vda /tmp/weir-docker-a1/data ext4 rw,relatime 0 0',
    'overlay /tmp/weir-docker-a1/data/overlay2/m1/merged overlay rw 0 0',
    '/dev/vda /tmp/weir-docker-a12/data ext4 rw,relatime 0 0',
    '',
  ].join('\n');
  expect(mountsBelow(mounts, '/tmp/weir-docker-a1')).toEqual([
    '/tmp/weir-docker-a1/data/overlay2/m1/merged',
    '/tmp/weir-docker-a1/data',
  ]);
});

test('is gone with its owner, with all that is in it', async () => {
  const owner = new AsyncDisposableStack();
  const folder = await serverFolder('test', owner);
  await writeFile(join(folder, 'left-behind'), 'by a server');
  await owner.disposeAsync();
  expect(existsSync(folder)).toBe(false);
});
