import { z } from 'zod';
import { publicProcedure, router } from '../trpc/init.ts';

export const leaderboardsRouter = router({
  get: publicProcedure
    .input(
      z.object({
        phaseId: z.number().int(),
        cursor: z.string().max(5_000).optional(),
        limit: z.number().int().min(1).max(200).optional(),
      }),
    )
    .query(({ ctx, input }) => ctx.hub.leaderboards.get(ctx.actor, input)),
});
