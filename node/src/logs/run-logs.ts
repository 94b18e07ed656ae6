import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type AttemptRef, type LogChunk, LogChunkSchema, LogStream } from '@weir/proto/node/v1';
import { isMissing } from '../home/atomic-file.ts';
import type { Logger } from '../logging/logger.ts';
import { frame, readFrames } from '../spool/frame.ts';
import { cutChunk } from './utf8-chunk.ts';

/** Each step has half of it, so that a participant's program cannot drown what the scoring program has to say. */
export const MAX_RUN_LOG_BYTES = 1024 * 1024;

interface StreamState {
  sequence: number;
  /** Bytes of the container's output that an earlier life of the process has captured: read again after an adoption, and skipped. */
  skip: number;
  waiting: Buffer[];
  waitingBytes: number;
}

interface Budget {
  left: number;
  truncated: boolean;
}

/**
 * What the containers of one attempt print, as numbered chunks. Every chunk is also in a file in the run's folder, with how many bytes of
 * output it covers, so that after a restart the numbers go on where they were and output that is read again does not come twice.
 *
 * Memory and disk are bounded by MAX_RUN_LOG_BYTES: what is above is dropped as it comes, and the last chunk says so.
 */
export class RunLogs {
  readonly attempt: AttemptRef;
  readonly #path: string;
  readonly #logger: Logger;
  readonly #streams = new Map<LogStream, StreamState>();
  readonly #budgets: Readonly<Record<'prediction' | 'scoring', Budget>>;
  readonly #hash = createHash('sha256');
  #unsent: LogChunk[] = [];
  #isClosed = false;
  #isEmpty = true;
  #writing: Promise<void> = Promise.resolve();
  #emptied = Promise.withResolvers<void>();

  private constructor(attempt: AttemptRef, path: string, logger: Logger, maxBytes: number) {
    this.attempt = attempt;
    this.#path = path;
    this.#logger = logger;
    this.#budgets = { prediction: newBudget(maxBytes), scoring: newBudget(maxBytes) };
  }

  static async open(
    attempt: AttemptRef,
    path: string,
    logger: Logger,
    maxBytes = MAX_RUN_LOG_BYTES,
  ): Promise<RunLogs> {
    const logs = new RunLogs(attempt, path, logger, Math.min(maxBytes, MAX_RUN_LOG_BYTES));
    await mkdir(dirname(path), { recursive: true });
    await logs.#restore();
    return logs;
  }

  /** Chunks that the hub has not acknowledged, in order for each stream. */
  get unsent(): readonly LogChunk[] {
    return this.#unsent;
  }

  get unsentBytes(): number {
    return this.#unsent.reduce((sum, chunk) => sum + chunk.text.length, 0);
  }

  /** sha256:<hex> over the text of all chunks, in the order in which they were cut; null when there were none. */
  get digest(): string | null {
    return this.#isEmpty ? null : `sha256:${this.#hash.copy().digest('hex')}`;
  }

