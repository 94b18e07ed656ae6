import { open, rm } from 'node:fs/promises';
import { pipeline as join, PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { Archive } from './reader.ts';

/** A file to put into an archive, or, without `open`, an empty directory. Names are relative, `/`-separated. */
export interface ZipMember {
  name: string;
  size?: number;
  open?: () => Promise<Readable>;
}

/**
 * A zip of these members that depends on nothing but their names and contents: sorted, stored without compression
 * (deflate's output differs between zlib builds and processors), dated 1980, mode 0644. So the digest of a program
 * zipped from a bundle is the same on every hub, and a site's policy that pins it holds after a second upload.
 *
 * Fails with whatever opening or reading a member fails with. Destroying the stream stops reading.
 */
export function zipStream(members: readonly ZipMember[]): Readable {
  const zip = new ZipFile();
  const output = new PassThrough();
  let reading: Readable | null = null;
  const fail = (error: Error) => output.destroy(error);
  output.on('close', () => reading?.destroy());
  zip.on('error', fail);
  join(zip.outputStream, output, () => {});

  for (const member of members.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
    const { open } = member;
    if (open === undefined) {
      zip.addEmptyDirectory(member.name, { ...fixed(), mode: 0o040755 });
      continue;
    }
    const options = {
      ...fixed(),
      mode: 0o100644,
      compress: false,
      ...(member.size !== undefined && { size: member.size }),
    };
    zip.addReadStreamLazy(member.name, options, (begin) => {
      open().then((stream) => {
        reading = stream;
        stream.on('error', fail);
        begin(null, stream);
      }, fail);
    });
  }
  zip.end();
  return output;
}

/** Writes `zipStream(members)` to a new file; a failure leaves no file behind. */
export async function writeZip(members: readonly ZipMember[], path: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await pipeline(zipStream(members), file.createWriteStream());
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** The members of one directory of an archive, named relative to it: what a bundle means by a directory as data. */
export function membersOfDirectory(archive: Archive, directory: string): ZipMember[] {
  return archive.entriesUnder(directory).map(({ entry, path }) => ({
    name: path,
    ...(!entry.isDirectory && { size: entry.size, open: () => archive.openEntryStream(entry.name) }),
  }));
}

/** Zips one directory of an archive by its content into a new file. */
export function zipDirectoryOfArchive(archive: Archive, directory: string, path: string): Promise<void> {
  return writeZip(membersOfDirectory(archive, directory), path);
}

/** DOS dates are local times, so local midnight is what comes out the same in every time zone. */
function fixed() {
  return { mtime: new Date(1980, 0, 1), forceDosTimestamp: true };
}
