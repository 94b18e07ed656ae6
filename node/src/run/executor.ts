import type { Assignment, AttemptRef, FailureCode, RefusalCode, RunState } from '@weir/proto/node/v1';

/**
 * What does the work of an attempt. `ContainerExecutor` is the real one; `InstantExecutor` measures everything around it.
 *
 * `execute` is idempotent by attempt: after a restart of the node it is called again for the attempts that were in the middle, and goes on
 * from what it finds in the attempt's folder. Different attempts execute side by side.
 *
 * Cancellation: when `watch.signal` aborts, `execute` stops what runs and settles soon; what it then answers is not looked at.
 * It rejects only for faults that it has no code for; the run then fails as NODE_INTERNAL.
 */
export interface Executor {
  execute(assignment: Assignment, watch: RunWatch): Promise<Execution>;

  /** The outcome is on disk, or the attempt lost: nothing of it is needed any more. Never rejects. */
  forget(attempt: AttemptRef): Promise<void>;
}

export interface RunWatch {
  readonly signal: AbortSignal;
  /** Called on entering each state, in the order of the contract. */
  enter(state: RunState): void;
}

export interface Execution {
  readonly result: RunResult;
  /** sha256:<hex> of the image that the containers ran, empty without one. */
  readonly imageDigest: string;
}

export type RunResult =
  | { readonly kind: 'scores'; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: 'failure'; readonly code: FailureCode }
  | { readonly kind: 'refusal'; readonly code: RefusalCode };
