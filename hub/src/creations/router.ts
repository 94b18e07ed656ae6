import { z } from 'zod';
import { router, userProcedure } from '../trpc/init.ts';

export const creationsRouter = router({
  get: userProcedure
    .input(z.object({ id: z.number().int() }))
    .query(({ ctx, input }) => ctx.hub.creations.get(ctx.actor, input.id)),
});
