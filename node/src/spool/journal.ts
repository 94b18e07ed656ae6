import { constants, writeSync } from 'node:fs';
import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { hasCode, syncFolder } from '../home/atomic-file.ts';
import type { Logger } from '../logging/logger.ts';
import { JournalFailedError } from './errors.ts';
import { frame, readFrames } from './frame.ts';

const MAGIC = Buffer.from('weir journal 1\n');
const FULL_DISK_RETRY_MS = 1_000;
/** They are kept in memory to be written again. */
const MAX_UNSYNCED_WRITES = 256;

interface Waiting {
  readonly framed: Buffer;
  /** Present for records that must be on disk before anything else happens. */
  readonly done?: PromiseWithResolvers<void>;
}

/**
 * A file that only grows, until it is rewritten as a whole.
 *
 * Group commit: one write, which goes through to the disk when any of its records asks for it, covers everything that was waiting when it
 * began; whatever comes meanwhile waits for the next. There is no timer: a lone record is written at once, and many share the cost.
 * Going through to the disk is a write with O_DSYNC, a call less than write and fdatasync. It vouches for its own bytes alone, so what
 * was written before without it is written once more in front: a hole there would hide what comes after.
 *
 * A full disk is waited out. Any other failure is final, since after a failed sync nobody knows what the disk holds: every later call
 * rejects with JournalFailedError, and the process has to end. Its next life reads what is there.
 */
export class Journal implements AsyncDisposable {
  readonly #path: string;
  readonly #logger: Logger;
  #files: Files;
  #size: number;
  /** What is in the file since the last write that went through to the disk. */
  #unsynced: Buffer[] = [];
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #rewrite: (() => readonly Uint8Array[]) | null = null;
  #failure: JournalFailedError | null = null;
  #closed = false;

  private constructor(path: string, files: Files, size: number, logger: Logger) {
    this.#path = path;
    this.#files = files;
    this.#size = size;
    this.#logger = logger;
  }

  /** Opens the journal and gives the records that it holds, in order. A torn tail is cut off. */
  static async open(
    path: string,
    logger: Logger,
  ): Promise<{ journal: Journal; records: readonly Uint8Array[] }> {
    await rm(rewritePath(path), { force: true });
    const files = await openFiles(path);
    const bytes = await files.plain.readFile();
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
      // Only a crash at the very first write leaves less than the magic.
      if (bytes.length >= MAGIC.length) {
        await closeFiles(files);
        throw new JournalFailedError(path, new Error('this is not a journal that this version can read'));
      }
      await files.plain.truncate(0);
      await files.plain.write(MAGIC, 0, MAGIC.length, 0);
      await files.plain.sync();
      await syncFolder(dirname(path));
      return { journal: new Journal(path, files, MAGIC.length, logger), records: [] };
    }
    const { bodies, end } = readFrames(bytes, MAGIC.length);
    if (end < bytes.length) {
      logger.warn({ path, bytes: bytes.length - end }, 'the last write to the journal was torn; cut off');
      await files.plain.truncate(end);
    }
    await files.plain.sync();
    return { journal: new Journal(path, files, end, logger), records: bodies };
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a record that outlives this process but not a crash of the machine. */
  append(record: Uint8Array): void {
    if (this.#failure || this.#closed) return;
    this.#waiting.push({ framed: frame(record) });
    this.#start();
  }

  /** Adds a record; resolves once it is on disk. */
  appendDurably(record: Uint8Array): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#closed) return Promise.reject(new JournalFailedError(this.#path, new Error('it is closed')));
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ framed: frame(record), done });
    this.#start();
    return done.promise;
  }

  /**
   * Puts a file with only these records in the journal's place. `records` is called when the rewrite begins and must answer for all that
   * was appended before. Some of that may not have been written yet and then follows once more: reading it twice must change nothing.
   */
  rewrite(records: () => readonly Uint8Array[]): void {
    this.#rewrite = records;
    this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await closeFiles(this.#files);
  }

  #start(): void {
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    // What this turn of the event loop still brings shares the first write.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (!this.#failure && (this.#waiting.length > 0 || this.#rewrite)) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#commit(batch).catch((error: unknown) => this.#fail(error, batch));
    }
    this.#writing = null;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    if (batch.length > 0) {
      const framed = batch.map((waiting) => waiting.framed);
      const isFull = this.#unsynced.length >= MAX_UNSYNCED_WRITES;
      if (isFull || batch.some((waiting) => waiting.done)) await this.#writeThrough(framed);
      else await this.#write(framed);
      for (const { done } of batch) done?.resolve();
    }
    if (this.#rewrite) {
      const records = this.#rewrite;
      this.#rewrite = null;
      await this.#replace(records());
    }
  }

  /** Into the page cache and no further: that is done sooner than handed to another thread. */
  async #write(framed: readonly Buffer[]): Promise<void> {
    const bytes = Buffer.concat(framed);
    const { fd } = this.#files.plain;
    await this.#writeAt((rest, position) => writeSync(fd, rest, 0, rest.length, position), bytes, this.#size);
    this.#size += bytes.length;
    this.#unsynced.push(bytes);
  }

  async #writeThrough(framed: readonly Buffer[]): Promise<void> {
    const bytes = Buffer.concat([...this.#unsynced, ...framed]);
    const start = this.#size - this.#unsynced.reduce((sum, { length }) => sum + length, 0);
    const file = this.#files.synced;
    const write = async (rest: Buffer, position: number) =>
      (await file.write(rest, 0, rest.length, position)).bytesWritten;
    await this.#writeAt(write, bytes, start);
    this.#size = start + bytes.length;
    this.#unsynced = [];
  }

  async #writeAt(
    write: (rest: Buffer, position: number) => number | Promise<number>,
    bytes: Buffer,
    position: number,
  ): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      try {
        done += await write(bytes.subarray(done), position + done);
      } catch (error) {
        if (!hasCode(error, 'ENOSPC') && !hasCode(error, 'EDQUOT')) throw error;
        this.#logger.error({ path: this.#path }, 'the disk is full: outcomes wait until there is room again');
        await wait(FULL_DISK_RETRY_MS);
      }
    }
  }

  async #replace(records: readonly Uint8Array[]): Promise<void> {
    const path = rewritePath(this.#path);
    const bytes = Buffer.concat([MAGIC, ...records.map(frame)]);
    await writeFile(path, bytes, { mode: 0o600, flush: true });
    await rename(path, this.#path);
    await syncFolder(dirname(this.#path));
    const old = this.#files;
    this.#files = await openFiles(this.#path);
    this.#size = bytes.length;
    this.#unsynced = [];
    await closeFiles(old);
  }

  #fail(cause: unknown, batch: readonly Waiting[]): void {
    this.#failure = new JournalFailedError(this.#path, cause);
    this.#logger.fatal({ err: cause, path: this.#path }, 'the journal cannot be written');
    for (const { done } of [...batch, ...this.#waiting]) done?.reject(this.#failure);
    this.#waiting = [];
  }
}

/** The same file twice: written to as usual, and through to the disk. */
interface Files {
  readonly plain: FileHandle;
  readonly synced: FileHandle;
}

async function openFiles(path: string): Promise<Files> {
  const plain = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  return { plain, synced: await open(path, constants.O_WRONLY | constants.O_DSYNC) };
}

async function closeFiles({ plain, synced }: Files): Promise<void> {
  await plain.close();
  await synced.close();
}

function rewritePath(path: string): string {
  return `${path}.rewrite`;
}
