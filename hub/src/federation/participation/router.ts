import { z } from 'zod';
import { publicProcedure, router, userProcedure } from '../../trpc/init.ts';
import { hubName, keyId } from '../hub-document.ts';

const id = z.number().int().min(1).max(2_147_483_647);
const which = z.object({ hub: hubName, id });

/** For the portal: taking part in competitions of other hubs. */
export const participationRouter = router({
  competition: publicProcedure
    .input(which)
    .query(({ ctx, input }) => ctx.hub.participation.competition(ctx.actor, input)),

  board: publicProcedure
    .input(
      which.extend({
        phaseId: id,
        cursor: z.string().max(5_000).optional(),
        split: z.string().max(100).optional(),
        sort: z.string().max(100).optional(),
        task: id.optional(),
        reversed: z.boolean().optional(),
      }),
    )
    .query(({ ctx, input }) => ctx.hub.participation.board(ctx.actor, input)),

  mine: userProcedure.input(which).query(({ ctx, input }) => ctx.hub.participation.mine(ctx.actor, input)),

  register: userProcedure
    .input(which.extend({ termsDigest: keyId }))
    .mutation(({ ctx, input }) => ctx.hub.participation.register(ctx.actor, input)),

  leave: userProcedure
    .input(which)
    .mutation(({ ctx, input }) => ctx.hub.participation.leave(ctx.actor, input)),
});
