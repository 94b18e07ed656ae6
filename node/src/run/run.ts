import { create } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type Assignment,
  type AttemptRef,
  AttemptRefSchema,
  FailureCode,
  OutcomeSchema,
  RunState,
} from '@weir/proto/node/v1';
import { bucketEnd } from '../egress/moment.ts';
import { LedgerFailedError } from '../ledger/errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { ReceiptSigner } from '../receipts/sign.ts';
import type { ConcludedOutcome } from '../spool/reporter.ts';
import { mostDiskBytes } from './disk-room.ts';
import type { Execution, Executor, Wait } from './executor.ts';
import type { Slots } from './slots.ts';

/** Why a run is stopped from outside. A lost one is no longer this node's to report. */
export type StopReason = 'cancelled' | 'interrupted' | 'lost';

type Result = ConcludedOutcome['result'];

export interface WatchedRun {
  readonly slots: Slots;
  readonly receipts: Pick<ReceiptSigner, 'sign'>;
  readonly logger: Logger;
  /** A state was entered; or a wait began in it, or ended. */
  onState(state: RunState, wait: Wait | null): void;
  /** A slot is free again. */
  onFreed(): void;
}

/**
 * One attempt at this node.
 *
 *   awaiting_site -> preparing -> predicting -> scoring -> reviewing -> reporting -> (settled: the hub has acknowledged it)
 *        |               |            |            |           |
 *        +---------------+------------+------------+-----------+--> reporting     failure, refusal, cancel, interruption
 *        +---------------+------------+------------+-----------+--> (discarded)   lost: the lease went elsewhere
 *
 * States are only ever entered forwards. Once `reporting` is entered the outcome stands: nothing stops it any more.
 *
 * It works in a slot, and waits for people and hours without one.
 */
export class Run {
  readonly assignment: Assignment;
  readonly ref: AttemptRef;
  readonly logger: Logger;
  readonly #watched: WatchedRun;
  readonly #stop = new AbortController();
  readonly #startedAt = Date.now();
  #state = RunState.AWAITING_SITE;
  #hasSlot = false;
  #isWaiting = false;

  constructor(assignment: Assignment, watched: WatchedRun) {
    const { runId, attempt } = assignment;
    this.assignment = assignment;
    this.ref = create(AttemptRefSchema, { runId, attempt });
    this.logger = watched.logger;
    this.#watched = watched;
  }

  get state(): RunState {
    return this.#state;
  }

  /** Waits for somebody or something outside of the node, without a slot. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Idempotent; the first reason counts. Without effect once the run is being reported. */
  stop(reason: StopReason): void {
    this.#stop.abort(reason);
  }

  /**
   * Resolves with how the attempt ended, or with null when it was lost and there is nothing to say. Rejects only when nothing can be recorded
   * any more. The slot, if it has one then, stays taken until `leave`.
   */
  async execute(executor: Executor): Promise<ConcludedOutcome | null> {
    const execution = await this.#execution(executor);
    const stopped = this.#stop.signal.aborted ? (this.#stop.signal.reason as StopReason) : null;
    if (stopped === 'lost') return null;
    this.#enter(RunState.REPORTING);
    const result = stopped === null ? toResult(execution) : toStoppedResult(stopped);
    const { imageDigest } = execution;
    const moments = momentsOf(this.#startedAt, execution);
    const receipt = result.case === 'scores' && this.#sign(result.value.values, execution, moments);
    const outcome = create(OutcomeSchema, {
      attempt: this.ref,
      result,
      ...moments,
      imageDigest,
      ...(receipt && { receipt }),
    });
    return { ...outcome, attempt: this.ref };
  }

  /** Gives the slot to others. */
  leave(): void {
    if (this.#hasSlot) this.#watched.slots.free(mostDiskBytes(this.assignment.limits));
    this.#hasSlot = false;
    this.#watched.onFreed();
  }

  async #execution(executor: Executor): Promise<Execution> {
    try {
      await this.#takeSlot();
      return await executor.execute(this.assignment, {
        signal: this.#stop.signal,
        enter: (state) => this.#enter(state),
        waiting: (wait, work) => this.#waiting(wait, work),
      });
    } catch (error) {
      if (error instanceof LedgerFailedError) throw error;
      if (!this.#stop.signal.aborted)
        this.logger.error({ err: error }, 'the run failed by a fault of the node');
      return { result: { kind: 'failure', code: FailureCode.NODE_INTERNAL }, imageDigest: '' };
    }
  }

  #sign(scores: Readonly<Record<string, number>>, { imageDigest, provenance }: Execution, moments: Moments) {
    const { datasetDigest = null, policyDigest = null } = provenance ?? {};
    return this.#watched.receipts.sign(this.assignment, {
      scores,
      imageDigest,
      datasetDigest,
      policyDigest,
      ...moments,
    });
  }

  async #waiting<Result>(wait: Wait, work: () => Promise<Result>): Promise<Result> {
    this.#isWaiting = true;
    this.#watched.onState(this.#state, wait);
    this.leave();
    try {
      return await work();
    } finally {
      this.#isWaiting = false;
      if (!this.#stop.signal.aborted) {
        this.#watched.onState(this.#state, null);
        await this.#takeSlot();
      }
    }
  }

  async #takeSlot(): Promise<void> {
    // Without a turn of the event loop where there is room: runs of benchmarks take no longer than that.
    const bytes = mostDiskBytes(this.assignment.limits);
    const turn = this.#watched.slots.take(bytes, this.#stop.signal);
    if (turn !== null) await turn;
    this.#hasSlot = true;
  }

  #enter(state: RunState): void {
    if (state <= this.#state) return;
    this.#state = state;
    this.#watched.onState(state, null);
  }
}

type Moments = Readonly<Record<'startedAt' | 'finishedAt', Timestamp>>;

/** Times of a run that saw data of the site leave rounded up, like the outcome itself: see BITS.md. */
function momentsOf(startedAt: number, { moments }: Execution): Moments {
  const began = moments ? bucketEnd(startedAt, moments.bucketSeconds) : startedAt;
  return {
    startedAt: timestampFromMs(began),
    finishedAt: timestampFromMs(Math.max(began, moments?.finishedAt ?? Date.now())),
  };
}

function toResult({ result }: Execution): Result {
  switch (result.kind) {
    case 'scores':
      return { case: 'scores', value: { $typeName: 'weir.node.v1.Scores', values: { ...result.values } } };
    case 'failure':
      return { case: 'failure', value: { $typeName: 'weir.node.v1.Failure', code: result.code } };
    case 'refusal':
      return { case: 'refusal', value: { $typeName: 'weir.node.v1.Refusal', code: result.code } };
    default:
      return result satisfies never;
  }
}

function toStoppedResult(reason: 'cancelled' | 'interrupted'): Result {
  switch (reason) {
    case 'cancelled':
      return { case: 'cancelled', value: { $typeName: 'weir.node.v1.Cancelled' } };
    case 'interrupted':
      return {
        case: 'failure',
        value: { $typeName: 'weir.node.v1.Failure', code: FailureCode.NODE_INTERRUPTED },
      };
    default:
      return reason satisfies never;
  }
}
