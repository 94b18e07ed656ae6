import { setImmediate as immediate } from 'node:timers/promises';
import { type AttemptRef, Disposition, type Outcome } from '@weir/proto/node/v1';
import { Backoff, pause } from '../link/backoff.ts';
import { callProblem } from '../link/call-errors.ts';
import type { Logger } from '../logging/logger.ts';

/** The contract's caps are 256 outcomes and 1 MiB; an outcome is rarely more than a few hundred bytes. */
const MAX_BATCH = 256;
const MAX_BATCH_BYTES = 512 * 1024;

export type ConcludedOutcome = Outcome & { attempt: AttemptRef };

export interface PendingReport {
  readonly outcome: ConcludedOutcome;
  readonly bytes: number;
}

export interface ReporterOptions {
  /** Reports once: the dispositions in the order of the outcomes, none at all when the hub could not record them. `bytes`: what they come to. */
  report(outcomes: readonly Outcome[], bytes: number): Promise<readonly Disposition[]>;
  /** The hub knows of it, or never will: forget it. */
  onSettled(attempt: AttemptRef, disposition: Disposition): void;
  readonly logger: Logger;
  readonly backoff?: Backoff;
}

/**
 * Reports outcomes that are already on disk until the hub has settled each of them, for days if need be. One report is under way at a time;
 * what comes meanwhile gathers for the next, so that the busier a node is the fewer reports an outcome costs.
 */
export class Reporter implements Disposable {
  readonly #options: ReporterOptions;
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  #queue: PendingReport[] = [];
  #limit = MAX_BATCH;
  #working: Promise<void> | null = null;
  #wake = new AbortController();
  #idle = Promise.withResolvers<void>();

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
    this.#idle.resolve();
  }

  get outstanding(): number {
    return this.#queue.length;
  }

  add(pending: PendingReport): void {
    if (this.#queue.length === 0) this.#idle = Promise.withResolvers();
    this.#queue.push(pending);
    this.#working ??= this.#work();
  }

  /** The way to the hub is open again: do not wait out the back-off. */
  retryNow(): void {
    this.#backoff.reset();
    this.#wake.abort();
  }

  /** Resolves when everything is settled, or the signal aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const onAbort = () => aborted.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return;
    await Promise.race([this.#idle.promise, aborted.promise]);
    signal.removeEventListener('abort', onAbort);
  }

  /** Stops reporting. What is not settled stays in the journal for the next life. */
  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#wake.abort();
  }

  async #work(): Promise<void> {
    // Outcomes that one sync of the journal made durable go out together.
    await immediate();
    while (this.#queue.length > 0 && !this.#stop.signal.aborted) {
      const batch = this.#nextBatch();
      try {
        const outcomes = batch.map((pending) => pending.outcome);
        const bytes = batch.reduce((sum, pending) => sum + pending.bytes, 0);
        this.#settle(batch, await this.#options.report(outcomes, bytes));
      } catch (error) {
        await this.#onFailure(batch.length, error);
      }
    }
    this.#working = null;
    if (this.#queue.length === 0) this.#idle.resolve();
  }

  #nextBatch(): PendingReport[] {
    let bytes = 0;
    let count = 0;
    for (const pending of this.#queue) {
      bytes += pending.bytes;
      if (count > 0 && (count === this.#limit || bytes > MAX_BATCH_BYTES)) break;
      count += 1;
    }
    return this.#queue.slice(0, count);
  }

  #settle(batch: readonly PendingReport[], dispositions: readonly Disposition[]): void {
    if (dispositions.length === 0) throw new Error('the hub could not record the outcomes');
    if (dispositions.length !== batch.length) {
      throw new Error(`the hub answered ${dispositions.length} dispositions to ${batch.length} outcomes`);
    }
    this.#backoff.reset();
    this.#limit = MAX_BATCH;
    const unsettled = batch.filter((_, index) => dispositions[index] === Disposition.UNSPECIFIED);
    this.#queue = [...this.#queue.slice(batch.length), ...unsettled];
    batch.forEach(({ outcome }, index) => {
      const disposition = dispositions[index] ?? Disposition.UNSPECIFIED;
      if (disposition === Disposition.UNSPECIFIED) return;
      this.#explain(outcome.attempt, disposition);
      this.#options.onSettled(outcome.attempt, disposition);
    });
    if (unsettled.length === batch.length) throw new Error('the hub settled none of the outcomes');
  }

  #explain({ runId, attempt }: AttemptRef, disposition: Disposition): void {
    const logger = this.#options.logger;
    if (disposition === Disposition.STALE) {
      logger.info({ runId, attempt }, 'the outcome came too late: the hub has moved on from this attempt');
    }
    if (disposition === Disposition.REJECTED) {
      logger.error(
        { runId, attempt },
        "the hub rejected an outcome as not this node's or not believable: look into it",
      );
    }
  }

  async #onFailure(batchLength: number, error: unknown): Promise<void> {
    const problem = callProblem(error);
    if (problem === 'invalid') {
      // One outcome must not hold up the others: try ever fewer together, and the ones that failed last.
      this.#limit = Math.max(1, Math.floor(batchLength / 4));
      this.#queue = [...this.#queue.slice(batchLength), ...this.#queue.slice(0, batchLength)];
    }
    const delayMs = problem === 'standing' ? this.#backoff.longest() : this.#backoff.next();
    this.#options.logger.warn(
      { err: error, outcomes: this.#queue.length, delayMs: Math.round(delayMs) },
      'outcomes could not be reported; they are kept and reported again',
    );
    this.#wake = new AbortController();
    if (this.#stop.signal.aborted) return;
    await pause(delayMs, this.#wake.signal);
  }
}
