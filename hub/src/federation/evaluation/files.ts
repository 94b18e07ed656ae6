import { fromBinary } from '@bufbuild/protobuf';
import { type Artifact, AssignmentSchema } from '@weir/proto/node/v1';
import type { Logger } from 'pino';
import type { Database } from '../../db/database.ts';
import { filesOf } from '../../dispatch/guests/assignment.ts';
import type { Dispatcher } from '../../dispatch/service.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { KnownPeer, PeerDirectory } from '../peers/directory.ts';
import { bringFile, WrongFileError } from './bring-file.ts';
import * as store from './guest-store.ts';

/** Runs whose files are fetched at the same moment. */
const MOST_AT_A_TIME = 4;
/** As long as the addresses are good for. */
const GIVE_UP_MS = 24 * 3_600_000;
const UNAVAILABLE = { outcome: 'failed', failureCode: 'artifact_unavailable', fault: 'hub' } as const;

/**
 * Brings the files of runs of peers here before any node is told of the runs: over plain HTTP, under the addresses that the peer made for this attempt, and
 * held against the digests. What cannot be had now is asked for again each minute, for a day.
 */
export class GuestFiles implements AsyncDisposable {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #directory: PeerDirectory;
  readonly #dispatch: Pick<Dispatcher, 'queueGuest' | 'stopGuests'>;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  /** Runs that this process looks after; others may do the same, to no harm. */
  readonly #waiting = new Set<number>();
  readonly #underWay = new Map<number, Promise<void>>();

  constructor(parts: {
    readonly database: Database;
    readonly blobs: BlobStore;
    readonly directory: PeerDirectory;
    readonly dispatch: Pick<Dispatcher, 'queueGuest' | 'stopGuests'>;
    readonly log: Logger;
  }) {
    this.#database = parts.database;
    this.#blobs = parts.blobs;
    this.#directory = parts.directory;
    this.#dispatch = parts.dispatch;
    this.#log = parts.log;
  }

  /** Begins to fetch what the run needs; then the run is queued. */
  bring(runId: number): void {
    if (!this.#underWay.has(runId)) this.#waiting.add(runId);
    this.#next();
  }

  /** Each minute: what could not be had before, and what a process that is no more has left. */
  async bringAll(): Promise<void> {
    for (const { runId } of await store.findUnready(this.#database.queries)) this.bring(runId);
  }

  #next(): void {
    for (const runId of this.#waiting) {
      if (this.#underWay.size >= MOST_AT_A_TIME || this.#stopping.signal.aborted) return;
      this.#waiting.delete(runId);
      const done = this.#bring(runId)
        .catch((error: unknown) =>
          this.#log.error({ err: error, run: runId }, 'files of a peer’s run were not fetched'),
        )
        .finally(() => {
          this.#underWay.delete(runId);
          this.#next();
        });
      this.#underWay.set(runId, done);
    }
  }

  async #bring(runId: number): Promise<void> {
    const [guest] = await store.findUnready(this.#database.queries, runId);
    if (!guest) return;
    try {
      const peer = await this.#directory.get(guest.peerId);
      for (const file of filesOf(fromBinary(AssignmentSchema, guest.assignment)))
        await this.#fetch(peer, file);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const isHopeless =
        error instanceof WrongFileError || Date.now() - guest.createdAt.getTime() > GIVE_UP_MS;
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.warn({ run: runId, reason, isHopeless }, 'a file of a peer’s run could not be had');
      if (isHopeless) await this.#dispatch.stopGuests([runId], UNAVAILABLE);
      return;
    }
    await this.#dispatch.queueGuest(runId);
  }

  async #fetch(peer: KnownPeer, { digest, size, url }: Artifact): Promise<void> {
    const { queries } = this.#database;
    if ((await store.hasFetched(queries, peer.id, digest)) && (await this.#blobs.stat(digest))) return;
    // The path was checked when the run was offered: it never leads away from the peer.
    const file = { digest, size: Number(size), url };
    await bringFile(peer, file, { blobs: this.#blobs, stopping: this.#stopping.signal });
    await store.noteFetched(queries, peer.id, digest);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#underWay.values());
  }
}
