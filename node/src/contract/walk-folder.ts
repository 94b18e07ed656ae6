import type { Stats } from 'node:fs';
import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const OWNER_MAY_LIST = 0o700;
const OWNER_MAY_READ = 0o600;
const DEEPEST = 100;

export interface FolderEntry {
  /** Absolute, and relative to the folder that is walked. */
  readonly path: string;
  readonly name: string;
  readonly stats: Stats;
}

/** A folder that was made to be impossible to walk: nested too deep, or with names that no path can hold. */
export class UnwalkableFolderError extends Error {
  override readonly name = 'UnwalkableFolderError';
  readonly code = 'unwalkable_folder';
}

/**
 * `live`: something may still write there. Then no mode is changed, since a path may have become a link to somewhere else between two looks, and a
 * folder that its owner closed cannot be walked. `settled`: nothing does; what its owner closed is opened.
 */
export type WalkMode = 'live' | 'settled';

/**
 * Visits everything in a folder, parents first, names in order. Follows no links, and leaves out what vanishes while it is looked at. Rejects with
 * UnwalkableFolderError.
 */
export async function walkFolder(
  folder: string,
  mode: WalkMode,
  visit: (entry: FolderEntry) => void | Promise<void>,
): Promise<void> {
  await walkBelow({ folder, mode, visit, prefix: '', depth: 0 });
}

interface Walk {
  readonly folder: string;
  readonly mode: WalkMode;
  readonly visit: (entry: FolderEntry) => void | Promise<void>;
  readonly prefix: string;
  readonly depth: number;
}

async function walkBelow(walk: Walk): Promise<void> {
  const { folder, mode, visit, prefix, depth } = walk;
  if (depth > DEEPEST) throw new UnwalkableFolderError(`folders are nested deeper than ${DEEPEST}`);
  const files = (await readdir(folder).catch(ignoreVanished)) ?? [];
  for (const file of files.sort()) {
    const path = join(folder, file);
    const stats = await lstat(path).catch(ignoreVanished);
    if (stats === undefined) continue;
    if (mode === 'settled') await openToOwner(path, stats);
    await visit({ path, name: prefix + file, stats });
    if (!stats.isDirectory()) continue;
    await walkBelow({ ...walk, folder: path, prefix: `${prefix}${file}/`, depth: depth + 1 });
  }
}

async function openToOwner(path: string, stats: Stats): Promise<void> {
  const wanted = stats.isDirectory() ? OWNER_MAY_LIST : stats.isFile() ? OWNER_MAY_READ : 0;
  if ((stats.mode & wanted) !== wanted) await chmod(path, (stats.mode & 0o777) | wanted);
}

function ignoreVanished(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return undefined;
    case 'ENAMETOOLONG':
    case 'EACCES':
      throw new UnwalkableFolderError('a folder is closed, or its path too long to be opened', {
        cause: error,
      });
    default:
      throw error;
  }
}
