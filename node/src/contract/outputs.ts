import { constants, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { UnwalkableFolderError, walkFolder } from './walk-folder.ts';

/** A fixed date, so that equal outputs make equal archives. The earliest that the format can hold. */
const MTIME = new Date(1980, 0, 1);
const FILE = { mtime: MTIME, mode: 0o100644, forceDosTimestamp: true } as const;
const FOLDER = { mtime: MTIME, mode: 0o40755, forceDosTimestamp: true } as const;
const MOST_ENTRIES = 100_000;

export interface OutputArchive {
  readonly folder: string;
  /** Files that are put at the root besides, such as the platform's `metadata`: name -> content. */
  readonly extra: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

/**
 * Zips an output folder into the file `target`: the same bytes for the same content. Links and special files are left out. Answers with false, and with
 * nothing useful in `target`, when the files or the archive would be larger than `maxBytes` or too many. To be called when nothing writes there any more.
 */
export async function zipOutput(
  { folder, extra, maxBytes }: OutputArchive,
  target: string,
): Promise<boolean> {
  const zip = new ZipFile();
  let left = maxBytes;
  let entries = 0;
  try {
    await walkFolder(folder, 'settled', ({ path, name, stats }) => {
      entries += 1;
      if (entries > MOST_ENTRIES) throw new UnwalkableFolderError('too many entries');
      if (stats.isDirectory()) zip.addEmptyDirectory(name, FOLDER);
      if (!stats.isFile() || Object.hasOwn(extra, name)) return;
      left -= stats.size;
      zip.addReadStreamLazy(name, { ...FILE, size: stats.size }, (use) => {
        openPlain(path).then(
          (stream) => use(null, stream),
          (error) => zip.emit('error', error),
        );
      });
    });
  } catch (error) {
    if (error instanceof UnwalkableFolderError) return false;
    throw error;
  }
  if (left < 0) return false;
  for (const [name, content] of Object.entries(extra)) zip.addBuffer(Buffer.from(content), name, FILE);
  zip.end();
  const failed = new Promise<never>((_, reject) => zip.on('error', reject));
  const written = createWriteStream(target, { mode: 0o600 });
  await Promise.race([pipeline(zip.outputStream, written), failed]);
  return written.bytesWritten <= maxBytes;
}

async function openPlain(path: string): Promise<Readable> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  return file.createReadStream();
}
