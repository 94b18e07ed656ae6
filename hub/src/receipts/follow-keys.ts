import { isAnnounced, keyIdOf } from '@weir/proto/receipt';
import type { NodeKeyRow } from './store.ts';

/** One key's word that another comes after it, as a node shows it. Not checked yet. */
export interface Announcement {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly at: Date;
  readonly signature: Uint8Array;
}

/** A key takes the place of another. */
export interface Step {
  readonly from: string;
  readonly to: Uint8Array;
  readonly at: Date;
  readonly signature: Uint8Array;
}

/**
 * The way from a key in use to the one that a node shows now, each step announced by the key that is replaced. Null when there is none.
 * Keys that were replaced before are no place to begin at: whoever holds one of them announces nothing any more.
 */
export function stepsTo(
  shown: Uint8Array,
  { nodeId, known }: { nodeId: string; known: readonly NodeKeyRow[] },
  announcements: readonly Announcement[],
): Step[] | null {
  const replaced = new Set(known.filter(({ replacedAt }) => replacedAt).map(({ keyId }) => keyId));
  const inUse = new Set(known.filter(({ replacedAt }) => !replacedAt).map(({ keyId }) => keyId));
  const goal = keyIdOf(shown);
  let steps: Step[] | null = null;
  for (const { from, to, at, signature } of announcements) {
    const [before, next] = [keyIdOf(from), keyIdOf(to)];
    if (steps === null && !inUse.has(before)) continue;
    if (steps && keyIdOf(steps.at(-1)!.to) !== before) return null;
    if (replaced.has(next) || next === before) return null;
    if (!isAnnounced({ node: nodeId, from, to, at: at.toISOString() }, signature)) return null;
    steps = [...(steps ?? []), { from: before, to, at, signature }];
    if (next === goal) return steps;
  }
  return null;
}
