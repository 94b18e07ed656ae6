import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import {
  type Assignment,
  type AttemptRef,
  AttemptRefSchema,
  FailureCode,
  OutcomeSchema,
  RunState,
} from '@weir/proto/node/v1';
import type { Logger } from '../logging/logger.ts';
import type { ConcludedOutcome } from '../spool/reporter.ts';
import type { Execution, Executor } from './executor.ts';

/** Why a run is stopped from outside. A lost one is no longer this node's to report. */
export type StopReason = 'cancelled' | 'interrupted' | 'lost';

type Result = ConcludedOutcome['result'];

/**
 * One attempt at this node.
 *
 *   awaiting_site -> preparing -> predicting -> scoring -> reviewing -> reporting -> (settled: the hub has acknowledged it)
 *        |               |            |            |           |
 *        +---------------+------------+------------+-----------+--> reporting     failure, refusal, cancel, interruption
 *        +---------------+------------+------------+-----------+--> (discarded)   lost: the lease went elsewhere
 *
 * States are only ever entered forwards. Once `reporting` is entered the outcome stands: nothing stops it any more.
 */
export class Run {
  readonly assignment: Assignment;
  readonly ref: AttemptRef;
  readonly logger: Logger;
  readonly #onState: (state: RunState) => void;
  readonly #stop = new AbortController();
  readonly #startedAt = timestampNow();
  #state = RunState.AWAITING_SITE;

  constructor(assignment: Assignment, logger: Logger, onState: (state: RunState) => void) {
    const { runId, attempt } = assignment;
    this.assignment = assignment;
    this.ref = create(AttemptRefSchema, { runId, attempt });
    this.logger = logger;
    this.#onState = onState;
  }

  get state(): RunState {
    return this.#state;
  }

  /** Idempotent; the first reason counts. Without effect once the run is being reported. */
  stop(reason: StopReason): void {
    this.#stop.abort(reason);
  }

  /** Resolves with how the attempt ended, or with null when it was lost and there is nothing to say. Never rejects. */
  async execute(executor: Executor): Promise<ConcludedOutcome | null> {
    const execution = await this.#execution(executor);
    const stopped = this.#stop.signal.aborted ? (this.#stop.signal.reason as StopReason) : null;
    if (stopped === 'lost') return null;
    this.#enter(RunState.REPORTING);
    const outcome = create(OutcomeSchema, {
      attempt: this.ref,
      result: stopped === null ? toResult(execution) : toStoppedResult(stopped),
      startedAt: this.#startedAt,
      finishedAt: timestampNow(),
      imageDigest: execution.imageDigest,
    });
    return { ...outcome, attempt: this.ref };
  }

  async #execution(executor: Executor): Promise<Execution> {
    try {
      return await executor.execute(this.assignment, {
        signal: this.#stop.signal,
        enter: (state) => this.#enter(state),
      });
    } catch (error) {
      if (!this.#stop.signal.aborted)
        this.logger.error({ err: error }, 'the run failed by a fault of the node');
      return { result: { kind: 'failure', code: FailureCode.NODE_INTERNAL }, imageDigest: '' };
    }
  }

  #enter(state: RunState): void {
    if (state <= this.#state) return;
    this.#state = state;
    this.#onState(state);
  }
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
