import { toBinary } from '@bufbuild/protobuf';
import { type Assignment, type AttemptRef, OutcomeSchema, type RunState } from '@weir/proto/node/v1';
import type { Logger } from '../logging/logger.ts';
import type { ReceiptSigner } from '../receipts/sign.ts';
import type { ConcludedOutcome, PendingReport } from '../spool/reporter.ts';
import type { Spool } from '../spool/spool.ts';
import { type AttemptKey, attemptKey } from './attempt.ts';
import type { Executor, Wait } from './executor.ts';
import { Run, type StopReason } from './run.ts';
import { Slots } from './slots.ts';

export interface RunsOptions {
  readonly spool: Pick<Spool, 'hold' | 'conclude' | 'settle' | 'recovered'>;
  readonly executor: Executor;
  /** How many runs may work at the same time. */
  readonly slots: number;
  /** Bytes on disk that those may have together. */
  readonly room: number;
  readonly receipts: Pick<ReceiptSigner, 'sign'>;
  readonly logger: Logger;
  /** Hands over an outcome that is on disk, to be reported until it is settled. */
  report(pending: PendingReport): void;
  onState(attempt: AttemptRef, state: RunState, wait: Wait | null): void;
  /** Whatever happens next, the attempt is no longer in a state worth telling. */
  onOver(attempt: AttemptRef): void;
  /** A slot is free again. */
  onFreed(): void;
  /** Nothing can be written any more: the process has to end. */
  onFatal(error: unknown): void;
}

/** The attempts that this node holds: those that run, and those whose outcome the hub has not acknowledged. */
export class Runs {
  readonly #options: RunsOptions;
  readonly #running = new Map<AttemptKey, Run>();
  readonly #concluded = new Map<AttemptKey, AttemptRef>();
  /** In use by runs at work, and by those that are over but whose folder is still being removed. */
  readonly #slots: Slots;
  #idle = Promise.withResolvers<void>();

  constructor(options: RunsOptions) {
    this.#options = options;
    this.#slots = new Slots(options.slots, options.room);
  }

  /** Slots in use, or waited for. */
  get occupied(): number {
    return this.#slots.occupied;
  }

  /** Attempts that take no slot, but room: outcomes that the hub has not acknowledged, and runs that wait for the site. */
  get unsettled(): number {
    return this.#concluded.size + Math.max(0, this.#running.size - this.#slots.occupied);
  }

  held(): AttemptRef[] {
    return [...[...this.#running.values()].map((run) => run.ref), ...this.#concluded.values()];
  }

  /** Goes on with what an earlier life of the process left. */
  resume(): void {
    const { held, concluded } = this.#options.spool.recovered;
    for (const outcome of concluded) {
      if (outcome.attempt) this.#hand({ ...outcome, attempt: outcome.attempt });
    }
    for (const assignment of held) this.#begin(assignment);
  }

  /** Takes an attempt. The hub may repeat itself: an attempt that is held already is not begun again. */
  accept(assignment: Assignment): void {
    const key = attemptKey(assignment);
    if (this.#running.has(key) || this.#concluded.has(key)) return;
    // The hub has leased the run anew: whatever this node still does for an earlier attempt is for nothing.
    for (const run of this.#running.values()) {
      if (run.ref.runId === assignment.runId && run.ref.attempt < assignment.attempt) run.stop('lost');
    }
    this.#options.spool.hold(assignment);
    this.#begin(assignment);
  }

  cancel(attempt: AttemptRef): void {
    this.#running.get(attemptKey(attempt))?.stop('cancelled');
  }

  /** These are no longer this node's. An outcome that waits is reported all the same: the hub's answer to it settles it. */
  lose(attempts: readonly AttemptRef[]): void {
    for (const attempt of attempts) this.#running.get(attemptKey(attempt))?.stop('lost');
  }

  /** Stops those at work. Those that wait for the site have nothing to interrupt: the next life of the process waits on. */
  stopAll(reason: StopReason): void {
    for (const run of this.#running.values()) if (!run.isWaiting) run.stop(reason);
  }

  settle(attempt: AttemptRef): void {
    if (this.#concluded.delete(attemptKey(attempt))) this.#options.spool.settle(attempt);
  }

  /** Resolves when no slot is in use. Runs that wait for the site are in none. */
  idle(): Promise<void> {
    return this.#slots.occupied === 0 ? Promise.resolve() : this.#idle.promise;
  }

  #begin(assignment: Assignment): void {
    const { runId, attempt } = assignment;
    const run = new Run(assignment, {
      slots: this.#slots,
      receipts: this.#options.receipts,
      logger: this.#options.logger.child({ run: String(runId), attempt }),
      onState: (state, wait) => this.#options.onState(run.ref, state, wait),
      onFreed: () => this.#freed(),
    });
    this.#running.set(attemptKey(run.ref), run);
    this.#see(run).catch((error: unknown) => this.#options.onFatal(error));
  }

  async #see(run: Run): Promise<void> {
    const { spool, executor, onOver } = this.#options;
    const outcome = await run.execute(executor);
    onOver(run.ref);
    if (outcome) {
      await spool.conclude(outcome);
      this.#hand(outcome);
      run.logger.debug({ result: outcome.result.case }, 'run ended');
    } else {
      spool.settle(run.ref);
      run.logger.info('run given up: the hub has moved on from this attempt');
    }
    this.#running.delete(attemptKey(run.ref));
    await executor.forget(run.ref);
    run.leave();
  }

  #freed(): void {
    this.#options.onFreed();
    if (this.#slots.occupied > 0) return;
    this.#idle.resolve();
    this.#idle = Promise.withResolvers();
  }

  #hand(outcome: ConcludedOutcome): void {
    this.#concluded.set(attemptKey(outcome.attempt), outcome.attempt);
    this.#options.report({ outcome, bytes: toBinary(OutcomeSchema, outcome).length });
  }
}
