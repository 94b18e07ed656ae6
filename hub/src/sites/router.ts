import { z } from 'zod';
import { adminProcedure, publicProcedure, router, userProcedure } from '../trpc/init.ts';

const siteName = z.string().max(40);

export const sitesRouter = router({
  status: publicProcedure.query(({ ctx }) => ctx.hub.sites.status()),

  create: adminProcedure
    .input(
      z.object({ name: siteName, title: z.string().trim().min(1).max(100), servesDefaultQueue: z.boolean() }),
    )
    .mutation(({ ctx, input }) => ctx.hub.sites.createSite(input)),

  /** Those that the caller looks after; of administrators, all. */
  mine: userProcedure.query(({ ctx }) => ctx.hub.stewardship.mine(ctx.actor)),

  get: userProcedure
    .input(z.object({ site: siteName }))
    .query(({ ctx, input }) => ctx.hub.stewardship.page(ctx.actor, input.site)),

  enrolmentToken: userProcedure
    .input(z.object({ site: siteName, again: z.uuid().optional() }))
    .mutation(({ ctx, input }) => ctx.hub.stewardship.enrolment(ctx.actor, input.site, input.again)),

  setPaused: userProcedure
    .input(z.object({ site: siteName, paused: z.boolean() }))
    .mutation(({ ctx, input }) => ctx.hub.stewardship.setPaused(ctx.actor, input.site, input.paused)),

  setSharesScores: userProcedure
    .input(z.object({ site: siteName, sharesScores: z.boolean() }))
    .mutation(({ ctx, input }) =>
      ctx.hub.stewardship.setSharesScores(ctx.actor, input.site, input.sharesScores),
    ),

  setDrained: userProcedure
    .input(z.object({ nodeId: z.uuid(), drained: z.boolean() }))
    .mutation(({ ctx, input }) => ctx.hub.stewardship.setDrained(ctx.actor, input.nodeId, input.drained)),

  revokeNode: userProcedure
    .input(z.object({ nodeId: z.uuid() }))
    .mutation(({ ctx, input }) => ctx.hub.stewardship.revokeNode(ctx.actor, input.nodeId)),

  addSteward: adminProcedure
    .input(z.object({ site: siteName, username: z.string().trim().min(1).max(150) }))
    .mutation(({ ctx, input }) => ctx.hub.stewardship.addSteward(ctx.actor, input.site, input.username)),

  removeSteward: adminProcedure
    .input(z.object({ site: siteName, username: z.string().max(150) }))
    .mutation(({ ctx, input }) => ctx.hub.stewardship.removeSteward(ctx.actor, input.site, input.username)),
});
