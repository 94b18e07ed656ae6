import { z } from 'zod';
import { markBrowser } from '../../accounts/sign-in/browser.ts';
import { adminProcedure, publicProcedure, router, userProcedure } from '../../trpc/init.ts';
import { keyId } from '../hub-document.ts';
import { PURPOSES, SHARES, SUBJECT_KINDS } from './model.ts';

const agreement = z.object({
  purposes: z.array(z.enum(PURPOSES)).min(1).max(PURPOSES.length),
  shares: z.array(z.enum(SHARES)).max(SHARES.length),
  subjectKind: z.enum(SUBJECT_KINDS),
});
const base64url = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** For the portal: consents of the people of this hub, signing in with a home hub, and people of other hubs. */
export const identityRouter = router({
  /** Hubs whose people may sign in here. */
  homes: publicProcedure.query(({ ctx }) => ctx.hub.identity.visiting.homes()),

  /** Begins a sign-in with a home hub; the browser then goes to `address`. */
  beginAtHome: publicProcedure
    .input(z.object({ peerId: z.int(), returnTo: z.string().max(2_000) }))
    .mutation(async ({ ctx: { hub, ...ctx }, input }) => {
      const { browser, setCookie } = markBrowser(ctx.cookies, hub.config.publicUrl.startsWith('https:'));
      const address = await hub.identity.visiting.begin(input.peerId, input.returnTo, browser);
      ctx.setCookie(setCookie);
      return { address };
    }),

  /** At home: which hub asks for the person, and what they have agreed to. */
  asked: userProcedure.input(z.object({ hub: keyId })).query(async ({ ctx: { hub, actor }, input }) => {
    const { id, name, address } = await hub.identity.codes.destination(input.hub);
    return { peerId: id, hub: name, address, agreement: await hub.identity.agreements.find(actor, id) };
  }),

  /** At home: the person goes to that hub, as who they are. */
  authorize: userProcedure
    .input(z.object({ hub: keyId, state: base64url, challenge: base64url }))
    .mutation(async ({ ctx: { hub, actor }, input: { hub: rootId, state, challenge } }) => ({
      address: await hub.identity.codes.issue(actor, { rootId, state, challenge }),
    })),

  agreements: router({
    list: userProcedure.query(({ ctx }) => ctx.hub.identity.agreements.list(ctx.actor)),

    /** There is something to agree to. */
    hubs: userProcedure.query(({ ctx }) => ctx.hub.identity.agreements.hubs(ctx.actor)),

    give: userProcedure
      .input(agreement.extend({ peerId: z.int() }))
      .mutation(({ ctx, input: { peerId, ...given } }) =>
        ctx.hub.identity.agreements.give(ctx.actor, peerId, given),
      ),

    withdraw: userProcedure
      .input(z.object({ peerId: z.int() }))
      .mutation(({ ctx, input }) => ctx.hub.identity.agreements.withdraw(ctx.actor, input.peerId)),
  }),

  /** For administrators: people of other hubs that have an account here. */
  people: router({
    list: adminProcedure
      .input(z.object({ peerId: z.int().nullish(), before: z.int().nullish() }))
      .query(({ ctx, input: { peerId = null, before = null } }) =>
        ctx.hub.identity.listPeople(ctx.actor, { peerId, before }),
      ),

    setSuspended: adminProcedure
      .input(z.object({ userId: z.int(), isSuspended: z.boolean() }))
      .mutation(({ ctx, input }) =>
        ctx.hub.identity.setSuspended(ctx.actor, input.userId, input.isSuspended),
      ),
  }),
});
