import type { AttemptRef } from '@weir/proto/node/v1';

/** An attempt as the database names it. */
export interface AttemptKey {
  readonly runId: number;
  readonly attempt: number;
}

const LARGEST_ATTEMPT = 2 ** 31 - 1;

/**
 * What a node calls an attempt, or null when no attempt can be called so. The wire has room for numbers that the database has not, and one of those
 * would spoil the whole statement that it is part of, other nodes' reports included.
 */
export function toAttemptKey(ref: AttemptRef | undefined): AttemptKey | null {
  if (!ref || ref.runId > BigInt(Number.MAX_SAFE_INTEGER) || ref.attempt > LARGEST_ATTEMPT) return null;
  return { runId: Number(ref.runId), attempt: ref.attempt };
}
