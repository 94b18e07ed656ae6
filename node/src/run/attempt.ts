import type { AttemptRef } from '@weir/proto/node/v1';

/** Names an attempt in maps, folders and containers. */
export type AttemptKey = `${bigint}-${number}`;

export function attemptKey({ runId, attempt }: Pick<AttemptRef, 'runId' | 'attempt'>): AttemptKey {
  return `${runId}-${attempt}`;
}
