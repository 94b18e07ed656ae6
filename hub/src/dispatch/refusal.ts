import { and, eq, sql } from 'drizzle-orm';
import { phases } from '../competitions/schema.ts';
import type { Database } from '../db/database.ts';
import type { DomainError } from '../http/domain-error.ts';
import { submissionUsage } from '../submissions/schema.ts';
import type { NewSubmission } from './admission.ts';
import { LimitReachedError, PhaseMissingError, PhaseNotOpenError } from './errors.ts';

/** Finds out why a submission was not admitted; the statement that decided only says that it was not. */
export async function whyNotAdmitted(
  { queries }: Database,
  { phaseId, ownerId }: NewSubmission,
): Promise<DomainError> {
  const [phase] = await queries
    .select({
      startsAt: phases.startsAt,
      endsAt: phases.endsAt,
      isOpen: sql<boolean>`${phases.startsAt} <= now() and (${phases.endsAt} is null or ${phases.endsAt} > now())`,
      perDay: phases.maxSubmissionsPerDay,
      perPerson: phases.maxSubmissionsPerPerson,
      usedInAll: submissionUsage.usedInAll,
    })
    .from(phases)
    .leftJoin(
      submissionUsage,
      and(eq(submissionUsage.phaseId, phases.id), eq(submissionUsage.userId, ownerId)),
    )
    .where(eq(phases.id, phaseId));
  if (!phase) return new PhaseMissingError();
  if (!phase.isOpen) return new PhaseNotOpenError(phase.startsAt, phase.endsAt);
  if (phase.perPerson !== null && (phase.usedInAll ?? 0) >= phase.perPerson)
    return new LimitReachedError('limit_per_person', phase.perPerson);
  return new LimitReachedError('limit_per_day', phase.perDay ?? 0);
}
