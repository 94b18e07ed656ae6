import { z } from 'zod';
import { publicProcedure, router, userProcedure } from '../trpc/init.ts';

const id = z.number().int();
const paging = { cursor: z.string().max(500).optional(), limit: z.number().int().min(1).max(100).optional() };
const secretKey = z.string().max(100).optional();

const participantsRouter = router({
  list: userProcedure
    .input(
      z.object({
        competitionId: id,
        status: z.enum(['pending', 'approved', 'denied']).optional(),
        ...paging,
      }),
    )
    .query(({ ctx, input }) => ctx.hub.competitions.participation.list(ctx.actor, input)),

  decide: userProcedure
    .input(z.object({ participantId: id, status: z.enum(['approved', 'denied']) }))
    .mutation(({ ctx, input }) =>
      ctx.hub.competitions.participation.decide(ctx.actor, input.participantId, input.status),
    ),
});

export const competitionsRouter = router({
  list: publicProcedure
    .input(
      z.object({
        search: z.string().trim().max(200).optional(),
        state: z.enum(['upcoming', 'open', 'closed', 'draft', 'all']).optional(),
        type: z.enum(['competition', 'benchmark']).optional(),
        mine: z.boolean().optional(),
        joined: z.boolean().optional(),
        ...paging,
      }),
    )
    .query(({ ctx, input }) => ctx.hub.competitions.list(ctx.actor, input)),

  get: publicProcedure
    .input(z.object({ id, secretKey }))
    .query(({ ctx, input }) => ctx.hub.competitions.get(ctx.actor, input.id, input.secretKey)),

  join: userProcedure
    .input(z.object({ id, acceptTermsVersion: z.number().int(), secretKey }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.participation.join(ctx.actor, input)),

  leave: userProcedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.participation.leave(ctx.actor, input.id)),

  publish: userProcedure
    .input(z.object({ id, published: z.boolean() }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.publish(ctx.actor, input.id, input.published)),

  remove: userProcedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.remove(ctx.actor, input.id)),

  creation: userProcedure
    .input(z.object({ id }))
    .query(({ ctx, input }) => ctx.hub.competitions.creation(ctx.actor, input.id)),

  createFromBundle: userProcedure
    .input(z.object({ resourceKey: z.string().max(100) }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.createFromBundle(ctx.actor, input.resourceKey)),

  checkBundle: userProcedure
    .input(z.object({ resourceKey: z.string().max(100) }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.checkBundle(ctx.actor, input.resourceKey)),

  participants: participantsRouter,
});
