import { z } from 'zod';
import { anonymous } from '../accounts/access.ts';
import { listOrPage, one, page } from './answers.ts';
import { createCompetition, newCompetition } from './competition-creation.ts';
import { competitionEdits, editCompetition } from './competition-edits.ts';
import { toCompetition, toListItem, type Usage } from './competition-shape.ts';
import { inPagesIfAsked, pageQuery, paginated, readAll } from './paging.ts';
import { filter, flag, idParams, type RestRequest } from './request.ts';
import type { RestRoutes } from './rest-routes.ts';

const MOST_LISTED = 1_000;
const ON_THE_FRONT = 8;

const listQuery = pageQuery.extend({
  mine: filter(flag),
  participating_in: filter(flag),
  search: z.string().max(200).optional(),
  /** Without it, or with `any`: both. */
  type: filter(z.enum(['competition', 'benchmark'])),
});
const secret = z.object({ secret_key: z.string().max(100).optional() });

export function competitionRoutes(routes: RestRoutes): void {
  routes.get(
    '/competitions',
    {
      summary: 'Published competitions, your own, and those that you take part in; newest first',
      access: 'anybody',
      query: listQuery,
      answer: listOrPage('CompetitionCard'),
    },
    async (rest) => {
      const { hub, actor, query, fileUrl } = rest;
      const { mine, participating_in: joined, search, type } = query;
      const cards = await readAll(MOST_LISTED, (cursor) =>
        hub.competitions.list(actor, { mine, joined, search, type, cursor, limit: 100 }),
      );
      return inPagesIfAsked(
        rest,
        cards.map((card) => toListItem(card, fileUrl)),
      );
    },
  );

  routes.get(
    '/competitions/public',
    {
      summary: 'Published competitions: the same for everybody',
      access: 'anybody',
      query: listQuery,
      answer: page('CompetitionCard'),
    },
    async (rest) => paginated(rest, await published(rest, rest.query), 20),
  );

  routes.get(
    '/competitions/front_page',
    { summary: 'Popular competitions', access: 'anybody' },
    async (rest) => {
      const cards = await published(rest, {});
      const popular = cards.toSorted((a, b) => b.participants_count - a.participants_count);
      return { popular_comps: popular.slice(0, ON_THE_FRONT), featured_comps: [] };
    },
  );

  routes.get(
    '/competitions/:id',
    {
      summary: 'A competition with its pages, phases, tasks and boards',
      access: 'anybody',
      query: secret,
      answer: one('Competition'),
    },
    (rest) => showCompetition(rest, idParams.parse(rest.request.params).id, rest.query.secret_key),
  );

  routes.post(
    '/competitions',
    {
      summary: 'Make a competition of JSON, with its tasks by their keys; unpublished, unless said otherwise',
      body: newCompetition,
      answer: one('Competition'),
      status: 201,
    },
    async (rest) => showCompetition(rest, await createCompetition(rest, rest.body)),
  );

  const edit = async (rest: RestRequest<unknown, z.infer<typeof competitionEdits>>) => {
    const { id } = idParams.parse(rest.request.params);
    await editCompetition(rest, id, rest.body);
    return showCompetition(rest, id);
  };
  const editing = {
    summary: 'Change what is sent of a competition; of its phases, what is sent of each by its id',
    body: competitionEdits,
    answer: one('Competition'),
  };
  routes.patch('/competitions/:id', editing, edit);
  routes.put('/competitions/:id', editing, edit);

  routes.get(
    '/competitions/:id/creation_status',
    {
      summary: "How far a bundle is. The number is the creation's, which datasets/completed answered",
      answer: one('Creation'),
    },
    async ({ hub, actor, request }) => {
      const { id } = idParams.parse(request.params);
      const { status, details, competitionId, checkOnly, problems } = await hub.creations.get(actor, id);
      const created_by = actor.kind === 'user' ? actor.user.username : null;
      return {
        status,
        details,
        resulting_competition: competitionId,
        created_by,
        check_only: checkOnly,
        problems,
      };
    },
  );

  routes.post(
    '/competitions/:id/register',
    {
      summary:
        'Take part, or ask to. This accepts the terms as they are: the page or the script has shown them',
      query: secret,
      body: secret,
      status: 201,
    },
    async ({ hub, actor, request, query, body }) => {
      const { id } = idParams.parse(request.params);
      const secretKey = body.secret_key ?? query.secret_key;
      const { termsVersion } = await hub.competitions.get(actor, id, secretKey);
      const { status } = await hub.competitions.participation.join(actor, {
        id,
        acceptTermsVersion: termsVersion,
        secretKey,
      });
      return { participant_status: status };
    },
  );

  routes.post(
    '/competitions/:id/toggle_publish',
    { summary: 'Publish, or withdraw from the public' },
    async ({ hub, actor, request }) => {
      const { id } = idParams.parse(request.params);
      const { published } = await hub.competitions.get(actor, id);
      await hub.competitions.publish(actor, id, !published);
      return { published: !published };
    },
  );

  routes.delete(
    '/competitions/:id',
    { summary: 'Delete; for whoever made it', status: 204 },
    async ({ hub, actor, request, reply }) => {
      await hub.competitions.remove(actor, idParams.parse(request.params).id);
      return reply.send();
    },
  );
}

async function showCompetition({ hub, actor, fileUrl }: RestRequest, id: number, secretKey?: string) {
  const [detail, { competition: settings }, written] = await Promise.all([
    hub.competitions.get(actor, id, secretKey),
    hub.competitions.gate.view(actor, id, secretKey),
    hub.competitions.written(actor, id, secretKey),
  ]);
  const usage = new Map<number, Usage>();
  // Whoever only holds the secret link has used nothing yet.
  for (const { id: phaseId } of settings.participantStatus || detail.canManage ? detail.phases : [])
    if (actor.kind === 'user') usage.set(phaseId, await hub.submissions.limits.mine(actor, phaseId));
  return toCompetition(detail, { settings, written, usage, fileUrl });
}

async function published(
  { hub, fileUrl }: RestRequest,
  { search, type }: Pick<z.infer<typeof listQuery>, 'search' | 'type'>,
) {
  const cards = await readAll(MOST_LISTED, (cursor) =>
    hub.competitions.list(anonymous, { search, type, cursor, limit: 100 }),
  );
  return cards.map((card) => toListItem(card, fileUrl));
}
