import { eq, sql } from 'drizzle-orm';
import { phases } from '../competitions/schema.ts';
import type { Database } from '../db/database.ts';
import type { DomainError } from '../http/domain-error.ts';
import type { NewSubmission } from './admission.ts';
import { findLimits, whyLimited } from './allowance.ts';
import { LimitReachedError, PhaseMissingError, PhaseNotOpenError } from './errors.ts';

/** Finds out why a submission was not admitted; the statement that decided only says that it was not. */
export async function whyNotAdmitted(
  database: Database,
  { phaseId, ownerId }: Pick<NewSubmission, 'phaseId' | 'ownerId'>,
): Promise<DomainError> {
  const [phase] = await database.queries
    .select({
      startsAt: phases.startsAt,
      endsAt: phases.endsAt,
      isOpen: sql<boolean>`${phases.startsAt} <= now() and (${phases.endsAt} is null or ${phases.endsAt} > now())`,
    })
    .from(phases)
    .where(eq(phases.id, phaseId));
  const limits = await findLimits(database, phaseId, ownerId);
  if (!phase || !limits) return new PhaseMissingError();
  if (!phase.isOpen) return new PhaseNotOpenError(phase.startsAt, phase.endsAt);
  // Whatever had been in the way is not any more: one that was under way has ended since.
  return whyLimited(limits) ?? new LimitReachedError('limit_at_a_time', limits.atATime ?? limits.inFlight);
}
