import { requireUser } from '../accounts/access.ts';
import { pageQuery, paginated, readAll } from './paging.ts';
import type { RestRequest } from './request.ts';
import type { RestRoutes } from './rest-routes.ts';

const MOST_COMPETITIONS = 200;

export function taskRoutes(routes: RestRoutes): void {
  routes.get(
    '/tasks',
    { summary: 'The tasks of competitions that you organize', query: pageQuery },
    async (rest) => paginated(rest, await tasksInReach(rest)),
  );
}

/** The tasks of the competitions that the person organizes. */
async function tasksInReach({ hub, actor }: RestRequest) {
  requireUser(actor);
  const cards = await readAll(MOST_COMPETITIONS, (cursor) =>
    hub.competitions.list(actor, { mine: true, cursor, limit: 100 }),
  );
  const competitions = await Promise.all(cards.map(({ id }) => hub.competitions.get(actor, id)));
  const tasks = new Map<number, object>();
  for (const { title, organizer, createdBy, createdAt, phases } of competitions) {
    for (const { id, key, name, description } of phases.flatMap((phase) => phase.tasks)) {
      tasks.set(id, {
        id,
        key,
        value: key,
        name,
        description,
        created_when: createdAt,
        created_by: createdBy,
        owner_display_name: organizer,
        solutions: [],
        ingestion_only_during_scoring: false,
        is_public: false,
        is_used_in_competitions: [title],
      });
    }
  }
  return [...tasks.values()];
}
