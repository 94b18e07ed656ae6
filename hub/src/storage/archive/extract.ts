import { createWriteStream, constants as fs } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
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
    const entries = archive.entriesUnder(under);
    const prefix = under === '' ? 0 : under.length + 1;
    const made = new Set(['.']);
    for (const entry of entries) {
      signal?.throwIfAborted();
      const name = entry.name.slice(prefix);
      const parent = entry.isDirectory ? name : dirname(name);
      if (!made.has(parent)) {
        await mkdir(join(directory, parent), { recursive: true });
        made.add(parent);
      }
      if (entry.isDirectory) continue;
      const target = createWriteStream(join(directory, name), {
        flags: CREATE_EXCLUSIVELY,
        mode: 0o644,
      } as never);
      await pipeline(await archive.openEntryStream(entry.name), target, { ...(signal && { signal }) });
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