  /** Resolves when the hub has everything that was cut so far or wants no more of it, or when the signal aborts. */
  async acknowledged(signal: AbortSignal): Promise<void> {
    if (this.#unsent.length === 0 || signal.aborted) return;
    const aborted = Promise.withResolvers<void>();
    const onAbort = () => aborted.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    await Promise.race([this.#emptied.promise, aborted.promise]);
    signal.removeEventListener('abort', onAbort);
  }

  /** Takes what a container printed. Quick: it only notes the bytes. */
  write(stream: LogStream, bytes: Uint8Array): void {
    if (this.#isClosed) return;
    const state = this.#stateOf(stream);
    const skipped = Math.min(state.skip, bytes.length);
    state.skip -= skipped;
    const budget = this.#budgetOf(stream);
    const taken = bytes.subarray(skipped, skipped + budget.left);
    if (taken.length > 0) {
      state.waiting.push(Buffer.from(taken));
      state.waitingBytes += taken.length;
      budget.left -= taken.length;
    }
    if (taken.length < bytes.length - skipped && !budget.truncated) {
      budget.truncated = true;
      this.#cut(stream, state, true, true);
    }
  }

  /** Makes chunks of what has come. `ended`: nothing more comes, so characters that are cut off are let go as they are. */
  flush(ended = false): void {
    for (const [stream, state] of this.#streams) this.#cut(stream, state, ended, false);
  }

  /** The hub has the stream's chunks up to this one. */
  acknowledge(stream: LogStream, sequence: number): void {
    this.#unsent = this.#unsent.filter((chunk) => chunk.stream !== stream || chunk.sequence > sequence);
    if (this.#unsent.length === 0) this.#empty();
  }

  /** The hub wants no more of this attempt. */
  close(): void {
    this.#isClosed = true;
    this.#unsent = [];
    this.#empty();
  }

  /** Resolves when the file has all that was flushed. */
  written(): Promise<void> {
    return this.#writing;
  }

  #cut(stream: LogStream, state: StreamState, ended: boolean, truncated: boolean): void {
    if (state.waitingBytes === 0 && !truncated) return;
    let rest = Buffer.concat(state.waiting);
    const chunks: { text: Buffer; consumed: number }[] = [];
    for (let cut = cutChunk(rest, ended); cut; cut = cutChunk(rest, ended)) {
      chunks.push(cut);
      rest = rest.subarray(cut.consumed);
    }
    if (truncated && chunks.length === 0) chunks.push({ text: Buffer.alloc(0), consumed: 0 });
    state.waiting = rest.length > 0 ? [rest] : [];
    state.waitingBytes = rest.length;
    chunks.forEach(({ text, consumed }, index) => {
      state.sequence += 1;
      const chunk = create(LogChunkSchema, {
        attempt: this.attempt,
        stream,
        sequence: state.sequence,
        text,
        truncated: truncated && index === chunks.length - 1,
      });
      this.#add(chunk);
      this.#store(chunk, consumed);
    });
  }

  #add(chunk: LogChunk): void {
    this.#unsent.push(chunk);
    this.#hash.update(chunk.text);
    this.#isEmpty = false;
  }

  #empty(): void {
    this.#emptied.resolve();
    this.#emptied = Promise.withResolvers();
  }

  #store(chunk: LogChunk, consumed: number): void {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(consumed);
    const record = frame(Buffer.concat([head, toBinary(LogChunkSchema, chunk)]));
    this.#writing = this.#writing
      .then(() => appendFile(this.#path, record, { mode: 0o600 }))
      .catch((error: unknown) => {
        this.#logger.warn({ err: error }, 'a log chunk could not be stored; it only lives in memory');
      });
  }

  async #restore(): Promise<void> {
    const bytes = await readFile(this.#path).catch((error: unknown) => {
      if (isMissing(error)) return Buffer.alloc(0);
      throw error;
    });
    for (const record of readFrames(bytes, 0).bodies) {
      const consumed = Buffer.from(record.buffer, record.byteOffset, 4).readUInt32LE();
      const chunk = fromBinary(LogChunkSchema, record.subarray(4));
      const state = this.#stateOf(chunk.stream);
      const budget = this.#budgetOf(chunk.stream);
      state.sequence = chunk.sequence;
      state.skip += consumed;
      budget.left -= consumed;
      budget.truncated ||= chunk.truncated;
      this.#add(chunk);
    }
  }

  #stateOf(stream: LogStream): StreamState {
    let state = this.#streams.get(stream);
    if (!state) {
      state = { sequence: 0, skip: 0, waiting: [], waitingBytes: 0 };
      this.#streams.set(stream, state);
    }
    return state;
  }

  #budgetOf(stream: LogStream): Budget {
    return stream >= LogStream.SCORING_STDOUT ? this.#budgets.scoring : this.#budgets.prediction;
  }
}

function newBudget(maxBytes: number): Budget {
  return { left: Math.floor(maxBytes / 2), truncated: false };
}
