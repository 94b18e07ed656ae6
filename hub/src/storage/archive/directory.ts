import type { Entry, ZipFile } from 'yauzl';
import { checkEntryName, decodeEntryName, isDesktopLitter, normaliseEntryName } from './entry-name.ts';
import { ArchiveError, printableName } from './errors.ts';
import type { ArchiveLimits } from './limits.ts';
import { NameTree } from './name-tree.ts';

const STORED = 0;
const DEFLATED = 8;
const LOCAL_HEADER_BYTES = 30;
/** Types of members. */
const FOLDER = 0x4;
const REGULAR = 0x8;
const LINK = 0xa;

const WHOSE_LIMIT = 'The administrators of the hub set this limit.';

/** One file or explicitly listed directory, checked. */
export interface ArchiveEntry {
  /** Relative, `/`-separated, without a slash at either end. Spelled as in the archive, not Unicode-normalised. */
  name: string;
  isDirectory: boolean;
  size: number;
  compressedSize: number;
}

/** Something odd in the archive that did not stand in the way. */
export interface ArchiveNote {
  code: 'entry_repeated' | 'entry_is_link';
  entry: string;
  message: string;
}

export interface Member extends ArchiveEntry {
  raw: Entry;
}

export interface Directory {
  members: Member[];
  tree: NameTree;
  notes: ArchiveNote[];
}

/**
 * Reads the central directory, and refuses the whole archive for one bad member: an archive that is safe only in
 * parts is read differently by every tool. Sizes are those declared; the reader holds the content to them.
 */
export async function readDirectory(zip: ZipFile, limits: ArchiveLimits): Promise<Directory> {
  if (zip.entryCount > limits.maxEntries) {
    throw new ArchiveError('archive_too_many_entries', {
      message: `The archive holds ${zip.entryCount} entries; at most ${limits.maxEntries} are taken.`,
      cure: `Put the files in fewer, larger files (for example one nested zip) and upload again. ${WHOSE_LIMIT}`,
    });
  }
  const tree = new NameTree();
  const notes: ArchiveNote[] = [];
  const members = new Map<string, Member>();
  for await (const raw of zip.eachEntry()) {
    const name = normaliseEntryName(decodeEntryName(raw));
    if (name.path === '' || isDesktopLitter(name.path)) continue;
    checkEntryName(name.path, limits);
    checkKind(raw, name.path);
    tree.add(name.path, name.isDirectory);
    if (members.has(name.path) && !name.isDirectory) notes.push(repeated(name.path));
    if (fileTypeOf(raw) === LINK) notes.push(isLink(name.path));
    members.set(name.path, {
      name: name.path,
      isDirectory: name.isDirectory,
      size: name.isDirectory ? 0 : raw.uncompressedSize,
      compressedSize: name.isDirectory ? 0 : raw.compressedSize,
      raw,
    });
  }
  const kept = [...members.values()];
  if (kept.length === 0) {
    throw new ArchiveError('archive_without_entries', {
      message: 'The archive holds no files.',
      cure: 'Check what was zipped and upload again.',
    });
  }
  checkSizes(kept, zip.fileSize, limits);
  checkExtents(kept, zip.fileSize);
  return { members: kept, tree, notes };
}

function repeated(name: string): ArchiveNote {
  const entry = printableName(name);
  return {
    code: 'entry_repeated',
    entry,
    message: `"${entry}" is in the archive more than once; the last one counts.`,
  };
}

/** Python's `extractall`, which Codabench unpacks with, makes no links of links either. */
function isLink(name: string): ArchiveNote {
  const entry = printableName(name);
  const message = `"${entry}" is a symbolic link. It is unpacked as a small text file that holds the name of its target; zip without -y for the target itself.`;
  return { code: 'entry_is_link', entry, message };
}

/** The upper half of the external attributes is a Unix mode; archivers without one leave its type bits zero. */
function fileTypeOf(raw: Entry): number {
  return (raw.externalFileAttributes >>> 28) & 0xf;
}

function checkKind(raw: Entry, name: string): void {
  const entry = printableName(name);
  const fileType = fileTypeOf(raw);
  if (![0, FOLDER, REGULAR, LINK].includes(fileType)) {
    throw new ArchiveError('entry_is_special_file', {
      message: `"${entry}" is a device, pipe or socket.`,
      entry,
      cure: 'Leave it out and zip again.',
    });
  }
  if (raw.isEncrypted()) {
    throw new ArchiveError('entry_encrypted', {
      message: `"${entry}" is encrypted.`,
      entry,
      cure: 'Zip again without a password.',
    });
  }
  if (raw.compressionMethod !== STORED && raw.compressionMethod !== DEFLATED) {
    throw new ArchiveError('entry_compression_unsupported', {
      message: `"${entry}" is compressed by method ${raw.compressionMethod}; only deflate and store are read.`,
      entry,
      cure: 'Zip again with the default compression.',
    });
  }
}

function checkSizes(members: readonly Member[], archiveBytes: number, limits: ArchiveLimits): void {
  let total = 0;
  for (const member of members) {
    total += member.size;
    if (member.size > limits.maxEntryBytes) {
      const entry = printableName(member.name);
      throw new ArchiveError('entry_too_large', {
        message: `"${entry}" unpacks to ${member.size} bytes; at most ${limits.maxEntryBytes} are taken.`,
        entry,
        cure: `Split the file or make it smaller. ${WHOSE_LIMIT}`,
      });
    }
  }
  if (total > limits.maxTotalBytes) {
    throw new ArchiveError('archive_too_large', {
      message: `The archive unpacks to ${total} bytes; at most ${limits.maxTotalBytes} are taken.`,
      cure: `Make it smaller, or split it. ${WHOSE_LIMIT}`,
    });
  }
  if (total > limits.ratioFreeBytes && total > archiveBytes * limits.maxRatio) {
    throw new ArchiveError('archive_bomb', {
      message: `The archive unpacks to ${total} bytes, more than ${limits.maxRatio} times its own size of ${archiveBytes}.`,
      cure: `Zip the large files with less compression (zip -0), so that the archive is nearer to its content in size. ${WHOSE_LIMIT}`,
    });
  }
}

/** Members that share bytes are how a small archive unpacks to a huge one; no archiver writes them. */
function checkExtents(members: readonly Member[], archiveBytes: number): void {
  const inOrder = members.toSorted(
    (a, b) => a.raw.relativeOffsetOfLocalHeader - b.raw.relativeOffsetOfLocalHeader,
  );
  let end = 0;
  for (const { raw, name } of inOrder) {
    const start = raw.relativeOffsetOfLocalHeader;
    const entry = printableName(name);
    if (start < end) {
      throw new ArchiveError('archive_overlapping_entries', {
        message: `"${entry}" shares its bytes in the archive with another entry.`,
        entry,
        cure: 'Zip the files again with a current archiver.',
      });
    }
    end = start + LOCAL_HEADER_BYTES + raw.fileNameLength + raw.compressedSize;
    if (end > archiveBytes) {
      throw new ArchiveError('archive_truncated', {
        message: `"${entry}" reaches past the end of the archive.`,
        entry,
        cure: 'The upload was cut short: upload the archive again.',
      });
    }
  }
}
