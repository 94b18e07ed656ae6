import { PhaseInvalidError } from './errors.ts';
import type { PhaseRow } from './store.ts';

/** Phases are in the order in which they start. */
export function inOrder(phases: readonly PhaseRow[]): PhaseRow[] {
  return phases.toSorted((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
}

/**
 * The rules of bundles, as far as they touch the edited phase: what is beside the rules elsewhere was so before, and is not this edit's fault.
 * @throws PhaseInvalidError
 */
export function checkOrder(phases: readonly PhaseRow[], phaseId: number): void {
  const place = phases.findIndex(({ id }) => id === phaseId);
  const [before, phase, next] = [phases[place - 1], phases[place]!, phases[place + 1]];
  if (phase.endsAt && phase.endsAt <= phase.startsAt)
    throw new PhaseInvalidError('endsAt', 'A phase ends after it has begun.');
  if (!phase.endsAt && next)
    throw new PhaseInvalidError('endsAt', 'Only the last phase may be without an end.');
  if (next && phase.endsAt && next.startsAt <= phase.endsAt)
    throw new PhaseInvalidError(
      'endsAt',
      `It ends before the next phase starts, at ${next.startsAt.toISOString()}.`,
    );
  if (before && !before.endsAt)
    throw new PhaseInvalidError('startsAt', `"${before.name}" before it has no end. Give it one first.`);
  if (before?.endsAt && phase.startsAt <= before.endsAt)
    throw new PhaseInvalidError(
      'startsAt',
      `It starts after the phase before has ended, at ${before.endsAt.toISOString()}.`,
    );
  if (phase.autoMigrateToThisPhase && !before)
    throw new PhaseInvalidError(
      'autoMigrateToThisPhase',
      'There is no phase before the first one to take submissions over from.',
    );
}
