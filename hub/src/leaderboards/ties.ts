import type { BoardRow, ShownScore } from './row.ts';

/** Entries that the intervals of their ranking scores do not tell from the first of the group. */
export interface TieGroup {
  /** From 1, in the board's order. */
  readonly group: number;
  /** The interval of the first. */
  readonly low: number;
  readonly high: number;
}

/**
 * Puts entries in the board's order into groups: one whose interval overlaps that of the first of the group above belongs to it, another one begins the
 * next group. So what shares a group with the first of the board may be as good as the first. Ranks stay what they are. Baselines belong to groups and
 * begin none; what has no interval belongs to none.
 *
 * @param before the last group of the page before
 * @returns for each row the group that holds there, and whether the row belongs to it
 */
export function tieGroups(
  rows: readonly Pick<BoardRow, 'isBaseline' | 'scores'>[],
  key: string,
  before: TieGroup | null,
): { readonly last: TieGroup | null; readonly belongs: boolean }[] {
  let last = before;
  return rows.map(({ isBaseline, scores }) => {
    const interval = boundsOf(scores[key]?.interval);
    if (!interval) return { last, belongs: false };
    const belongs = last !== null && interval.low <= last.high && last.low <= interval.high;
    if (belongs || isBaseline) return { last, belongs };
    last = { group: (last?.group ?? 0) + 1, ...interval };
    return { last, belongs: true };
  });
}

/** As they are shown, so that people can follow it. */
function boundsOf(interval: ShownScore['interval']): { low: number; high: number } | null {
  if (!interval) return null;
  const [one, other] = [Number(interval.low), Number(interval.high)];
  return { low: Math.min(one, other), high: Math.max(one, other) };
}

export function isTieGroup(value: unknown): value is TieGroup {
  if (typeof value !== 'object' || value === null) return false;
  const { group, low, high } = value as Partial<TieGroup>;
  return Number.isSafeInteger(group) && Number.isFinite(low) && Number.isFinite(high);
}
