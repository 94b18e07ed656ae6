import { eq } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Database } from '../../db/database.ts';
import { OUTPUTS } from '../../dispatch/assignment.ts';
import { recordOutput } from '../../dispatch/outputs.ts';
import { runs } from '../../dispatch/schema.ts';
import type { LiveBus } from '../../live/bus.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { PeerDirectory } from '../peers/directory.ts';
import { bringFile, WrongFileError } from './bring-file.ts';
import * as store from './handed-store.ts';
import { type AttemptName, nameOf, type ToldOutput } from './wire.ts';

/** What a competition keeps of each kind at most; a peer that names more is not asked. */
const MOST_BYTES = new Map(OUTPUTS.map(({ name, maxBytes }) => [name, Number(maxBytes)]));

/** After a file could not be had, the peer is asked about the run again. */
const AGAIN_MS = 30_000;
const MOST_AT_A_TIME = 4;

interface Parts {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly directory: Pick<PeerDirectory, 'get'>;
  readonly live: LiveBus;
  readonly log: Logger;
}

interface Left {
  readonly peerId: number;
  readonly run: AttemptName & { readonly nodeId: string };
  readonly outputs: readonly ToldOutput[];
}

/**
 * Brings what runs that are over left at a peer: the report, and of rehearsals the archives. Beside the turns of the handover, so that a slow peer holds up
 * nothing. When all is here, or can never be, nothing is left but to tell the peer so.
 */
export class Rest implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #stopping = new AbortController();
  /** What is being brought, or could not be had a moment ago: until when the peer need not be asked about it. */
  readonly #until = new Map<string, number>();
  readonly #waiting: Left[] = [];
  readonly #underWay = new Set<Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  isBusyWith(attempt: AttemptName): boolean {
    return (this.#until.get(nameOf(attempt)) ?? 0) > performance.now();
  }

  bring(left: Left): void {
    if (this.isBusyWith(left.run)) return;
    this.#until.set(nameOf(left.run), Number.POSITIVE_INFINITY);
    this.#waiting.push(left);
    this.#next();
  }

  #next(): void {
    if (this.#underWay.size >= MOST_AT_A_TIME || this.#stopping.signal.aborted) return;
    const left = this.#waiting.shift();
    if (!left) return;
    const name = nameOf(left.run);
    const done = this.#bring(left)
      .then(() => void this.#until.delete(name))
      .catch((error: unknown) => {
        this.#until.set(name, performance.now() + AGAIN_MS);
        const reason = error instanceof Error ? error.message : String(error);
        this.#parts.log.warn(
          { run: left.run.run, reason },
          'a file that a run left at a peer could not be had',
        );
      })
      .finally(() => {
        this.#underWay.delete(done);
        this.#next();
      });
    this.#underWay.add(done);
  }

  async #bring({ peerId, run, outputs }: Left): Promise<void> {
    const { database, blobs, directory, live } = this.#parts;
    const { run: runId, attempt, nodeId } = run;
    const peer = await directory.get(peerId);
    for (const { kind, ...file } of outputs) {
      try {
        if (file.size > (MOST_BYTES.get(kind) ?? 0))
          throw new WrongFileError(`${kind} is larger than what is kept`);
        // Whatever is here already: that a peer knows a digest gives it no right to what is behind it.
        await bringFile(peer, file, { blobs, stopping: this.#stopping.signal });
      } catch (error) {
        if (!(error instanceof WrongFileError)) throw error;
        this.#parts.log.warn({ run: runId, kind, reason: error.message }, 'a peer has no such file of a run');
        continue;
      }
      await recordOutput(database, { nodeId, runId, attempt, expires: 0 }, kind, file.digest);
    }
    const [submission] = await database.queries
      .select({ id: runs.submissionId })
      .from(runs)
      .where(eq(runs.id, runId));
    await store.update(database.queries, [run], { isGone: true });
    if (submission?.id) live.announce([`submission:${submission.id}`]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#underWay);
  }
}
