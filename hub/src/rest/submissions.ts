import { z } from 'zod';
import { ActionNeedsTokenError } from './errors.ts';
import { readAll } from './paging.ts';
import { idParams, number, type RestRequest, type RestRoutes } from './request.ts';
import { toCreated, toDetails, toSubmission } from './submission-shape.ts';

const MOST_LISTED = 5_000;

/** Lists come as `tasks` or, from forms, as `tasks[]`; one value of a form is no list; none means all. */
const taskList = z
  .preprocess((value) => (value === '' ? [] : [value ?? []].flat()), z.array(number))
  .optional();
const newSubmission = z.object({
  phase: number,
  data: z.string().min(1),
  tasks: taskList,
  'tasks[]': taskList,
  name: z.string().max(200).optional(),
  description: z.string().max(10_000).nullish(),
  fact_sheet_answers: z.preprocess(parseJson, z.record(z.string(), z.unknown()).nullish()),
  // Weir's own: on the synthetic data of sites, of all that offer it or of one.
  rehearse: z.preprocess(parseJson, z.boolean().default(false)),
  rehearsal_site: z.string().max(40).optional(),
});
const listQuery = z.object({ phase: number.optional() });
const rerunQuery = z.object({ task_key: z.guid().optional() });

export function submissionRoutes(routes: RestRoutes): void {
  routes.get('/can_make_submission/:id', async ({ hub, actor, request }) => {
    const { can, reason } = await hub.submissions.allowance(actor, idParams.parse(request.params).id);
    return { can, reason };
  });

  routes.post('/submissions', async ({ hub, actor, request: { body: sent }, reply }) => {
    const body = newSubmission.parse(sent ?? {});
    const taskIds = [...(body.tasks ?? []), ...(body['tasks[]'] ?? [])];
    const request = {
      phaseId: body.phase,
      resourceKey: body.data,
      name: body.name,
      description: body.description ?? undefined,
      factSheetAnswers: body.fact_sheet_answers,
      ...(taskIds.length > 0 ? { taskIds } : {}),
    };
    const submission = body.rehearse
      ? await hub.submissions.rehearse(actor, { ...request, site: body.rehearsal_site })
      : await hub.submissions.create(actor, request);
    const { md5 } = await hub.resources.finishUpload(actor, body.data);
    return reply.code(201).send(toCreated(submission, { data: body.data, md5 }));
  });

  routes.get('/submissions', async (rest) => (await listSubmissions(rest)).map((one) => toSubmission(one)));

  routes.get('/submissions/:id', async ({ hub, actor, request }) =>
    toSubmission(await hub.submissions.get(actor, idParams.parse(request.params).id)),
  );

  routes.get('/submissions/:id/get_details', async ({ hub, actor, request, fileUrl }) => {
    const submission = await hub.submissions.get(actor, idParams.parse(request.params).id);
    const logs = await Promise.all(
      submission.runs.map(async ({ id }) => ({ runId: id, ...(await hub.submissions.logs.read(actor, id)) })),
    );
    return toDetails(submission, logs, fileUrl);
  });

  // GET there and so here too; a page of another site could make a browser send that, so a session is not enough for it.
  routes.get('/submissions/:id/cancel_submission', async (rest) => {
    requireToken(rest);
    return cancel(rest);
  });
  routes.post('/submissions/:id/cancel_submission', cancel);

  routes.post('/submissions/:id/run_submission', async ({ hub, actor, request }) =>
    toSubmission(await hub.submissions.start(actor, idParams.parse(request.params).id)),
  );

  routes.post('/submissions/:id/re_run_submission', async ({ hub, actor, request }) => {
    const { id } = idParams.parse(request.params);
    const { task_key } = rerunQuery.parse(request.query);
    const { id: again } = await hub.submissions.rerun(actor, id, task_key);
    return { id: again };
  });

  routes.post('/submissions/:id/submission_leaderboard_connection', async ({ hub, actor, request }) => {
    const { id } = idParams.parse(request.params);
    return toSubmission(await hub.submissions.setOnLeaderboard(actor, id, true));
  });
  routes.delete('/submissions/:id/submission_leaderboard_connection', async ({ hub, actor, request }) => {
    const { id } = idParams.parse(request.params);
    return toSubmission(await hub.submissions.setOnLeaderboard(actor, id, false));
  });

  routes.delete('/submissions/:id', remove);
  routes.delete('/submissions/:id/soft_delete', remove);
}

async function cancel({ hub, actor, request }: RestRequest) {
  const { status } = await hub.submissions.cancel(actor, idParams.parse(request.params).id);
  return { canceled: status === 'Cancelled' };
}

async function remove({ hub, actor, request, reply }: RestRequest) {
  await hub.submissions.remove(actor, idParams.parse(request.params).id);
  return reply.code(204).send();
}

async function listSubmissions({ hub, actor, request }: RestRequest) {
  const { phase: phaseId } = listQuery.parse(request.query);
  return readAll(MOST_LISTED, (cursor) => hub.submissions.inReach(actor, { phaseId, cursor, limit: 100 }));
}

function requireToken({ actor }: RestRequest): void {
  if (actor.kind === 'user' && actor.via !== 'token') throw new ActionNeedsTokenError();
}

/** A form carries an object as the text of its JSON. */
function parseJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value === '') return null;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
