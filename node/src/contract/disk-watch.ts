import { statfs } from 'node:fs/promises';
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

/** `limit`: the folders take more than they may; `full`: the disk that they are on has less room than is to be kept free. */
export type DiskTrouble = 'limit' | 'full';

export interface DiskBounds {
  /** For the folders together. */
  readonly limit: number;
  /** To be kept free on the disk of the folders, so that the node itself can go on writing. */
  readonly minFree: number;
}

/**
 * Resolves with what is wrong as soon as it is seen; otherwise with null once `signal` is aborted. How much is free on the disk is looked at all the
 * time, since it costs nothing; when that falls by as much as the folders may still take, they are looked at before their turn.
 */
export async function watchDisk(
  folders: readonly string[],
  { limit, minFree }: DiskBounds,
  signal: AbortSignal,
): Promise<DiskTrouble | null> {
  const [place] = folders;
  if (place === undefined) return null;
  let nextLook = 0;
  let used = 0;
  let freeThen = Number.POSITIVE_INFINITY;
  while (await slept(FIRST_LOOK_MS, signal)) {
    const free = await freeBytes(place);
    if (free < minFree) return 'full';
    if (performance.now() < nextLook && freeThen - free < limit - used) continue;
    const began = performance.now();
    used = await diskUse(folders, 'live');
    if (used > limit) return 'limit';
    freeThen = free;
    nextLook = performance.now() + (performance.now() - began) * PAUSE_FACTOR;
  }
  return null;
}

/** Free for the node on the disk on which a folder lies. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function slept(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return delay(milliseconds, true, { signal, ref: false }).catch(() => false);
}
