import { z } from 'zod';
import { router, userProcedure } from '../trpc/init.ts';
import { resourceType } from './schema.ts';

const key = z.string().max(100);

export const resourcesRouter = router({
  list: userProcedure
    .input(
      z.object({
        scope: z.enum(['mine', 'public', 'all']).optional(),
        type: z.enum(resourceType.enumValues).optional(),
        search: z.string().trim().max(200).optional(),
        cursor: z.string().max(500).optional(),
        limit: z.number().int().min(1).max(100).optional(),
      }),
    )
    .query(({ ctx, input }) => ctx.hub.resources.library.list(ctx.actor, input)),

  get: userProcedure
    .input(z.object({ key }))
    .query(({ ctx, input }) => ctx.hub.resources.library.get(ctx.actor, input.key)),

  edit: userProcedure
    .input(
      z.object({
        key,
        name: z.string().trim().min(1).max(255).optional(),
        description: z.string().max(10_000).optional(),
        isPublic: z.boolean().optional(),
      }),
    )
    .mutation(({ ctx, input: { key, ...edit } }) => ctx.hub.resources.library.edit(ctx.actor, key, edit)),

  remove: userProcedure
    .input(z.object({ key }))
    .mutation(({ ctx, input }) => ctx.hub.resources.library.remove(ctx.actor, input.key)),

  removeMany: userProcedure
    .input(z.object({ keys: z.array(key).min(1).max(100) }))
    .mutation(({ ctx, input }) => ctx.hub.resources.library.removeMany(ctx.actor, input.keys)),

  startUpload: userProcedure
    .input(
      z.object({
        type: z.enum(resourceType.enumValues),
        fileName: z.string().min(1).max(255),
        size: z.number().int().min(1),
        name: z.string().trim().max(255).optional(),
        description: z.string().max(10_000).optional(),
        isPublic: z.boolean().optional(),
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
