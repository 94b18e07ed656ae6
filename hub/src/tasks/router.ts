import { z } from 'zod';
import { router, userProcedure } from '../trpc/init.ts';
import { siteRuleInput } from './site-rule.ts';

const id = z.number().int();
const key = z.string().max(100);
const chosen = {
  scoringProgram: key.nullable().optional(),
  ingestionProgram: key.nullable().optional(),
  inputData: key.nullable().optional(),
  referenceData: key.nullable().optional(),
  description: z.string().max(10_000).optional(),
  isPublic: z.boolean().optional(),
  ingestionOnlyDuringScoring: z.boolean().optional(),
  solutions: z.array(key).max(50).optional(),
};
const name = z.string().trim().min(1).max(256);
const DATASET_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const DATASET_VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const tasksRouter = router({
  list: userProcedure
    .input(
      z.object({
        scope: z.enum(['mine', 'shared', 'public', 'usable', 'all']).optional(),
        search: z.string().trim().max(200).optional(),
        cursor: z.string().max(500).optional(),
        limit: z.number().int().min(1).max(100).optional(),
      }),
    )
    .query(({ ctx, input }) => ctx.hub.tasks.list(ctx.actor, input)),

  get: userProcedure
    .input(z.object({ id }))
    .query(({ ctx, input }) => ctx.hub.tasks.get(ctx.actor, input.id)),

  create: userProcedure
    .input(z.object({ name, ...chosen }))
    .mutation(({ ctx, input }) => ctx.hub.tasks.create(ctx.actor, input)),

  fromArchive: userProcedure
    .input(z.object({ resourceKey: key, checkOnly: z.boolean().default(false) }))
    .mutation(({ ctx, input }) => ctx.hub.tasks.fromArchive(ctx.actor, input)),

  edit: userProcedure
    .input(
      z.object({
        id,
        name: name.optional(),
        ...chosen,
        siteDataset: z
          .object({ name: z.string().regex(DATASET_NAME), version: z.string().regex(DATASET_VERSION) })
          .optional(),
        siteRule: siteRuleInput.optional(),
        note: z.string().trim().max(1_000).optional(),
      }),
    )
    .mutation(({ ctx, input: { id, ...edit } }) => ctx.hub.tasks.edit(ctx.actor, id, edit)),

  remove: userProcedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => ctx.hub.tasks.remove(ctx.actor, input.id)),

  share: userProcedure
    .input(z.object({ id, username: z.string().trim().min(1).max(100), isShared: z.boolean() }))
    .mutation(({ ctx, input }) => ctx.hub.tasks.share(ctx.actor, input.id, input.username, input.isShared)),
});
