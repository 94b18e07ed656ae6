import { createHash, randomUUID } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { access, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type BlobStore,
  type BorrowedFile,
  type ByteRange,
  isDigest,
  type StoredBlob,
} from './blob-store.ts';
import { BlobMissingError, BlobTooLargeError } from './errors.ts';

const ABANDONED_AFTER_MS = 24 * 3_600_000;

/**
 * Blobs as files: `sha256/ab/<hex>`. Content is written under `incoming/`, synced, and renamed into place, so a file at its final
 * name is always whole. Several processes may share the directory.
 */
export class DiskBlobStore implements BlobStore {
  readonly #root: string;
  readonly #incoming: string;

  private constructor(root: string) {
    this.#root = root;
    this.#incoming = join(root, 'incoming');
  }

  static async open(root: string): Promise<DiskBlobStore> {
    const store = new DiskBlobStore(root);
    await mkdir(store.#incoming, { recursive: true, mode: 0o700 });
    await store.#removeAbandoned();
    return store;
  }

  async put(
    content: AsyncIterable<Uint8Array>,
    { maxBytes, signal }: { readonly maxBytes: number; readonly signal?: AbortSignal },
  ): Promise<StoredBlob> {
    const temporary = join(this.#incoming, randomUUID());
    const sha256 = createHash('sha256');
    const md5 = createHash('md5');
    let size = 0;
    async function* measured(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        size += chunk.length;
        if (size > maxBytes) throw new BlobTooLargeError(maxBytes);
        sha256.update(chunk);
        md5.update(chunk);
        yield chunk;
      }
    }
    try {
      const file = createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true });
      await pipeline(content, measured, file, signal ? { signal } : {});
      const digest = `sha256:${sha256.digest('hex')}`;
      await this.#moveIntoPlace(temporary, this.#pathOf(digest));
      return { digest, size, md5: md5.digest('hex') };
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async stat(digest: string): Promise<{ size: number } | null> {
    try {
      return { size: (await stat(this.#pathOf(digest))).size };
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  async open(digest: string, range?: ByteRange): Promise<Readable> {
    const handle = await this.#openFile(digest);
    return handle.createReadStream(range ? { start: range.start, end: range.end } : {});
  }

  async borrow(digest: string): Promise<BorrowedFile> {
    // Blobs never change nor move, so the file itself will do.
    if (!(await this.stat(digest))) throw new BlobMissingError(digest);
    return { path: this.#pathOf(digest), [Symbol.asyncDispose]: async () => {} };
  }

  async check(): Promise<void> {
    await access(this.#incoming, constants.W_OK);
  }

  async #openFile(digest: string): Promise<FileHandle> {
    try {
      return await open(this.#pathOf(digest), 'r');
    } catch (error) {
      throw isNotFound(error) ? new BlobMissingError(digest) : error;
    }
  }

  async #moveIntoPlace(temporary: string, path: string): Promise<void> {
    const directory = dirname(path);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await rename(temporary, path);
    // The rename itself survives a crash only once the directory is synced.
    await using handle = await open(directory, 'r');
    await handle.sync();
  }

  /** The check keeps anything but a digest from becoming a path. */
  #pathOf(digest: string): string {
    if (!isDigest(digest)) throw new BlobMissingError(JSON.stringify(digest));
    const hex = digest.slice('sha256:'.length);
    return join(this.#root, 'sha256', hex.slice(0, 2), hex);
  }

  /** What a process that was killed left behind. The age spares uploads that other processes are receiving. */
  async #removeAbandoned(): Promise<void> {
    for (const name of await readdir(this.#incoming)) {
      const path = join(this.#incoming, name);
      const details = await stat(path).catch(() => null);
      if (details && Date.now() - details.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true });
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
