import { z } from 'zod';
import { anonymous } from '../accounts/access.ts';
import { toCompetition, toListItem } from './competition-shape.ts';
import { paginated, readAll } from './paging.ts';
import { flag, idParams, type RestRoutes } from './request.ts';

const MOST_LISTED = 1_000;

const listQuery = z.object({
  mine: flag.optional().catch(undefined),
  participating_in: flag.optional().catch(undefined),
  search: z.string().max(200).optional(),
  type: z.enum(['competition', 'benchmark']).optional().catch(undefined),
});
const secretQuery = z.object({ secret_key: z.string().max(100).optional() });

export function competitionRoutes(routes: RestRoutes): void {
  routes.get('/competitions', async ({ hub, actor, request, fileUrl }) => {
    const { mine, participating_in: joined, search, type } = listQuery.parse(request.query);
    const cards = await readAll(MOST_LISTED, (cursor) =>
      hub.competitions.list(actor, { mine, joined, search, type, cursor, limit: 100 }),
    );
    return cards.map((card) => toListItem(card, fileUrl));
  });

  /** The same for everybody, page by page. */
  routes.get('/competitions/public', async (rest) => {
    const { search, type } = listQuery.parse(rest.request.query);
    const cards = await readAll(MOST_LISTED, (cursor) =>
      rest.hub.competitions.list(anonymous, { search, type, cursor, limit: 100 }),
    );
    return paginated(
      rest,
      cards.map((card) => toListItem(card, rest.fileUrl)),
      20,
    );
  });

  routes.get('/competitions/:id', async ({ hub, actor, request, fileUrl }) => {
    const { id } = idParams.parse(request.params);
    const { secret_key } = secretQuery.parse(request.query);
    const [detail, { competition }] = await Promise.all([
      hub.competitions.get(actor, id, secret_key),
      hub.competitions.gate.view(actor, id, secret_key),
    ]);
    return toCompetition(detail, competition, fileUrl);
  });

  /** The number is the creation's, not a competition's: what `datasets/completed` answered. */
  routes.get('/competitions/:id/creation_status', async ({ hub, actor, request }) => {
    const { id } = idParams.parse(request.params);
    const { status, details, competitionId } = await hub.competitions.creation(actor, id);
    const created_by = actor.kind === 'user' ? actor.user.username : null;
    return { status, details, resulting_competition: competitionId, created_by };
  });

  /** Registering accepts the terms as they are: the page or the script has shown them. */
  routes.post('/competitions/:id/register', async ({ hub, actor, request, reply }) => {
    const { id } = idParams.parse(request.params);
    const { secret_key } = secretQuery.parse({ ...asObject(request.query), ...asObject(request.body) });
    const { termsVersion } = await hub.competitions.get(actor, id, secret_key);
    const { status } = await hub.competitions.participation.join(actor, {
      id,
      acceptTermsVersion: termsVersion,
      secretKey: secret_key,
    });
    return reply.code(201).send({ participant_status: status });
  });

  routes.post('/competitions/:id/toggle_publish', async ({ hub, actor, request }) => {
    const { id } = idParams.parse(request.params);
    const { published } = await hub.competitions.get(actor, id);
    await hub.competitions.publish(actor, id, !published);
    return { published: !published };
  });

  routes.delete('/competitions/:id', async ({ hub, actor, request, reply }) => {
    await hub.competitions.remove(actor, idParams.parse(request.params).id);
    return reply.code(204).send();
  });
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
