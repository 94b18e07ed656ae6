import type { AssignmentInit } from './sessions.ts';

/** A message may have 1 MiB; what follows is an estimate from above. */
const MOST_BYTES = 512 * 1024;
/** Ids, addresses, digests and limits: all that is of bounded length. */
const FIXED_BYTES = 4 * 1024;
const COLUMN_BYTES = 512;

/**
 * Sends assignments that are made in the same turn of the event loop, as those of runs that were committed together are, in one message: a message
 * of its own for each would be written, encrypted and woken up for one after the other.
 */
export class AssignmentBatch {
  readonly #send: (assignments: AssignmentInit[]) => void;
  #waiting: AssignmentInit[] = [];
  #bytes = 0;

  constructor(send: (assignments: AssignmentInit[]) => void) {
    this.#send = send;
  }

  add(assignment: AssignmentInit): void {
    const bytes = mostBytes(assignment);
    if (this.#bytes + bytes > MOST_BYTES) this.flush();
    // After all promises that are settled by now, and before anything else.
    if (this.#waiting.length === 0) process.nextTick(() => this.flush());
    this.#waiting.push(assignment);
    this.#bytes += bytes;
  }

  /** Sends what waits now. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const assignments = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#send(assignments);
  }
}

function mostBytes({ factSheetAnswers = '', attestations = [], scoreColumns = [] }: AssignmentInit): number {
  const signed = attestations.reduce((sum, { length }) => sum + length, 0);
  // A UTF-16 unit takes at most three bytes of UTF-8.
  return FIXED_BYTES + factSheetAnswers.length * 3 + signed + scoreColumns.length * COLUMN_BYTES;
}
