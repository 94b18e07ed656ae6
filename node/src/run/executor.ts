import type {
  Assignment,
  AttemptRef,
  FailureCode,
  RefusalCode,
  RunState,
  WaitReason,
} from '@weir/proto/node/v1';

/**
 * What does the work of an attempt. `ContainerExecutor` is the real one; `InstantExecutor` measures everything around it.
 *
 * `execute` is idempotent by attempt: after a restart of the node it is called again for the attempts that were in the middle, and goes on
 * from what it finds in the attempt's folder. Different attempts execute side by side.
 *
 * Cancellation: when `watch.signal` aborts, `execute` stops what runs and settles soon; of what it then answers only the moments count.
 * It rejects only for faults that it has no code for; the run then fails as NODE_INTERNAL. A `LedgerFailedError` ends the node instead:
 * what cannot be recorded does not leave, not even as a code.
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
  /**
   * Waits for somebody or something outside of the node, with its slot given to others meanwhile, and settles as `work` does once there is a
   * slot again. `work` has to reject when the signal aborts.
   */
  waiting<Result>(wait: Wait, work: () => Promise<Result>): Promise<Result>;
}

export interface Wait {
  readonly waitsFor: WaitReason;
  /** When the wait ends by itself; null when nobody knows. */
  readonly until: Date | null;
}

export interface Execution {
  readonly result: RunResult;
  /** sha256:<hex> of the image that the containers ran, empty without one. */
  readonly imageDigest: string;
  /** What the receipt of scores says besides. */
  readonly provenance?: Provenance;
  /** Where moments tell too much: how they leave. */
  readonly moments?: {
    /** What the beginning is rounded up to. */
    readonly bucketSeconds: number | null;
    /** The end as it is told, in milliseconds since 1970. */
    readonly finishedAt: number;
  };
}

export interface Provenance {
  /** sha256:<hex> of the site's dataset; null when the run saw none. */
  readonly datasetDigest: string | null;
  /** sha256:<hex> of the policy that let the scores out; null without one. */
  readonly policyDigest: string | null;
}

export type RunResult =
  | { readonly kind: 'scores'; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: 'failure'; readonly code: FailureCode }
  | { readonly kind: 'refusal'; readonly code: RefusalCode };
