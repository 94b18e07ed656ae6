import { stat } from 'node:fs/promises';
import { isMissing, readFileIfThere } from '../home/atomic-file.ts';
import type { Logger } from '../logging/logger.ts';
import { PolicyUnreadableError } from './errors.ts';
import { parsePolicy, type ReadPolicy } from './parse.ts';

export interface PolicyFileOptions {
  readonly logger: Logger;
  /** Notes a policy before it counts for the first time; while it fails there is no decision. */
  readonly record?: (policy: ReadPolicy) => Promise<void>;
}

/**
 * The policy as it is on disk at the moment. Asked before each decision, it looks whether the file has changed and reads it again, so
 * that a steward's change counts from the next decision on, without a restart and without a watcher that could miss it.
 * A file that cannot be read is no policy: the last good one does not live on.
 */
export class PolicyFile {
  readonly #path: string;
  readonly #options: PolicyFileOptions;
  #stamp = '';
  #current: Promise<ReadPolicy | null> = Promise.resolve(null);

  constructor(path: string, options: PolicyFileOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Those who ask at the same moment share one reading. Rejects only when a policy cannot be recorded. */
  async read(): Promise<ReadPolicy | null> {
    const stamp = await stampOf(this.#path);
    if (stamp !== this.#stamp) {
      this.#stamp = stamp;
      this.#current = this.#load();
      this.#current.catch(() => {
        this.#stamp = '';
      });
    }
    return await this.#current;
  }

  async #load(): Promise<ReadPolicy | null> {
    const { logger, record } = this.#options;
    const read = await this.#readOrNull();
    if (read === null) return null;
    await record?.(read);
    logger.info({ path: this.#path, digest: read.digest }, 'policy read');
    return read;
  }

  async #readOrNull(): Promise<ReadPolicy | null> {
    try {
      return await readPolicy(this.#path);
    } catch (error) {
      this.#options.logger.error({ err: error }, 'there is no policy that can be read: every run is refused');
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
        problem: `there is no such file, and without a policy the node refuses every run; begin with: weir-node policy example > ${path}`,
      },
    ]);
  }
  return parsePolicy(path, text);
}

/** Changes with every change of the file, of its rights too. The inode is in it, since editors replace files. */
async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch (error) {
    return isMissing(error) ? 'missing' : 'unreachable';
  }
}
