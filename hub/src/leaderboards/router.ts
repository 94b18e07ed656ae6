import { z } from 'zod';
import { SPLIT_VISIBILITIES } from '../bundles/model.ts';
import { publicProcedure, router, userProcedure } from '../trpc/init.ts';
import { boardMark } from './schema.ts';

const id = z.number().int();

export const leaderboardsRouter = router({
  get: publicProcedure
    .input(
      z.object({
        phaseId: id,
        cursor: z.string().max(5_000).optional(),
        limit: z.number().int().min(1).max(200).optional(),
        split: z.string().max(100).optional(),
        sort: z.string().max(100).optional(),
        task: id.optional(),
        reversed: z.boolean().optional(),
      }),
    )
    .query(({ ctx, input }) => ctx.hub.leaderboards.get(ctx.actor, input)),

  mark: userProcedure
    .input(
      z.object({
        submissionId: id,
        isBaseline: z.boolean().default(false),
        mark: z.enum(boardMark.enumValues).nullable().default(null),
        note: z.string().trim().max(500).default(''),
      }),
    )
    .mutation(({ ctx, input }) => ctx.hub.leaderboards.mark(ctx.actor, input)),

  setAnonymous: userProcedure
    .input(z.object({ phaseId: id, anonymous: z.boolean() }))
    .mutation(({ ctx, input }) => ctx.hub.leaderboards.setAnonymous(ctx.actor, input)),

  openSplit: userProcedure
    .input(
      z.object({
        phaseId: id,
        key: z.string().max(100),
        visibility: z.enum(SPLIT_VISIBILITIES),
        visibleFrom: z.iso.datetime().nullable().default(null),
      }),
    )
    .mutation(({ ctx, input }) => ctx.hub.leaderboards.openSplit(ctx.actor, input)),
});
