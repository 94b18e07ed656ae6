import type { Stats } from 'node:fs';
import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const OWNER_MAY_LIST = 0o700;
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
 * Visits everything in a folder, parents first, names in order. Follows no links. What vanishes while it is looked at is left out, so a folder that
 * is still written to can be walked as well. Folders that their owner closed are opened. Rejects with UnwalkableFolderError.
 */
export async function walkFolder(
  folder: string,
  visit: (entry: FolderEntry) => void | Promise<void>,
  prefix = '',
  depth = 0,
): Promise<void> {
  if (depth > DEEPEST) throw new UnwalkableFolderError(`folders are nested deeper than ${DEEPEST}`);
  for (const file of (await list(folder)).sort()) {
    const path = join(folder, file);
    const stats = await lstat(path).catch(ignoreVanished);
    if (stats === undefined) continue;
    const name = prefix + file;
    await visit({ path, name, stats });
    if (!stats.isDirectory()) continue;
    if ((stats.mode & OWNER_MAY_LIST) !== OWNER_MAY_LIST)
      await chmod(path, OWNER_MAY_LIST).catch(ignoreVanished);
    await walkFolder(path, visit, `${name}/`, depth + 1);
  }
}

async function list(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(ignoreVanished)) ?? [];
}

function ignoreVanished(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw code === 'ENAMETOOLONG' ? new UnwalkableFolderError('a path is too long to be opened') : error;
}
