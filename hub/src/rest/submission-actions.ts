import { z } from 'zod';
import { DomainError } from '../http/domain-error.ts';
import type { ManyDone } from '../submissions/many.ts';
import { one } from './answers.ts';
import { NoneDoneError } from './errors.ts';
import { idParams, many, type RestRequest } from './request.ts';
import type { RestRoutes } from './rest-routes.ts';
import { toSubmission } from './submission-shape.ts';
import { factSheetAnswers } from './submissions.ts';

const rerunQuery = z.object({ task_key: z.guid().optional() });
/** What is done to submissions. Codabench has some of it by GET. */
export function submissionActionRoutes(routes: RestRoutes): void {
  const cancelling = 'Cancel a submission that is not over';
  routes.get('/submissions/:id/cancel_submission', { summary: cancelling, changes: true }, cancel);
  routes.post('/submissions/:id/cancel_submission', { summary: cancelling }, cancel);

  routes.post(
    '/submissions/:id/run_submission',
    { summary: 'Start one that waits for an organizer', answer: one('Submission') },
    async ({ hub, actor, request }) =>
      toSubmission(await hub.submissions.start(actor, idParams.parse(request.params).id)),
  );

  routes.post(
    '/submissions/:id/re_run_submission',
    {
      summary: 'Enter the same again for the same person, on all tasks or on one; for organizers and robots',
      query: rerunQuery,
    },
    async ({ hub, actor, request, query: { task_key } }) => {
      const { id } = idParams.parse(request.params);
      const { id: again } = await hub.submissions.rerun(actor, id, task_key);
      return { id: again };
    },
  );

  routes.post(
    '/submissions/:id/submission_leaderboard_connection',
    { summary: 'Put on the board', answer: one('Submission') },
    (rest) => setOnLeaderboard(rest, true),
  );
  routes.delete(
    '/submissions/:id/submission_leaderboard_connection',
    { summary: 'Take off the board', answer: one('Submission') },
    (rest) => setOnLeaderboard(rest, false),
  );

  const publishing = 'Make public, or private again';
  routes.get('/submissions/:id/toggle_public', { summary: publishing, changes: true }, togglePublic);
  routes.post('/submissions/:id/toggle_public', { summary: publishing }, togglePublic);

  routes.patch(
    '/submissions/:id/update_fact_sheet',
    { summary: 'Answer all questions of the fact sheet anew', body: factSheetAnswers },
    async ({ hub, actor, request, body }) => {
      const { id } = idParams.parse(request.params);
      await hub.submissions.edit(actor, id, { factSheetAnswers: body ?? {} });
      return {};
    },
  );

  routes.delete('/submissions/:id', { summary: 'Delete one that is over', status: 204 }, async (rest) => {
    await remove(rest);
    return rest.reply.send();
  });
  routes.delete(
    '/submissions/:id/soft_delete',
    { summary: 'Delete one that is over and on no board' },
    async (rest) => {
      try {
        await remove(rest);
      } catch (error) {
        if (!(error instanceof DomainError && error.kind === 'conflict')) throw error;
        // A matter of permission there, and told under a name of its own.
        return rest.reply.code(403).send({ error: error.message, code: error.code });
      }
      return { message: 'Submission deleted successfully' };
    },
  );

  routes.delete(
    '/submissions/delete_many',
    { summary: 'Delete those that are over', body: many, answer: one('Done') },
    async ({ hub, actor, body }) => refusedAsError(await hub.submissions.many.remove(actor, idsOf(body))),
  );
  routes.post(
    '/submissions/re_run_many_submissions',
    { summary: 'Enter each of them again', body: many, query: rerunQuery, answer: one('Done') },
    async ({ hub, actor, body, query: { task_key } }) =>
      refusedAsError(await hub.submissions.many.rerun(actor, idsOf(body), task_key)),
  );

  routes.post(
    '/submissions/download_many',
    { summary: 'Names and addresses of what was submitted', body: many },
    async ({ hub, actor, body, fileUrl }) => {
      const submissions = await Promise.all(idsOf(body).map((id) => hub.submissions.get(actor, id)));
      return submissions.map(({ id, owner, phaseId, fileName }) => ({
        name: `${id}_${owner}_PhaseId${phaseId}_${fileName}`,
        url: fileUrl(`/files/submissions/${id}/submission`),
      }));
    },
  );
}

async function cancel({ hub, actor, request }: RestRequest) {
  const { status } = await hub.submissions.cancel(actor, idParams.parse(request.params).id);
  return { canceled: status === 'Cancelled' };
}

async function setOnLeaderboard({ hub, actor, request }: RestRequest, onLeaderboard: boolean) {
  const { id } = idParams.parse(request.params);
  return toSubmission(await hub.submissions.setOnLeaderboard(actor, id, onLeaderboard));
}

async function togglePublic({ hub, actor, request }: RestRequest) {
  const { id } = idParams.parse(request.params);
  const { isPublic } = await hub.submissions.get(actor, id);
  await hub.submissions.edit(actor, id, { isPublic: !isPublic });
  return {};
}

async function remove({ hub, actor, request }: RestRequest): Promise<void> {
  await hub.submissions.remove(actor, idParams.parse(request.params).id);
}

function idsOf(body: z.infer<typeof many>): number[] {
  return [...body.pks, ...(body['pks[]'] ?? [])];
}

/** Where nothing at all was done, the first refusal is the answer. @throws NoneDoneError */
function refusedAsError(result: ManyDone): ManyDone {
  const [first] = result.refused;
  if (first && result.done.length === 0) throw new NoneDoneError(first);
  return result;
}
