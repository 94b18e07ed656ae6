import { setTimeout as delay } from 'node:timers/promises';
import { UnwalkableFolderError, type WalkMode, walkFolder } from './walk-folder.ts';

const FIRST_LOOK_MS = 500;
/** At most a twentieth of the time is spent on looking. */
const PAUSE_FACTOR = 20;
const BLOCK_BYTES = 512;
/** An empty file takes an inode and a name; counting that much for each bounds their number as well. */
const ENTRY_BYTES = 1024;

/** What folders take on disk, in bytes. Holes in files take nothing. Infinite for a folder that cannot be walked. */
export async function diskUse(folders: readonly string[], mode: WalkMode): Promise<number> {
  let bytes = 0;
  try {
    for (const folder of folders) {
      await walkFolder(folder, mode, ({ stats }) => {
        bytes += stats.blocks * BLOCK_BYTES + ENTRY_BYTES;
      });
    }
  } catch (error) {
    if (error instanceof UnwalkableFolderError) return Number.POSITIVE_INFINITY;
    throw error;
  }
  return bytes;
}

/** Resolves when the folders take more than `limit`; otherwise with false once `signal` is aborted. */
export async function watchDisk(
  folders: readonly string[],
  limit: number,
  signal: AbortSignal,
): Promise<boolean> {
  let pause = FIRST_LOOK_MS;
  while (await slept(pause, signal)) {
    const began = performance.now();
    if ((await diskUse(folders, 'live')) > limit) return true;
    pause = Math.max(FIRST_LOOK_MS, (performance.now() - began) * PAUSE_FACTOR);
  }
  return false;
}

function slept(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return delay(milliseconds, true, { signal, ref: false }).catch(() => false);
}
