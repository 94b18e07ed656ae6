import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { hasCode, syncFolder } from '../home/atomic-file.ts';
import type { Logger } from '../logging/logger.ts';

const FULL_DISK_RETRY_MS = 1_000;

/** A file whose writes go through to the disk. A full disk is waited out; any other failure is the caller's to take for final. */
export class AppendFile implements AsyncDisposable {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #logger: Logger;
  #size: number;

  private constructor(path: string, file: FileHandle, size: number, logger: Logger) {
    this.path = path;
    this.#file = file;
    this.#size = size;
    this.#logger = logger;
  }

  /** Opens the file, or makes it, with its first `size` bytes. What is behind them is cut off. */
  static async open(path: string, size: number, logger: Logger): Promise<AppendFile> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_DSYNC;
    const file = await onceThereIsRoom(path, logger, () => open(path, flags, 0o600));
    if ((await file.stat()).size > size) await file.truncate(size);
    await file.sync();
    await syncFolder(dirname(path));
    return new AppendFile(path, file, size, logger);
  }

  get size(): number {
    return this.#size;
  }

  /** Resolves once the bytes are on disk. */
  async append(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const rest = bytes.subarray(done);
      const write = () => this.#file.write(rest, 0, rest.length, this.#size + done);
      done += (await onceThereIsRoom(this.path, this.#logger, write)).bytesWritten;
    }
    this.#size += bytes.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

/** Does some writing, again and again while the disk is full. */
export async function onceThereIsRoom<Result>(
  path: string,
  logger: Logger,
  write: () => Promise<Result>,
): Promise<Result> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!hasCode(error, 'ENOSPC') && !hasCode(error, 'EDQUOT')) throw error;
      logger.error({ path }, 'the disk is full: the ledger waits until there is room again');
      await wait(FULL_DISK_RETRY_MS);
    }
  }
}
