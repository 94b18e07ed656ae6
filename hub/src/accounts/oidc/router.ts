import { z } from 'zod';
import { adminProcedure, publicProcedure, router, userProcedure } from '../../trpc/init.ts';
import { markBrowser, readBrowser } from '../sign-in/browser.ts';

const settings = z.object({
  name: z.string().max(300),
  clientId: z.string().max(300),
  clientSecret: z.string().max(1_000).nullable(),
  scopes: z.string().max(500),
  visaIssuers: z.array(z.string().max(300)).max(20),
  isEnabled: z.boolean(),
});
const path = z.string().max(2_000);

export const institutionsRouter = router({
  offered: publicProcedure.query(({ ctx }) => ctx.hub.institutions.offered()),

  /** Begins a sign-in; the browser then goes to `address`. */
  begin: publicProcedure
    .input(z.object({ id: z.int(), returnTo: path }))
    .mutation(async ({ ctx: { hub, ...ctx }, input }) => {
      const { browser, setCookie } = markBrowser(ctx.cookies, hub.config.publicUrl.startsWith('https:'));
      ctx.setCookie(setCookie);
      return { address: await hub.institutions.begin(ctx.actor, { ...input, link: false }, browser) };
    }),

  /** The same, to add the identity to one's account. */
  beginLink: userProcedure
    .input(z.object({ id: z.int(), returnTo: path }))
    .mutation(async ({ ctx: { hub, ...ctx }, input }) => {
      const { browser, setCookie } = markBrowser(ctx.cookies, hub.config.publicUrl.startsWith('https:'));
      ctx.setCookie(setCookie);
      return { address: await hub.institutions.begin(ctx.actor, { ...input, link: true }, browser) };
    }),

  arrival: publicProcedure.query(({ ctx }) => ctx.hub.institutions.arrival(readBrowser(ctx.cookies))),

  settle: publicProcedure
    .input(z.object({ username: z.string().max(300) }))
    .mutation(async ({ ctx, input }) => {
      const browser = readBrowser(ctx.cookies);
      const { userId, returnTo } = await ctx.hub.institutions.settle(browser, input.username);
      ctx.setCookie(await ctx.hub.accounts.sessions.start(userId));
      return { returnTo };
    }),

  identities: userProcedure.query(({ ctx }) => ctx.hub.institutions.identities(ctx.actor)),

  unlink: userProcedure
    .input(z.object({ id: z.int() }))
    .mutation(({ ctx, input }) => ctx.hub.institutions.unlink(ctx.actor, input.id)),

  list: adminProcedure.query(({ ctx }) => ctx.hub.institutions.list(ctx.actor)),

  add: adminProcedure
    .input(settings.extend({ issuer: z.string().max(300) }))
    .mutation(({ ctx, input }) => ctx.hub.institutions.add(ctx.actor, input)),

  change: adminProcedure
    .input(settings.extend({ id: z.int() }))
    .mutation(({ ctx, input: { id, ...change } }) => ctx.hub.institutions.change(ctx.actor, id, change)),
});
