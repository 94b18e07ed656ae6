import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '@weir/proto/node/v1';
import { findHubAddress } from '../link/hub-address.ts';
import type { Logger } from '../logging/logger.ts';
import { sha256OfFile } from './digest.ts';
import { download } from './download.ts';
import { ArtifactUnavailableError } from './errors.ts';

const DIGEST = /^sha256:([0-9a-f]{64})$/;

export interface ArtifactCacheOptions {
  readonly folder: string;
  readonly maxBytes: number;
  /** Relative addresses of artifacts are resolved against it. */
  readonly hubUrl: string;
  readonly logger: Logger;
}

/** An artifact that a run holds; it stays until it is released. */
export interface HeldArtifact extends Disposable {
  readonly path: string;
}

interface Entry {
  readonly size: number;
  /** Its bytes were hashed in this life of the process. Nothing is fsynced here, so a crash of the machine may have torn files. */
  verified: boolean;
  holders: number;
}

interface Fetching {
  readonly done: Promise<void>;
  readonly abort: AbortController;
  waiting: number;
}

/**
 * Artifacts by digest. Whoever asks for one that is being fetched waits for the same download; when all who waited have gone it is
 * stopped, and its partial file is gone on with next time. Above the cap the ones longest unused go, except those that a run holds.
 */
export class ArtifactCache {
  readonly #options: ArtifactCacheOptions;
  /** In the order of last use, oldest first. */
  readonly #entries: Map<string, Entry>;
  readonly #fetching = new Map<string, Fetching>();
  #bytes = 0;

  private constructor(options: ArtifactCacheOptions, entries: Map<string, Entry>) {
    this.#options = options;
    this.#entries = entries;
    for (const { size } of entries.values()) this.#bytes += size;
  }

  static async open(options: ArtifactCacheOptions): Promise<ArtifactCache> {
    await mkdir(partialFolder(options.folder), { recursive: true });
    const found = await Promise.all(
      (await readdir(options.folder))
        .filter((name) => /^[0-9a-f]{64}$/.test(name))
        .map(async (name) => ({ name, ...(await stat(join(options.folder, name))) })),
    );
    found.sort((a, b) => a.mtimeMs - b.mtimeMs);
    const entries = found.map(({ name, size }) => [name, { size, verified: false, holders: 0 }] as const);
    return new ArtifactCache(options, new Map(entries));
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Rejects as `download` does. */
  async hold(artifact: Artifact, signal: AbortSignal): Promise<HeldArtifact> {
    const name = DIGEST.exec(artifact.digest)?.[1];
    if (!name) throw new ArtifactUnavailableError(artifact.digest, 'this is not a digest');
    while (!(await this.#isPresent(name))) await this.#join(name, artifact, signal);
    return this.#take(name);
  }

  #take(name: string): HeldArtifact {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`artifact ${name} vanished while it was taken`);
    entry.holders += 1;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    const path = join(this.#options.folder, name);
    const now = new Date();
    utimes(path, now, now).catch((error: unknown) => {
      this.#options.logger.warn({ err: error, path }, 'the time of last use could not be noted');
    });
    let released = false;
    return {
      path,
      [Symbol.dispose]: () => {
        if (released) return;
        released = true;
        entry.holders -= 1;
        this.#evict(0);
      },
    };
  }

  async #isPresent(name: string): Promise<boolean> {
    const entry = this.#entries.get(name);
    if (!entry || entry.verified) return entry !== undefined;
    entry.holders += 1;
    const digest = await sha256OfFile(join(this.#options.folder, name)).catch(() => null);
    entry.holders -= 1;
    if (digest === name) {
      entry.verified = true;
      return true;
    }
    this.#options.logger.warn({ artifact: name }, 'a cached artifact was damaged; fetching it again');
    this.#drop(name);
    return false;
  }

  async #join(name: string, artifact: Artifact, signal: AbortSignal): Promise<void> {
    const current = this.#fetching.get(name);
    if (current?.abort.signal.aborted) {
      // Everybody left it a moment ago. It still writes to the partial file until it has ended.
      await current.done.catch(() => {});
      return;
    }
    const fetching = current ?? this.#start(name, artifact);
    fetching.waiting += 1;
    const left = Promise.withResolvers<never>();
    const onAbort = () => left.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([fetching.done, left.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      fetching.waiting -= 1;
      if (fetching.waiting === 0) fetching.abort.abort(new Error('nobody waits for this artifact any more'));
    }
  }

  #start(name: string, artifact: Artifact): Fetching {
    const abort = new AbortController();
    const done = this.#fetch(name, artifact, abort.signal).finally(() => this.#fetching.delete(name));
    // Those who wait hear of a failure; when nobody does any more it concerns nobody.
    done.catch(() => {});
    const fetching = { done, abort, waiting: 0 };
    this.#fetching.set(name, fetching);
    return fetching;
  }

  async #fetch(name: string, artifact: Artifact, signal: AbortSignal): Promise<void> {
    const { folder, hubUrl } = this.#options;
    const size = Number(artifact.size);
    const url = findHubAddress(artifact.url, hubUrl);
    if (url === null) throw new ArtifactUnavailableError(artifact.digest, `its address is not at ${hubUrl}`);
    this.#evict(size);
    const path = join(partialFolder(folder), name);
    await download({ digest: artifact.digest, size, url, path }, signal);
    await rename(path, join(folder, name));
    this.#entries.set(name, { size, verified: true, holders: 0 });
    this.#bytes += size;
  }

  #evict(room: number): void {
    for (const [name, { holders }] of this.#entries) {
      if (this.#bytes + room <= this.#options.maxBytes) return;
      if (holders === 0) this.#drop(name);
    }
  }

  #drop(name: string): void {
    this.#bytes -= this.#entries.get(name)?.size ?? 0;
    this.#entries.delete(name);
    const path = join(this.#options.folder, name);
    rm(path, { force: true }).catch((error: unknown) => {
      this.#options.logger.warn({ err: error, path }, 'a cached artifact could not be removed');
    });
  }
}

function partialFolder(folder: string): string {
  return join(folder, 'partial');
}
