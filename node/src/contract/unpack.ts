import { createWriteStream } from 'node:fs';
import { chown, mkdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { type Entry, type Options, open, type ZipFile } from 'yauzl';
import type { ContainerUser } from '../engine/engine.ts';

export interface UnpackLimits {
  /** All files together, unpacked. */
  readonly maxBytes: number;
  readonly maxEntries: number;
}

/** What is wrong with an archive: a closed set, safe to be told to anybody. */
export type UnpackFailure =
  | 'not-a-zip'
  /** Cut short, a checksum or size that does not fit, an unknown compression. */
  | 'corrupt'
  /** A name that leads out of the folder, is absolute, or cannot be a file's name. */
  | 'unsafe-name'
  /** A member that is a special file. */
  | 'special-file'
  | 'encrypted'
  /** A name that is a file's and a folder's. */
  | 'conflicting-names'
  | 'too-many-entries'
  | 'too-large';

export type UnpackResult =
  | { readonly kind: 'unpacked'; readonly files: number; readonly bytes: number }
  | { readonly kind: 'refused'; readonly failure: UnpackFailure };

/** Deflate gets no better than 1032 to 1. An archive that promises more has members that overlap. */
const MOST_RATIO = 1_100;
const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const LINK = 0o120000;
const BY_UNIX = 3;
const ROOT = '.';
/** What yauzl says about a name that leads out of the folder. */
const UNSAFE_NAME = /^(?:absolute path|invalid relative path|invalid characters in fileName)/;

const openArchive = promisify<string, Options, ZipFile>(open);

/**
 * Unpacks a zip archive into the new folder `target`, for `owner` to use. Files get no execute bit, whatever the archive says; of members with the same
 * name the last one counts; `__MACOSX` is left out; a symbolic link becomes a file that holds the name of its target, as Codabench unpacks it. On refusal `target` holds a part of it, for the caller to remove. Rejects only when the disk fails.
 */
export async function unpack(
  archive: string,
  target: string,
  owner: ContainerUser,
  limits: UnpackLimits,
): Promise<UnpackResult> {
  let zip: ZipFile;
  try {
    zip = await openArchive(archive, { autoClose: false, lazyEntries: true });
  } catch (error) {
    if (isOfThisMachine(error)) throw error;
    return { kind: 'refused', failure: 'not-a-zip' };
  }
  try {
    const members = await readMembers(zip, limits);
    const writer = new MemberWriter(target, owner, limits.maxBytes);
    await writer.makeFolder(ROOT);
    for (const [name, entry] of members) {
      if (name.endsWith('/')) await writer.makeFolder(name.slice(0, -1));
      else await writer.writeFile(name, await openMember(zip, entry), entry.crc32);
    }
    return { kind: 'unpacked', files: writer.files, bytes: writer.bytes };
  } catch (error) {
    return { kind: 'refused', failure: failureOf(error) };
  } finally {
    zip.close();
  }
}

/** Every member that will be written, by name; checks all of them before the first byte is. */
async function readMembers(zip: ZipFile, limits: UnpackLimits): Promise<Map<string, Entry>> {
  const members = new Map<string, Entry>();
  let bytes = 0;
  if (zip.entryCount > limits.maxEntries) throw new Refusal('too-many-entries');
  const read = (entry: Entry) => {
    if (entry.isEncrypted()) throw new Refusal('encrypted');
    const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
    const byUnix = entry.versionMadeBy >>> 8 === BY_UNIX;
    if (byUnix && ![0, REGULAR, DIRECTORY, LINK].includes(type)) throw new Refusal('special-file');
    const name = posix.normalize(entry.fileName);
    if (name.startsWith('__MACOSX/') || name === './') return;
    bytes += entry.uncompressedSize;
    if (bytes > limits.maxBytes || bytes > zip.fileSize * MOST_RATIO) throw new Refusal('too-large');
    members.set(name, entry);
  };
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      try {
        read(entry);
        zip.readEntry();
      } catch (error) {
        reject(error);
      }
    });
    zip.once('end', resolve);
    zip.on('error', reject);
    zip.readEntry();
  });
  return members;
}

function openMember(zip: ZipFile, entry: Entry): Promise<Readable> {
  return promisify(zip.openReadStream.bind(zip) as ReadMember)(entry);
}

type ReadMember = (entry: Entry, callback: (error: Error | null, stream: Readable) => void) => void;

/** Writes members below the target. Every file is made anew, so that nothing is ever written through something that is there. */
class MemberWriter {
  files = 0;
  bytes = 0;
  readonly #target: string;
  readonly #owner: ContainerUser;
  readonly #maxBytes: number;
  readonly #folders = new Set<string>();

  constructor(target: string, owner: ContainerUser, maxBytes: number) {
    this.#target = target;
    this.#owner = owner;
    this.#maxBytes = maxBytes;
  }

  async makeFolder(name: string): Promise<void> {
    if (this.#folders.has(name)) return;
    const parent = posix.dirname(name);
    if (name !== ROOT) await this.makeFolder(parent);
    const path = join(this.#target, name);
    await mkdir(path);
    await this.#give(path);
    this.#folders.add(name);
  }

  /** `checksum` is what the archive says of the content; yauzl leaves that to us. */
  async writeFile(name: string, content: Readable, checksum: number): Promise<void> {
    await this.makeFolder(posix.dirname(name));
    const path = join(this.#target, name);
    let found = 0;
    const bounded = async function* (this: MemberWriter) {
      for await (const chunk of content as AsyncIterable<Buffer>) {
        this.bytes += chunk.length;
        if (this.bytes > this.#maxBytes) throw new Refusal('too-large');
        found = crc32(chunk, found);
        yield chunk;
      }
    };
    await pipeline(bounded.call(this), createWriteStream(path, { flags: 'wx', mode: 0o644 }));
    if (found !== checksum) throw new Refusal('corrupt');
    await this.#give(path);
    this.files += 1;
  }

  async #give(path: string): Promise<void> {
    if (process.getuid?.() !== this.#owner.uid) await chown(path, this.#owner.uid, this.#owner.gid);
  }
}

class Refusal extends Error {
  readonly failure: UnpackFailure;

  constructor(failure: UnpackFailure) {
    super(failure);
    this.failure = failure;
  }
}

/** What an error says about the archive. Rethrows one that says something about this machine instead. */
function failureOf(error: unknown): UnpackFailure {
  if (error instanceof Refusal) return error.failure;
  switch (codeOf(error)) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'conflicting-names';
    case 'ENAMETOOLONG':
    case 'ERR_INVALID_ARG_VALUE':
      return 'unsafe-name';
    default:
      if (isOfThisMachine(error)) throw error;
      return error instanceof Error && UNSAFE_NAME.test(error.message) ? 'unsafe-name' : 'corrupt';
  }
}

function isOfThisMachine(error: unknown): boolean {
  return /^E[A-Z]+$/.test(codeOf(error) ?? '');
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
