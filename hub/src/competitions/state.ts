/** `draft`: not published, whatever its dates say. */
export type CompetitionState = 'upcoming' | 'open' | 'closed' | 'draft';
export type PhaseState = 'upcoming' | 'open' | 'closed';

interface Dates {
  readonly startsAt: Date;
  readonly endsAt: Date | null;
}

/** A phase includes the moment at which it starts, and not the one at which it ends. */
export function stateOfPhase({ startsAt, endsAt }: Dates, now: Date): PhaseState {
  if (now < startsAt) return 'upcoming';
  return endsAt && now >= endsAt ? 'closed' : 'open';
}
