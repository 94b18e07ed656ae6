import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { openPromise, type ZipFile } from 'yauzl';
import {
  type ArchiveEntry,
  type ArchiveNote,
  type Directory,
  type Member,
  readDirectory,
} from './directory.ts';
import { ArchiveError, missingEntry, printableName } from './errors.ts';
import { extractMembers } from './extract.ts';
import { type ArchiveLimits, defaultArchiveLimits } from './limits.ts';
import { toArchiveError, toOpeningError } from './yauzl-errors.ts';

/**
 * An open zip archive whose every member has been checked (names, kinds, sizes, extents) before anything is read.
 * Content is held to the declared size and checksum while it streams, so a reader never sees a byte too many.
 *
 * Any number of members may be read at the same time. Streams still open when the archive is disposed finish first.
 */
export interface Archive extends AsyncDisposable {
  /** Files and explicitly listed directories in the archive's order, desktop litter left out. */
  readonly entries: readonly ArchiveEntry[];
  readonly notes: readonly ArchiveNote[];
  /** The file of this name; names are compared exactly, but for Unicode composition. */
  findFile(name: string): ArchiveEntry | null;
  /** The archive's spelling of a name that matches but for case, for error messages. */
  findSimilarName(name: string): string | null;
  /** Whether the name is a directory, listed or implied by a member's name. `''` is the root. */
  hasDirectory(name: string): boolean;
  /**
   * Everything below a directory, files and listed directories, in the archive's order, each with its path relative to
   * that directory. `''` is the root. Throws `ArchiveError` `entry_missing` when there is no such directory.
   */
  entriesUnder(directory: string): { entry: ArchiveEntry; path: string }[];
  /** The whole content of a file of at most `maxBytes`. Throws `ArchiveError` `entry_missing`, `entry_too_large`, `archive_damaged`. */
  readEntry(name: string, maxBytes: number): Promise<Buffer>;
  /** The content as a stream, which fails with `ArchiveError` `archive_damaged` when it is not what was declared. */
  openEntryStream(name: string): Promise<Readable>;
  /**
   * Unpacks everything below `options.under` (default: all) into `directory`, with names relative to `under`.
   * `directory` must not exist and its parent must; it is removed again when anything fails or `signal` aborts.
   * Files get mode 0644 whatever the archive says.
   */
  extract(directory: string, options?: { under?: string; signal?: AbortSignal }): Promise<void>;
}

/**
 * Opens the archive at `path`, which must stay unchanged while it is open. Throws `ArchiveError` for whatever the
 * archive's maker did wrong. Limits not given are the defaults.
 */
export async function openArchive(path: string, limits: Partial<ArchiveLimits> = {}): Promise<Archive> {
  const zip = await openZip(path);
  try {
    const directory = await readDirectory(zip, { ...defaultArchiveLimits, ...limits });
    return new ZipArchive(zip, directory);
  } catch (error) {
    zip.close();
    throw toArchiveError(error);
  }
}

async function openZip(path: string): Promise<ZipFile> {
  try {
    const zip = await openPromise(path, { autoClose: false, decodeStrings: false });
    // Errors of reading reach whoever reads; this listener keeps those of closing from ending the process.
    zip.on('error', () => {});
    return zip;
  } catch (error) {
    throw await toOpeningError(error, path);
  }
}

class ZipArchive implements Archive {
  readonly #zip: ZipFile;
  readonly #directory: Directory;
  readonly #files: Map<string, Member>;

  constructor(zip: ZipFile, directory: Directory) {
    this.#zip = zip;
    this.#directory = directory;
    this.#files = new Map(directory.members.filter((member) => !member.isDirectory).map((m) => [m.name, m]));
  }

  get entries(): readonly ArchiveEntry[] {
    return this.#directory.members;
  }

  get notes(): readonly ArchiveNote[] {
    return this.#directory.notes;
  }

  findFile(name: string): ArchiveEntry | null {
    return this.#findMember(name);
  }

  findSimilarName(name: string): string | null {
    return this.#directory.tree.nearestSpelling(name);
  }

  hasDirectory(name: string): boolean {
    return name === '' || this.#directory.tree.isDirectory(name);
  }

  entriesUnder(directory: string): { entry: ArchiveEntry; path: string }[] {
    if (!this.hasDirectory(directory)) throw missingEntry('folder', directory);
    const prefix = directory === '' ? '' : `${this.#directory.tree.spellingOf(directory)}/`;
    return this.entries
      .filter((entry) => entry.name.startsWith(prefix))
      .map((entry) => ({ entry, path: entry.name.slice(prefix.length) }));
  }

  async readEntry(name: string, maxBytes: number): Promise<Buffer> {
    const member = this.#getMember(name);
    if (member.size > maxBytes) {
      const entry = printableName(name);
      throw new ArchiveError('entry_too_large', {
        message: `"${entry}" has ${member.size} bytes; at most ${maxBytes} are taken here.`,
        entry,
        cure: 'Make the file smaller.',
      });
    }
    return buffer(await this.openEntryStream(name));
  }

  async openEntryStream(name: string): Promise<Readable> {
    return Readable.from(this.#content(this.#getMember(name)), { objectMode: false });
  }

  extract(directory: string, options: { under?: string; signal?: AbortSignal } = {}): Promise<void> {
    return extractMembers(this, directory, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#zip.close();
  }

  #findMember(name: string): Member | null {
    const spelling = this.#directory.tree.spellingOf(name);
    return (spelling === null ? null : this.#files.get(spelling)) ?? null;
  }

  #getMember(name: string): Member {
    const member = this.#findMember(name);
    if (member === null) throw missingEntry('file', name);
    return member;
  }

  async *#content(member: Member): AsyncGenerator<Buffer> {
    const entry = printableName(member.name);
    let checksum = 0;
    try {
      const stream = await this.#zip.openReadStreamPromise(member.raw);
      // Late errors of a stream nobody reads any more must not end the process.
      stream.on('error', () => {});
      // The stream fails by itself on content of any size but the declared one.
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        checksum = crc32(chunk, checksum);
        yield chunk;
      }
    } catch (error) {
      throw toArchiveError(error, entry);
    }
    if (checksum !== member.raw.crc32) {
      throw new ArchiveError('archive_damaged', {
        message: `The content of "${entry}" does not match its checksum.`,
        entry,
        cure: 'Zip the files again and upload the new archive.',
      });
    }
  }
}
