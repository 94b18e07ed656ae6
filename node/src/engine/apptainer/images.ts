import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { PreparedImage } from '../engine.ts';
import { EngineError, ImageUnavailableError } from '../errors.ts';

const run = promisify(execFile);

export interface ApptainerOptions {
  /** The site's folder of images, as SIF files. */
  readonly images: string;
  /** Whether an image that is not in the folder is pulled from its registry. Otherwise the folder is all there is. */
  readonly pull: boolean;
}

interface KnownDigest {
  readonly version: string;
  readonly digest: string;
}

/** The SIF files of a site. */
export class ApptainerImages {
  readonly #options: ApptainerOptions;
  /** Digests by path, good for as long as the file does not change. */
  readonly #digests = new Map<string, KnownDigest>();

  constructor(options: ApptainerOptions) {
    this.#options = options;
  }

  /** Where the file of an image lies, or will once it is pulled. */
  file(reference: string): string {
    return join(this.#options.images, sifName(reference));
  }

  async prepare(reference: string, signal: AbortSignal): Promise<PreparedImage> {
    const file = this.file(reference);
    const version = (await versionOf(file)) ?? (await this.#pull(reference, file, signal));
    const known = this.#digests.get(file);
    if (known?.version === version) return { reference, digest: known.digest };
    const digest = await digestOf(file, signal);
    this.#digests.set(file, { version, digest });
    return { reference, digest };
  }

  async #pull(reference: string, file: string, signal: AbortSignal): Promise<string> {
    if (!this.#options.pull)
      throw new ImageUnavailableError(reference, new Error(`there is no file ${file}`));
    const unfinished = `${file}.${process.pid}.part`;
    try {
      await mkdir(this.#options.images, { recursive: true });
      await run('apptainer', ['pull', '--force', unfinished, `docker://${reference}`], { signal });
      await rename(unfinished, file);
    } catch (cause) {
      signal.throwIfAborted();
      throw new ImageUnavailableError(reference, cause);
    } finally {
      await rm(unfinished, { force: true });
    }
    const version = await versionOf(file);
    if (version === null)
      throw new EngineError(`apptainer pulled ${reference}, but there is no file ${file}`);
    return version;
  }
}

/**
 * A reference as the name of a file: `weir/python:3` is `weir+python=3.sif`. References hold neither `+` nor `=`, so no two have the same name. What is
 * no reference has no name: a path or an address of another kind would let an organizer point at files of the site.
 */
export function sifName(reference: string): string {
  if (!/^[a-z0-9][\w.\-/:@]*$/i.test(reference) || reference.includes('..') || reference.includes('//')) {
    throw new ImageUnavailableError(reference, new Error('it is not the name of an image'));
  }
  return `${reference.replaceAll('/', '+').replaceAll(':', '=')}.sif`;
}

/** Changes whenever the content may have. */
async function versionOf(file: string): Promise<string | null> {
  const stats = await stat(file, { bigint: true }).catch(() => null);
  return stats === null ? null : [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join('-');
}

async function digestOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { signal }), hash);
  return `sha256:${hash.digest('hex')}`;
}
