import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type AttemptRef, type Progress, ProgressSchema, type RunState } from '@weir/proto/node/v1';
import { type AttemptKey, attemptKey } from '../run/attempt.ts';
import type { Wait } from '../run/executor.ts';

const HOLD_BACK_MS = 50;

/**
 * Tells the hub which state runs are in, for the people who watch. A state is held back a moment: only the last one of an attempt is sent,
 * and none when its outcome overtakes it, so that short runs cost nothing. What was sent may have been lost with its stream, so all of it is told again
 * on the next.
 */
export class ProgressReports implements Disposable {
  readonly #send: (runs: readonly Progress[]) => void;
  /** The last one of each attempt that is not over. */
  readonly #states = new Map<AttemptKey, Progress>();
  readonly #pending = new Set<AttemptKey>();
  #timer: NodeJS.Timeout | null = null;

  constructor(send: (runs: readonly Progress[]) => void) {
    this.#send = send;
  }

  note(attempt: AttemptRef, state: RunState, wait: Wait | null = null): void {
    const waits = wait && {
      waitsFor: wait.waitsFor,
      ...(wait.until && { waitsUntil: timestampFromDate(wait.until) }),
    };
    this.#states.set(attemptKey(attempt), create(ProgressSchema, { attempt, state, ...waits }));
    this.#tell(attemptKey(attempt));
  }

  /** There is a new stream. */
  again(): void {
    for (const attempt of this.#states.keys()) this.#tell(attempt);
  }

  /** The attempt is over, or is no longer this node's. */
  overtake(attempt: AttemptRef): void {
    this.#states.delete(attemptKey(attempt));
    this.#pending.delete(attemptKey(attempt));
  }

  [Symbol.dispose](): void {
    if (this.#timer) clearTimeout(this.#timer);
  }

  #tell(attempt: AttemptKey): void {
    this.#pending.add(attempt);
    this.#timer ??= setTimeout(() => this.#flush(), HOLD_BACK_MS);
  }

  #flush(): void {
    this.#timer = null;
    if (this.#pending.size === 0) return;
    const runs = [...this.#pending].flatMap((attempt) => this.#states.get(attempt) ?? []);
    this.#pending.clear();
    this.#send(runs);
  }
}
