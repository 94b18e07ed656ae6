import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isMissing, readFileIfThere } from '../home/atomic-file.ts';
import type { Logger } from '../logging/logger.ts';
import { PolicyUnreadableError } from './errors.ts';
import { parsePolicy, type ReadPolicy } from './parse.ts';

export interface PolicyFileOptions {
  readonly logger: Logger;
  /** Notes a policy before it counts for the first time; while it fails there is no decision. */
  readonly record?: (policy: ReadPolicy) => Promise<void>;
  /** How long a file that has just been changed and cannot be read may still be at being written, in milliseconds. */
  readonly graceMs?: number;
}

/** A file system notes changes every few milliseconds only: a file as young as this may have changed without looking so. */
const YOUNG_MS = 1_000;
const PAUSE_MS = 50;

/**
 * The policy as it is on disk at the moment. Asked before each decision, it looks whether the file has changed and reads it again, so
 * that a steward's change counts from the next decision on, without a restart and without a watcher that could miss it.
 * A file that cannot be read is no policy: the last good one does not live on.
 *
 * Editors write files piece by piece. Half of a policy has no end (see parse.ts), so it is no policy; and since the rest comes soon, who asks in that
 * moment waits for it. Nothing is decided by half of a file, nor is a run refused for it.
 */
export class PolicyFile {
  readonly #path: string;
  readonly #options: PolicyFileOptions;
  #stamp = '';
  #isThere = false;
  #digest = '';
  #current: Promise<ReadPolicy | null> = Promise.resolve(null);

  constructor(path: string, options: PolicyFileOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Those who ask at the same moment share one reading. Rejects only when a policy cannot be recorded. */
  async read(): Promise<ReadPolicy | null> {
    const { stamp, ageMs } = await lookAt(this.#path);
    if (stamp !== this.#stamp || ageMs < YOUNG_MS) {
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
    this.#isThere = read !== null;
    if (read === null) return null;
    await record?.(read);
    if (read.digest !== this.#digest) logger.info({ path: this.#path, digest: read.digest }, 'policy read');
    this.#digest = read.digest;
    return read;
  }

  async #readOrNull(): Promise<ReadPolicy | null> {
    const { graceMs = 1_000, logger } = this.#options;
    const began = performance.now();
    for (;;) {
      const before = await lookAt(this.#path);
      const read = await readPolicy(this.#path).catch((error: unknown) => ({ error }));
      const { stamp, ageMs } = await lookAt(this.#path);
      const isSettled = stamp === before.stamp;
      if (isSettled && !('error' in read)) return read;
      const mayChange = !isSettled || ageMs < graceMs || (stamp === MISSING && this.#isThere);
      if (!mayChange || performance.now() - began > graceMs) {
        const err = 'error' in read ? read.error : new Error(`${this.#path} is written all the time`);
        logger.error({ err }, 'there is no policy that can be read: every run is refused');
        return null;
      }
      await delay(PAUSE_MS);
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

const MISSING = 'missing';

/** The stamp changes with every change of the file, of its rights too. The inode is in it, since editors replace files. */
async function lookAt(path: string): Promise<{ stamp: string; ageMs: number }> {
  try {
    const { ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(path, { bigint: true });
    return { stamp: `${ino}:${size}:${mtimeNs}:${ctimeNs}`, ageMs: Math.abs(Date.now() - Number(ctimeMs)) };
  } catch (error) {
    return { stamp: isMissing(error) ? MISSING : 'unreachable', ageMs: Number.POSITIVE_INFINITY };
  }
}
