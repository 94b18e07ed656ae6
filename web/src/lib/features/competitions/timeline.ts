import type { Phase } from '#lib/api/types.ts';

export interface TimelinePhase {
  phase: Pick<Phase, 'id' | 'name' | 'startsAt' | 'endsAt' | 'state'>;
  /** How much of it has passed, 0 to 1; null for an open phase without an end. */
  passed: number | null;
}

/** Phases in the order of their start, each with the share that has passed at `now` (milliseconds since 1970). */
export function toTimeline(phases: readonly TimelinePhase['phase'][], now: number): TimelinePhase[] {
  return phases
    .toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
    .map((phase) => ({ phase, passed: passedShare(phase, now) }));
}

function passedShare(phase: TimelinePhase['phase'], now: number): number | null {
  const start = Date.parse(phase.startsAt);
  if (now < start) return 0;
  if (phase.endsAt === null) return null;
  const end = Date.parse(phase.endsAt);
  return now >= end ? 1 : (now - start) / (end - start);
}
