import type { CatalogueCard, CompetitionState, Phase } from '#lib/api/types.ts';
import type { Shown } from '#lib/features/submissions/status.ts';

const states: Record<CompetitionState, Shown> = {
  open: { label: 'Open', tone: 'good' },
  upcoming: { label: 'Upcoming', tone: 'active' },
  closed: { label: 'Closed', tone: 'neutral' },
  draft: { label: 'Draft', tone: 'waiting' },
};

export function showState(state: CompetitionState): Shown {
  return states[state];
}

/** What the card says about time, and the moment it speaks of. */
export function deadlineOf(card: Pick<CatalogueCard, 'state' | 'currentPhase' | 'nextStart'>): {
  words: string;
  at: string | null;
} {
  if (card.state === 'upcoming' && card.nextStart) return { words: 'Starts', at: card.nextStart };
  if (card.currentPhase?.endsAt)
    return { words: `${card.currentPhase.name} ends`, at: card.currentPhase.endsAt };
  if (card.currentPhase) return { words: `${card.currentPhase.name}, no end date`, at: null };
  if (card.nextStart) return { words: 'Next phase starts', at: card.nextStart };
  return { words: card.state === 'closed' ? 'All phases are over' : 'No dates yet', at: null };
}

/** The phase a person most likely means: the open one, else the next to open, else the last. */
export function phaseToShow(phases: readonly Phase[], asked: number | undefined): Phase | undefined {
  return (
    phases.find((phase) => phase.id === asked) ??
    phases.find((phase) => phase.state === 'open') ??
    phases.find((phase) => phase.state === 'upcoming') ??
    phases.at(-1)
  );
}
