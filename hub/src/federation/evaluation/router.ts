import { z } from 'zod';
import { adminProcedure, router } from '../../trpc/init.ts';

/** For administrators: which competitions of peers may be evaluated at which sites of this hub. */
export const evaluationRouter = router({
  grants: adminProcedure.query(({ ctx }) => ctx.hub.evaluation.grants(ctx.actor)),

  grant: adminProcedure
    .input(
      z.object({
        peerId: z.int(),
        competitionId: z.int().positive().max(2_147_483_647),
        site: z.string().max(40),
        dataset: z.object({ name: z.string().max(100), version: z.string().max(100) }),
      }),
    )
    .mutation(({ ctx, input }) => ctx.hub.evaluation.grant(ctx.actor, input)),

  withdraw: adminProcedure
    .input(z.object({ id: z.int() }))
    .mutation(({ ctx, input }) => ctx.hub.evaluation.withdraw(ctx.actor, input.id)),
});
