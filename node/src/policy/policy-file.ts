import { stat } from 'node:fs/promises';
import { isMissing, readFileIfThere } from '../home/atomic-file.ts';
import type { Logger } from '../logging/logger.ts';
import { PolicyUnreadableError } from './errors.ts';
import { parsePolicy, type ReadPolicy } from './parse.ts';

/**
 * The policy as it is on disk at the moment. Asked before each decision, it looks whether the file has changed and reads it again, so
 * that a steward's change counts from the next decision on, without a restart and without a watcher that could miss it.
 * A file that cannot be read is no policy: the last good one does not live on.
 */
export class PolicyFile {
  readonly #path: string;
  readonly #logger: Logger;
  #stamp = '';
  #current: ReadPolicy | null = null;

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  async read(): Promise<ReadPolicy | null> {
    const stamp = await stampOf(this.#path);
    if (stamp === this.#stamp) return this.#current;
    this.#current = await this.#load();
    this.#stamp = stamp;
    return this.#current;
  }

  async #load(): Promise<ReadPolicy | null> {
    try {
      const read = await readPolicy(this.#path);
      this.#logger.info({ path: this.#path, digest: read.digest }, 'policy read');
      return read;
    } catch (error) {
      this.#logger.error({ err: error }, 'there is no policy that can be read: every run is refused');
      return null;
    }
  }
}

export async function readPolicy(path: string): Promise<ReadPolicy> {
  const text = await readFileIfThere(path);
  if (text === null) {
    throw new PolicyUnreadableError(path, [
      {
        place: '',
        line: null,
        problem: 'there is no such file; without a policy the node refuses every run',
      },
    ]);
  }
  return parsePolicy(path, text);
}

/** Changes with every change of the file. The inode is in it, since editors replace files. */
async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}`;
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw error;
  }
}
