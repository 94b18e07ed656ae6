import { createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** Path inside the archive (with `/`) -> content. */
export type ArchiveContent = Map<string, Buffer>;

/** Everything below `folder`, under paths relative to it, in the order of their names. */
export async function readFolder(folder: string): Promise<ArchiveContent> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(folder, path))] as const)),
  );
}

/** Writes a zip whose bytes depend on the content alone, so that the same content always has the same digest. */
export async function writeArchive(file: string, content: ArchiveContent): Promise<void> {
  const zip = new ZipFile();
  for (const [path, bytes] of content) {
    zip.addBuffer(bytes, path, { mtime: new Date(Date.UTC(2020, 0, 1)), mode: 0o100644 });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
}
