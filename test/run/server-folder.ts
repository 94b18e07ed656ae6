import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../deploy/host/commands.ts';

const UNMOUNT_MS = 10_000;

/** A new folder for a server of the tests, gone with `owner`. One that cannot be removed is named, and fails no test. */
export async function serverFolder(server: string, owner: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `weir-${server}-`));
  owner.defer(async () => {
    try {
      await unmountBelow(folder);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    } catch (error) {
      console.warn(`${folder} could not be removed: ${error instanceof Error ? error.message : error}`);
    }
  });
  return folder;
}

/** A container engine that had to be killed leaves its storage mounted. */
async function unmountBelow(folder: string): Promise<void> {
  const mounts = await readFile('/proc/mounts', 'utf8').catch(() => '');
  for (const path of mountsBelow(mounts, folder))
    await runCommand('umount', ['--lazy', path], { timeout: UNMOUNT_MS });
}

/** Where something is mounted below a folder, what was mounted last first. `mounts` is in the format of /proc/mounts. */
export function mountsBelow(mounts: string, folder: string): string[] {
  return mounts
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();
}
