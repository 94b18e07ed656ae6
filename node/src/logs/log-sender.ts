import type { LogAck, LogChunk } from '@weir/proto/node/v1';
import { Backoff, pause } from '../link/backoff.ts';
import { callProblem } from '../link/call-errors.ts';
import type { Logger } from '../logging/logger.ts';
import { type AttemptKey, attemptKey } from '../run/attempt.ts';
import type { RunLogs } from './run-logs.ts';

const INTERVAL_MS = 250;
/** The contract's cap is 512 KiB together. */
const MAX_BATCH_BYTES = 480 * 1024;
const MAX_BATCH_CHUNKS = 512;
/** What runs that are over have not got rid of: beyond this the oldest are dropped. */
const MAX_LEFTOVER_BYTES = 16 * 1024 * 1024;
const MAX_LEFTOVER_MS = 10 * 60_000;

interface Followed {
  readonly logs: RunLogs;
  /** Null while the run goes on. */
  endedAt: number | null;
}

export interface LogSenderOptions {
  /** One AppendLogs call. */
  append(chunks: readonly LogChunk[]): Promise<readonly LogAck[]>;
  readonly logger: Logger;
  readonly backoff?: Backoff;
}

/**
 * Sends the chunks of every run that is followed, about every 250 ms while there is something to send. Nothing waits for it: a call that
 * fails is tried again later, and what cannot be delivered within bounds after a run's end is dropped.
 */
export class LogSender implements Disposable {
  readonly #options: LogSenderOptions;
  readonly #followed = new Map<AttemptKey, Followed>();
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #working: Promise<void> | null = null;

  constructor(options: LogSenderOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff({ firstMs: 500 });
  }

  follow(logs: RunLogs): void {
    this.#followed.set(attemptKey(logs.attempt), { logs, endedAt: null });
    this.#working ??= this.#work();
  }

  /** The run is over: what is left is still sent, within bounds. */
  end(logs: RunLogs): void {
    logs.flush(true);
    const followed = this.#followed.get(attemptKey(logs.attempt));
    if (followed) followed.endedAt = Date.now();
    // At once: the hub may close the attempt when it has the outcome.
    this.#wake.abort();
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#wake.abort();
  }

  async #work(): Promise<void> {
    while (this.#followed.size > 0 && !this.#stop.signal.aborted) {
      const delayMs = await this.#sendBatch();
      this.#dropOld();
      await pause(delayMs, this.#wake.signal);
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
    }
    this.#working = null;
  }

  /** Answers how long to wait before the next. */
  async #sendBatch(): Promise<number> {
    const batch = this.#nextBatch();
    if (batch.length === 0) return INTERVAL_MS;
    try {
      for (const ack of await this.#options.append(batch)) this.#acknowledge(ack);
      this.#backoff.reset();
      // A full batch means that more waits; but a hub that acknowledges nothing is not asked in a tight loop.
      return this.#nextBatch()[0] === batch[0] ? this.#backoff.next() : INTERVAL_MS;
    } catch (error) {
      // A chunk that the hub refuses as it is would be refused for ever.
      if (callProblem(error) === 'invalid') this.#giveUp(batch);
      this.#options.logger.debug({ err: error }, 'logs could not be sent; trying again later');
      return this.#backoff.next();
    }
  }

  #nextBatch(): LogChunk[] {
    const batch: LogChunk[] = [];
    let bytes = 0;
    for (const { logs, endedAt } of this.#followed.values()) {
      logs.flush(endedAt !== null);
      for (const chunk of logs.unsent) {
        bytes += chunk.text.length + 32;
        if (bytes > MAX_BATCH_BYTES || batch.length === MAX_BATCH_CHUNKS) return batch;
        batch.push(chunk);
      }
    }
    return batch;
  }

  #acknowledge({ attempt, stream, sequence, closed }: LogAck): void {
    const followed = attempt && this.#followed.get(attemptKey(attempt));
    if (!followed) return;
    followed.logs.acknowledge(stream, sequence);
    if (closed) followed.logs.close();
  }

  #giveUp(batch: readonly LogChunk[]): void {
    for (const { attempt } of batch) {
      if (attempt) this.#followed.get(attemptKey(attempt))?.logs.close();
    }
  }

  #dropOld(): void {
    let leftover = 0;
    const ended = [...this.#followed].filter(([, { endedAt }]) => endedAt !== null).reverse();
    for (const [key, { logs, endedAt }] of ended) {
      leftover += logs.unsentBytes;
      const isOld = Date.now() - (endedAt ?? 0) > MAX_LEFTOVER_MS;
      if (logs.unsent.length === 0 || isOld || leftover > MAX_LEFTOVER_BYTES) this.#followed.delete(key);
    }
  }
}
