import { z } from 'zod';
import { federationRoutes, peerProcedure } from '../trpc.ts';

const id = z.int().min(1).max(2_147_483_647);
const assertion = z.string().max(50_000);
const competition = z.object({ competitionId: id });

/** How people of other hubs take part here. */
export const participationPeerRouter = federationRoutes({
  competition: peerProcedure('list')
    .input(competition)
    .query(({ ctx: { hub, peer }, input }) =>
      hub.participation.guests.competition(peer, input.competitionId),
    ),

  board: peerProcedure('list')
    .input(
      z.object({
        phaseId: id,
        cursor: z.string().max(5_000).optional(),
        limit: z.int().min(1).max(200).optional(),
        split: z.string().max(100).optional(),
        sort: z.string().max(100).optional(),
        task: id.optional(),
        reversed: z.boolean().optional(),
      }),
    )
    .query(({ ctx: { hub, peer }, input }) => hub.participation.guests.board(peer, input)),

  /** With the home hub's statement about the terms (`wire/acceptance.ts`). Can be repeated. */
  register: peerProcedure('register')
    .input(competition.extend({ assertion, statement: z.string().max(4_000) }))
    .mutation(({ ctx: { hub, peer }, input }) => hub.participation.guests.register(peer, input)),

  standing: peerProcedure('register')
    .input(competition.extend({ assertion }))
    .query(({ ctx: { hub, peer }, input }) => hub.participation.guests.standing(peer, input)),

  leave: peerProcedure('register')
    .input(competition.extend({ assertion }))
    .mutation(async ({ ctx: { hub, peer }, input }) => {
      await hub.participation.guests.leave(peer, input);
      return {};
    }),
});
