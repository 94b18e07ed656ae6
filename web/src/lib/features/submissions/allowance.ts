import type { Allowance } from '#lib/api/types.ts';

export interface LimitShown {
  readonly label: string;
  readonly used: number;
  /** Null: none. */
  readonly limit: number | null;
  readonly left: number;
}

type Limits = Pick<
  Allowance,
  'perDay' | 'perMonth' | 'inAll' | 'atATime' | 'usedToday' | 'usedThisMonth' | 'usedInAll' | 'inFlight'
>;

/** The day and the phase always; a month and what runs at a time where they are limited. */
export function limitsShown(limits: Limits): LimitShown[] {
  const line = (label: string, used: number, limit: number | null): LimitShown => ({
    label,
    used,
    limit,
    left: limit === null ? Number.POSITIVE_INFINITY : Math.max(0, limit - used),
  });
  return [
    line('Today', limits.usedToday, limits.perDay),
    ...(limits.perMonth === null ? [] : [line('This month', limits.usedThisMonth, limits.perMonth)]),
    line('In this phase', limits.usedInAll, limits.inAll),
    ...(limits.atATime === null ? [] : [line('At a time', limits.inFlight, limits.atATime)]),
  ];
}
