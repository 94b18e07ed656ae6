import { z } from 'zod';
import { submissionStatus } from '../submissions/schema.ts';
import type { SubmissionView } from '../submissions/view.ts';
import { listOrPage, one } from './answers.ts';
import { toBoard } from './competition-shape.ts';
import { sendTable } from './csv.ts';
import { uploadFrom } from './form-upload.ts';
import { allNamed, named } from './named.ts';
import { inPagesIfAsked, pageQuery, readAll } from './paging.ts';
import { filter, flag, idParams, nothingSent, number, numbers, parseJson } from './request.ts';
import type { RestRoutes } from './rest-routes.ts';
import { toCreated, toDetails, toSubmission } from './submission-shape.ts';

const MOST_LISTED = 5_000;

/** Lists come as `tasks` or, from forms, as `tasks[]`; none means all. */
const taskList = numbers.optional();
export const factSheetAnswers = z.preprocess(parseJson, z.record(z.string(), z.unknown()).nullish());

const newSubmission = z.object({
  phase: number,
  /** The key of an upload. A form may bring the file itself instead, in a field of any name. */
  data: z.string().min(1),
  tasks: taskList,
  'tasks[]': taskList,
  name: z.string().max(200).nullish(),
  description: z.string().max(10_000).nullish(),
  fact_sheet_answers: factSheetAnswers,
  queue: nothingSent('A submission runs where its competition does: leave the queue out.'),
  organization: nothingSent('There are no organizations here: leave it out.'),
  // Weir's own: on the synthetic data of sites, of all that offer it or of one.
  rehearse: z.preprocess(parseJson, z.boolean().default(false)),
  rehearsal_site: z.string().max(40).optional(),
});
const listQuery = pageQuery.extend({
  phase: filter(number),
  phase__competition: filter(number),
  status: filter(z.enum(submissionStatus.enumValues)),
  search: filter(z.string().max(200)),
  format: filter(z.enum(['csv', 'json'])),
});

const changes = z.object({
  name: z.string().trim().max(200).optional(),
  description: z.string().trim().max(10_000).optional(),
  is_public: flag.optional(),
});

export function submissionRoutes(routes: RestRoutes): void {
  routes.get(
    '/can_make_submission/:id',
    { summary: 'Whether you may enter a phase now, and why not', answer: one('Allowance') },
    async ({ hub, actor, request }) => {
      const { can, reason } = await hub.submissions.allowance(actor, idParams.parse(request.params).id);
      return { can, reason };
    },
  );

  routes.post(
    '/submissions',
    {
      summary: 'Enter a phase',
      body: newSubmission,
      answer: one('SubmissionCreated'),
      status: 201,
      takeFile: async (rest, file) => ({ data: await uploadFrom(rest, 'submission', file) }),
    },
    async ({ hub, actor, body }) => {
      const reached = await hub.competitions.gate.findPhase(actor, body.phase);
      // Whoever may not submit is told that, and nothing of uploads.
      const data = reached?.access.canSubmit === false ? [] : [body.data];
      await allNamed([
        named('phase', body.phase, () => hub.competitions.gate.viewPhase(actor, body.phase)),
        ...data.map((key) => named('data', key, () => hub.resources.getUsable(actor, key, ['submission']))),
      ]);
      const taskIds = [...(body.tasks ?? []), ...(body['tasks[]'] ?? [])];
      const request = {
        phaseId: body.phase,
        resourceKey: body.data,
        name: body.name ?? undefined,
        description: body.description ?? undefined,
        factSheetAnswers: body.fact_sheet_answers,
        answersMayWait: true,
        ...(taskIds.length > 0 ? { taskIds } : {}),
      };
      const submission = body.rehearse
        ? await hub.submissions.rehearse(actor, { ...request, site: body.rehearsal_site })
        : await hub.submissions.create(actor, request);
      const { md5 } = await hub.resources.finishUpload(actor, body.data);
      return toCreated(submission, { data: body.data, md5 });
    },
  );

  routes.get(
    '/submissions',
    {
      summary: 'Submissions that you may see, newest first, and the parts of those with several tasks',
      query: listQuery,
      answer: listOrPage('Submission'),
    },
    async (rest) => {
      const { hub, actor, query, reply } = rest;
      const { phase: phaseId, phase__competition: competitionId, status, search } = query;
      const roots = await readAll(MOST_LISTED, (cursor) =>
        hub.submissions.inReach(actor, { phaseId, competitionId, status, search, cursor, limit: 100 }),
      );
      if (query.format === 'csv') return sendTable(reply, roots);
      return inPagesIfAsked(rest, roots.flatMap(withParts).map(toSubmission));
    },
  );

  routes.get(
    '/submissions/:id',
    { summary: 'A submission and its scores', access: 'anybody', answer: one('Submission') },
    async ({ hub, actor, request }) =>
      toSubmission(await hub.submissions.get(actor, idParams.parse(request.params).id)),
  );

  routes.patch(
    '/submissions/:id',
    { summary: 'Change what a submission says of itself', body: changes, answer: one('Submission') },
    async ({ hub, actor, request, body: { name, description, is_public: isPublic } }) => {
      const { id } = idParams.parse(request.params);
      return toSubmission(await hub.submissions.edit(actor, id, { name, description, isPublic }));
    },
  );

  routes.get(
    '/submissions/:id/get_details',
    {
      summary: 'Where the files and logs of a submission are',
      access: 'anybody',
      answer: one('SubmissionDetails'),
    },
    async ({ hub, actor, request, fileUrl }) => {
      const submission = await hub.submissions.get(actor, idParams.parse(request.params).id);
      const [{ leaderboards }, logs] = await Promise.all([
        hub.competitions.get(actor, submission.competitionId),
        Promise.all(
          submission.runs.map(async ({ id }) => ({
            runId: id,
            ...(await hub.submissions.logs.read(actor, id)),
          })),
        ),
      ]);
      return toDetails(submission, logs, leaderboards.map(toBoard), fileUrl);
    },
  );

  routes.get(
    '/submissions/:id/get_detail_result',
    {
      summary: 'The address of the report, for whoever may open it',
      access: 'anybody',
      answer: { type: 'string', format: 'uri' },
    },
    async ({ hub, actor, request, reply, fileUrl }) => {
      const url = fileUrl((await hub.submissions.reportOf(actor, idParams.parse(request.params).id)).url);
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(url));
    },
  );
}

/** As there, the parts are listed beside the whole; newest first. */
function withParts(submission: SubmissionView): SubmissionView[] {
  return [...submission.children.toReversed(), submission];
}
