import type { Actor } from '../accounts/access.ts';
import type { Database } from '../db/database.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import { NotAllowedError } from './errors.ts';
import type { ReachedSubmission } from './gate.ts';
import { findTaskIds } from './store.ts';
import type { TaskChoice } from './task-choice.ts';

/**
 * Enters what was submitted once more, on all its tasks or on one alone.
 * @returns the id of the new submission
 * @throws NotAllowedError | UnknownTasksError
 */
export async function enterAgain(
  {
    database: { queries },
    dispatch,
    tasks,
  }: { database: Database; dispatch: Pick<Dispatch, 'admit'>; tasks: TaskChoice },
  actor: Actor,
  { submission, access, competition }: ReachedSubmission,
  taskKey: string | undefined,
): Promise<number> {
  if (!access.canManage && !access.isUnlimited)
    throw new NotAllowedError('Only organizers and robots run submissions again.');
  if (submission.isRehearsal)
    throw new NotAllowedError('A rehearsal is not run again: rehearse anew, or submit the same file.');
  const { id, phaseId, parentId } = submission;
  const { submissionId } = await dispatch.admit({
    phaseId,
    ownerId: submission.ownerId,
    resourceId: submission.resourceId,
    name: submission.name,
    description: submission.description,
    fileName: submission.fileName,
    factSheetAnswers: submission.factSheetAnswers,
    taskIds:
      taskKey === undefined
        ? await findTaskIds(queries, id)
        : [await tasks.choose(actor, { phaseId, competition }, taskKey)],
    limited: false,
    isSpecificTaskReRun: taskKey !== undefined || parentId !== null || submission.isSpecificTaskReRun,
    start: true,
  });
  return submissionId;
}
