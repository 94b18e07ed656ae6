import { z } from 'zod';
import { publicProcedure, router, userProcedure } from '../trpc/init.ts';

const short = z.string().max(300);

const tokensRouter = router({
  list: userProcedure.query(({ ctx }) => ctx.hub.accounts.tokens.list(ctx.actor)),

  create: userProcedure
    .input(
      z.object({
        name: z.string().trim().min(1).max(100),
        expiresInDays: z.number().int().min(1).max(3_650).nullish(),
      }),
    )
    .mutation(({ ctx, input }) =>
      ctx.hub.accounts.tokens.create(ctx.actor, {
        name: input.name,
        expiresInDays: input.expiresInDays ?? null,
      }),
    ),

  revoke: userProcedure
    .input(z.object({ id: z.number().int() }))
    .mutation(({ ctx, input }) => ctx.hub.accounts.tokens.revoke(ctx.actor, input.id)),
});

export const accountsRouter = router({
  me: publicProcedure.query(({ ctx }) => ctx.hub.accounts.profile(ctx.actor)),

  register: publicProcedure
    .input(z.object({ username: short, email: short, password: short }))
    .mutation(async ({ ctx, input }) => {
      const { accounts } = ctx.hub;
      const me = await accounts.register(input, ctx.address);
      ctx.setCookie(await accounts.sessions.start(me.id));
      return me;
    }),

  login: publicProcedure
    .input(z.object({ login: short, password: short }))
    .mutation(async ({ ctx, input }) => {
      const { accounts } = ctx.hub;
      const me = await accounts.logIn(input.login, input.password, ctx.address);
      ctx.setCookie(await accounts.sessions.start(me.id));
      return me;
    }),

  logout: publicProcedure.mutation(async ({ ctx }) => {
    ctx.setCookie(await ctx.hub.accounts.sessions.end(ctx.cookies));
  }),

  updateProfile: userProcedure
    .input(z.object({ displayName: z.string().max(100) }))
    .mutation(({ ctx, input }) => ctx.hub.accounts.updateProfile(ctx.actor, input)),

  changePassword: userProcedure
    .input(z.object({ current: short, next: short }))
    .mutation(async ({ ctx, input }) => {
      const { accounts } = ctx.hub;
      await accounts.changePassword(ctx.actor, input);
      // Every session has ended; the person who is here goes on with a new one.
      ctx.setCookie(await accounts.sessions.start(ctx.user.id));
    }),

  tokens: tokensRouter,
});
