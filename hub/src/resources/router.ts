import { z } from 'zod';
import { router, userProcedure } from '../trpc/init.ts';
import { resourceType } from './schema.ts';

export const resourcesRouter = router({
  startUpload: userProcedure
    .input(
      z.object({
        type: z.enum(resourceType.enumValues),
        fileName: z.string().min(1).max(255),
        size: z.number().int().min(1),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { key, uploadPath } = await ctx.hub.resources.startUpload(ctx.actor, input);
      return { key, uploadUrl: uploadPath };
    }),

  finishUpload: userProcedure.input(z.object({ key: z.uuid() })).mutation(async ({ ctx, input }) => {
    const { key, digest, size } = await ctx.hub.resources.finishUpload(ctx.actor, input.key);
    return { key, digest, size };
  }),
});
