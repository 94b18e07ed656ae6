import { isUtf8 } from 'node:buffer';
import { type Entry, getFileNameLowLevel } from 'yauzl';
import { ArchiveError, printableName } from './errors.ts';
import type { ArchiveLimits } from './limits.ts';

const UTF8_FLAG = 0x800;
const MAX_SEGMENT_BYTES = 255;

/** A member's name made safe: relative, `/` between segments, no `.` or `..`, no slash at either end. */
export interface EntryName {
  path: string;
  isDirectory: boolean;
}

/**
 * The name as text. Archivers that forget the UTF-8 flag but write UTF-8 (macOS does) are believed; other bytes are
 * code page 437, as the format says.
 */
export function decodeEntryName(entry: Entry): string {
  const raw = entry.fileNameRaw;
  const flagged = (entry.generalPurposeBitFlag & UTF8_FLAG) !== 0;
  if (flagged && !isUtf8(raw)) {
    throw new ArchiveError('entry_name_invalid', {
      message: `A name in the archive claims to be UTF-8 and is not: "${printableName(raw.toString('latin1'))}".`,
      entry: printableName(raw.toString('latin1')),
      cure: 'Zip the files again with a current archiver.',
    });
  }
  const flags = isUtf8(raw) ? entry.generalPurposeBitFlag | UTF8_FLAG : entry.generalPurposeBitFlag;
  return getFileNameLowLevel(flags, raw, entry.extraFields, true);
}

/** What archivers of desktops add and nobody means to upload. */
export function isDesktopLitter(path: string): boolean {
  const segments = path.split('/');
  const last = segments.at(-1);
  return segments[0] === '__MACOSX' || last === '.DS_Store' || last === 'Icon\r';
}

/** Resolves `.` and doubled slashes; throws on everything that could point outside the folder it is unpacked in. */
export function normaliseEntryName(name: string): EntryName {
  const unsafe = whatIsUnsafe(name);
  if (unsafe !== null) {
    throw new ArchiveError('entry_name_unsafe', {
      message: `The name "${printableName(name)}" in the archive ${unsafe}.`,
      entry: printableName(name),
      cure: 'Zip the folder from inside, with relative names and forward slashes.',
    });
  }
  const path = name
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
  return { path, isDirectory: name.endsWith('/') || path === '' };
}

function whatIsUnsafe(name: string): string | null {
  if (name === '') return 'is empty';
  if (name.includes('\0')) return 'holds a NUL character';
  if (name.includes('\\')) return 'uses backslashes';
  if (name.startsWith('/')) return 'is absolute';
  if (/^[a-z]:/i.test(name)) return 'starts with a drive letter';
  if (name.split('/').includes('..')) return 'climbs out of the archive with ".."';
  return null;
}

/** Checks that need the name's final form, made after litter has been left out. */
export function checkEntryName(path: string, limits: ArchiveLimits): void {
  const entry = printableName(path);
  const segments = path.split('/');
  if (/\p{Cc}/u.test(path)) {
    throw new ArchiveError('entry_name_invalid', {
      message: `The name "${entry}" in the archive holds control characters.`,
      entry,
      cure: 'Rename the file and zip again.',
    });
  }
  if (segments.length > limits.maxDepth) {
    throw new ArchiveError('entry_too_deep', {
      message: `"${entry}" lies ${segments.length} folders deep; at most ${limits.maxDepth} are taken.`,
      entry,
      cure: 'Use a flatter layout of folders.',
    });
  }
  const tooLong = segments.some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT_BYTES);
  if (tooLong || Buffer.byteLength(path) > limits.maxNameBytes) {
    throw new ArchiveError('entry_name_too_long', {
      message: `The name "${entry}" is too long: at most ${MAX_SEGMENT_BYTES} bytes a folder or file, ${limits.maxNameBytes} in all.`,
      entry,
      cure: 'Shorten the name and zip again.',
    });
  }
}
