import { and, eq, isNull, sql } from 'drizzle-orm';
import { CompetitionMissingError, PhaseMissingError } from '../../../competitions/errors.ts';
import { competitions, phases } from '../../../competitions/schema.ts';
import type { Queries } from '../../../db/database.ts';
import { SubmissionMissingError } from '../../../submissions/errors.ts';
import { submissions } from '../../../submissions/schema.ts';
import { catalogueAudiences } from '../../catalogue/schema.ts';

const isListed = (peerId: number) =>
  and(
    eq(competitions.published, true),
    isNull(competitions.deletedAt),
    sql`coalesce(${catalogueAudiences.visibility}, 'all') <> 'none'`,
    sql`(coalesce(${catalogueAudiences.visibility}, 'all') <> 'chosen' or ${peerId} = any(${catalogueAudiences.peerIds}))`,
  );

/** What organizers have not listed for a peer does not exist for it. @throws CompetitionMissingError */
export async function requireListed(queries: Queries, peerId: number, competitionId: number): Promise<void> {
  const [found] = await queries
    .select({ id: competitions.id })
    .from(competitions)
    .leftJoin(catalogueAudiences, eq(catalogueAudiences.competitionId, competitions.id))
    .where(and(eq(competitions.id, competitionId), isListed(peerId)));
  if (!found) throw new CompetitionMissingError();
}

/** The same for a submission of one. @throws SubmissionMissingError */
export async function requireSubmissionListed(
  queries: Queries,
  peerId: number,
  submissionId: number,
): Promise<void> {
  const [found] = await queries
    .select({ phaseId: submissions.phaseId })
    .from(submissions)
    .where(and(eq(submissions.id, submissionId), isNull(submissions.deletedAt)));
  if (!found) throw new SubmissionMissingError();
  await requirePhaseListed(queries, peerId, found.phaseId);
}

/** The same for one of its phases. @throws PhaseMissingError */
export async function requirePhaseListed(queries: Queries, peerId: number, phaseId: number): Promise<void> {
  const [found] = await queries
    .select({ id: phases.id })
    .from(phases)
    .innerJoin(competitions, eq(competitions.id, phases.competitionId))
    .leftJoin(catalogueAudiences, eq(catalogueAudiences.competitionId, competitions.id))
    .where(and(eq(phases.id, phaseId), isListed(peerId)));
  if (!found) throw new PhaseMissingError();
}
