import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { hostSoftware } from './host-software.ts';

test('containers see the software of the host and nothing else that lies beside it', async () => {
  await using root = await temporaryFolder();
  for (const path of [
    'usr/bin',
    'usr/lib',
    'usr/src/project/.weir',
    'home/ada',
    'etc/ssl/certs',
    'etc/ssh',
  ]) {
    await mkdir(join(root.path, path), { recursive: true });
  }
  await symlink('usr/bin', join(root.path, 'bin'));
  expect(await hostSoftware(root.path)).toEqual([
    { source: join(root.path, 'usr/bin'), target: '/usr/bin' },
    { source: join(root.path, 'usr/lib'), target: '/usr/lib' },
    { link: 'usr/bin', target: '/bin' },
    { source: join(root.path, 'etc/ssl/certs'), target: '/etc/ssl/certs' },
  ]);
});
