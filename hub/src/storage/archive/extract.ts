import { constants as fs } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Archive } from './reader.ts';

/** Never overwrite and never follow a link, even one that somebody puts in the folder while we unpack. */
const CREATE_EXCLUSIVELY = fs.O_WRONLY | fs.O_CREAT | fs.O_EXCL | fs.O_NOFOLLOW;

/** See `Archive.extract`. */
export async function extractMembers(
  archive: Archive,
  directory: string,
  { under = '', signal }: { under?: string; signal?: AbortSignal },
): Promise<void> {
  await mkdir(directory);
  try {
    const made = new Set(['.']);
    for (const { entry, path } of archive.entriesUnder(under)) {
      signal?.throwIfAborted();
      const parent = entry.isDirectory ? path : dirname(path);
      if (!made.has(parent)) {
        await mkdir(join(directory, parent), { recursive: true });
        made.add(parent);
      }
      if (entry.isDirectory) continue;
      const file = await open(join(directory, path), CREATE_EXCLUSIVELY, 0o644);
      const content = await archive.openEntryStream(entry.name);
      await pipeline(content, file.createWriteStream(), { ...(signal && { signal }) });
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
