import { eq, or, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import type { LiveBus } from '../live/bus.ts';
import { NotAllowedError, NotPublishableError } from './errors.ts';
import { checkAnswers } from './fact-sheet.ts';
import type { ReachedSubmission } from './gate.ts';
import { submissions } from './schema.ts';

export interface SubmissionEdit {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** Whoever sees the competition may look at it and download it. */
  readonly isPublic?: boolean | undefined;
  /** All of them anew. What has been scored with the former ones stays as it is. */
  readonly factSheetAnswers?: Readonly<Record<string, unknown>> | undefined;
}

/** Its owner, where the competition lets them, and organizers. What is public is seen by whoever sees the competition. */
export function mayPublish({ submission, competition, access, isOwner }: ReachedSubmission): boolean {
  const isLet = access.canManage || (isOwner && competition.canParticipantsMakeSubmissionsPublic);
  return isLet && submission.status === 'Finished' && !submission.isRehearsal;
}

/**
 * Changes what a submission says of itself, for the whole of it. Its owner and organizers; owners publish where the competition lets them.
 * @throws NotAllowedError | NotPublishableError | FactSheetError
 */
export async function editSubmission(
  { queries }: Database,
  live: LiveBus,
  { submission, competition, access, isOwner }: ReachedSubmission,
  { name, description, isPublic, factSheetAnswers: given }: SubmissionEdit,
): Promise<void> {
  if (!isOwner && !access.canManage)
    throw new NotAllowedError('Only its owner and organizers change a submission.');
  if (isPublic && !access.canManage && !competition.canParticipantsMakeSubmissionsPublic)
    throw new NotAllowedError(
      'The organizers of this competition do not let participants make submissions public.',
    );
  if (isPublic && (submission.status !== 'Finished' || submission.isRehearsal))
    throw new NotPublishableError();
  const rootId = submission.parentId ?? submission.id;
  const factSheetAnswers = given && checkAnswers(competition.factSheet, given);
  const changes = Object.entries({ name, description, isPublic, factSheetAnswers }).filter(
    ([, value]) => value !== undefined,
  );
  if (changes.length === 0) return;
  await queries
    .update(submissions)
    .set({ ...Object.fromEntries(changes), version: sql`${submissions.version} + 1` })
    .where(or(eq(submissions.id, rootId), eq(submissions.parentId, rootId)));
  live.announce([`submission:${rootId}`, `phase:${submission.phaseId}:owner:${submission.ownerId}`]);
}
