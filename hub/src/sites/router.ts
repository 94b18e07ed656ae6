import { z } from 'zod';
import { adminProcedure, publicProcedure, router } from '../trpc/init.ts';

const siteName = z.string().max(40);

export const sitesRouter = router({
  status: publicProcedure.query(({ ctx }) => ctx.hub.sites.status()),

  create: adminProcedure
    .input(
      z.object({ name: siteName, title: z.string().trim().min(1).max(100), servesDefaultQueue: z.boolean() }),
    )
    .mutation(({ ctx, input }) => ctx.hub.sites.createSite(input)),

  enrolmentToken: adminProcedure.input(z.object({ site: siteName })).mutation(async ({ ctx, input }) => {
    const { token, expiresAt } = await ctx.hub.sites.createEnrolment(input.site);
    return {
      token,
      expiresAt: expiresAt.toISOString(),
      command: `npx weir-node enrol --hub ${ctx.hub.config.publicUrl} --token ${token} --name ${input.site}-1 --home ./weir-node`,
    };
  }),

  setPaused: adminProcedure
    .input(z.object({ site: siteName, paused: z.boolean() }))
    .mutation(({ ctx, input }) => ctx.hub.sites.setPaused(input.site, input.paused)),

  revokeNode: adminProcedure
    .input(z.object({ nodeId: z.uuid() }))
    .mutation(({ ctx, input }) => ctx.hub.sites.revokeNode(input.nodeId)),
});
