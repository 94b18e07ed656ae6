import { z } from 'zod';
import type { Participant } from '../competitions/participation.ts';
import { participantStatus } from '../competitions/schema.ts';
import { listOrPage } from './answers.ts';
import { inPagesIfAsked, pageQuery, readAll } from './paging.ts';
import { filter, idParams, number } from './request.ts';
import type { RestRoutes } from './rest-routes.ts';

const MOST_LISTED = 10_000;

const listQuery = pageQuery.extend({
  competition: filter(number),
  status: filter(z.enum(participantStatus.enumValues)),
  search: filter(z.string().max(200)),
  user__username: filter(z.string().max(200)),
});

const decision = z.object({
  status: z.enum(['approved', 'denied'], { error: 'Either "approved" or "denied".' }),
});

/** For organizers. */
export function participantRoutes(routes: RestRoutes): void {
  routes.get(
    '/participants',
    {
      summary: 'Participants of one competition, or of all that you organize',
      query: listQuery,
      answer: listOrPage('Participant'),
    },
    async (rest) => {
      const { hub, actor, query } = rest;
      const { competition, status, search, user__username: username } = query;
      const competitions =
        competition === undefined
          ? await readAll(MOST_LISTED, (cursor) =>
              hub.competitions.list(actor, { mine: true, cursor, limit: 100 }),
            )
          : [{ id: competition }];
      const found: object[] = [];
      for (const { id } of competitions) {
        const all = await readAll(MOST_LISTED, (cursor) =>
          hub.competitions.participation.list(actor, { competitionId: id, status, cursor, limit: 500 }),
        );
        const wanted = all.filter(
          (one) =>
            (username === undefined || one.username === username) &&
            (search === undefined || `${one.username} ${one.email}`.includes(search)),
        );
        found.push(...wanted.map((participant) => toParticipant(participant, id)));
      }
      return inPagesIfAsked(rest, found);
    },
  );

  routes.patch(
    '/participants/:id',
    { summary: 'Admit somebody who asked to take part, or refuse them', body: decision },
    async ({ hub, actor, request, body }) => {
      const { id } = idParams.parse(request.params);
      await hub.competitions.participation.decide(actor, id, body.status);
      return { id, status: body.status };
    },
  );
}

function toParticipant(participant: Participant, competition: number) {
  const { id, username, email, status, createdAt } = participant;
  return { id, username, email, status, competition, created_when: createdAt };
}
