import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerUser } from '../engine/engine.ts';
import { hasCode } from '../home/atomic-file.ts';
import { InvalidDatasetError } from './errors.ts';

export type DatasetPart = 'input' | 'reference';

export interface FoundFile {
  /** `input/…` or `reference/…`, with `/` between folders. */
  readonly path: string;
  readonly absolutePath: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/** Something in a folder of data that containers, or the node itself, may not read. */
export class UnreadablePathError extends Error {
  override readonly name = 'UnreadablePathError';

  constructor(path: string, reader: ContainerUser | 'the node') {
    super(
      reader === 'the node'
        ? `${path} cannot be read by the node; give its user the right to`
        : `${path} cannot be read by the user that programs run as here (${reader.uid}); let its group read the whole folder, and nobody else: chgrp -R ${reader.gid} FOLDER; chmod -R g+rX FOLDER`,
    );
  }
}

/** So many are looked at side by side. */
const BATCH = 64;

/**
 * Files of a part, by path. Only plain files and folders: a link would make the digest speak of something that is not there. All of it has to
 * be readable for the user that containers run as; otherwise a scoring program would fail at what is the site's to mend.
 */
export async function findFiles(
  part: DatasetPart,
  folder: string,
  user: ContainerUser,
): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const folders = [''];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const here = join(folder, next);
    demandReadable(here, await lstat(here), user);
    const files: string[] = [];
    for (const entry of await list(here)) {
      const path = next ? `${next}/${entry.name}` : entry.name;
      refuseOddities(here, entry);
      if (entry.isDirectory()) folders.push(path);
      else files.push(path);
    }
    for (let first = 0; first < files.length; first += BATCH) {
      const batch = files.slice(first, first + BATCH).map(async (path) => {
        const absolutePath = join(folder, path);
        const stats = await lstat(absolutePath);
        demandReadable(absolutePath, stats, user);
        return { path: `${part}/${path}`, absolutePath, size: stats.size, mtimeMs: stats.mtimeMs };
      });
      found.push(...(await Promise.all(batch)));
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function refuseOddities(folder: string, entry: Dirent): void {
  const path = join(folder, entry.name);
  if (entry.name.includes('\ufffd')) {
    throw new InvalidDatasetError(`${path}: its name is not UTF-8; give it another one`);
  }
  if (entry.isFile() || entry.isDirectory()) return;
  throw new InvalidDatasetError(`${path} is neither a file nor a folder; put a copy of it in its place`);
}

async function list(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'EACCES')) throw new UnreadablePathError(folder, 'the node');
    throw error;
  }
}

/** By the bits of its mode: what other systems of rights grant beyond them is not seen. The node's own reading is tried by reading. */
function demandReadable(path: string, stats: Stats, user: ContainerUser): void {
  const { uid, gid } = user;
  if (uid === process.getuid?.()) return;
  const shift = stats.uid === uid ? 6 : stats.gid === gid ? 3 : 0;
  const wanted = stats.isDirectory() ? 0o5 : 0o4;
  if (((stats.mode >> shift) & wanted) !== wanted) {
    throw new UnreadablePathError(path, user);
  }
}
