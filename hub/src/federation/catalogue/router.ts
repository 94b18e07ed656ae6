import { z } from 'zod';
import { publicProcedure, router, userProcedure } from '../../trpc/init.ts';
import { hubName } from '../hub-document.ts';

const id = z.number().int();

/** Competitions of this hub and of its peers together. */
export const catalogueRouter = router({
  list: publicProcedure
    .input(
      z.object({
        search: z.string().trim().max(200).optional(),
        state: z.enum(['upcoming', 'open', 'closed', 'draft']).optional(),
        type: z.enum(['competition', 'benchmark']).optional(),
        hub: z.string().max(100).optional(),
        cursor: z.string().max(500).optional(),
        limit: z.number().int().min(1).max(100).optional(),
      }),
    )
    .query(({ ctx, input }) => ctx.hub.catalogue.list(ctx.actor, input)),

  get: publicProcedure
    .input(z.object({ hub: hubName, id: id.max(2_147_483_647) }))
    .query(({ ctx, input }) => ctx.hub.catalogue.get(input.hub, input.id)),

  audience: userProcedure
    .input(z.object({ competitionId: id }))
    .query(({ ctx, input }) => ctx.hub.catalogue.audience(ctx.actor, input.competitionId)),

  setAudience: userProcedure
    .input(
      z.object({
        competitionId: id,
        visibility: z.enum(['all', 'chosen', 'none']),
        hubs: z.array(hubName).max(1_000),
      }),
    )
    .mutation(({ ctx, input: { competitionId, ...audience } }) =>
      ctx.hub.catalogue.setAudience(ctx.actor, competitionId, audience),
    ),
});
