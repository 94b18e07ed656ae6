import { z } from 'zod';
import { adminProcedure, router } from '../../trpc/init.ts';
import { hubAddress, keyId } from '../hub-document.ts';
import { SCOPES } from './state.ts';

const scopes = z.array(z.enum(SCOPES)).max(SCOPES.length);
const peer = z.object({ id: z.int() });
const code = z.string().max(2_000);

/** For administrators: other hubs, and this hub's own identity. */
export const peersRouter = router({
  overview: adminProcedure.query(({ ctx }) => ctx.hub.federation.overview(ctx.actor)),

  /** The answer holds the code, which is not shown again. */
  invite: adminProcedure
    .input(z.object({ scopes, note: z.string().trim().min(1).max(200), days: z.int().min(1).max(30) }))
    .mutation(({ ctx, input }) => ctx.hub.federation.introductions.invite(ctx.actor, input)),

  withdraw: adminProcedure
    .input(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => ctx.hub.federation.introductions.withdraw(ctx.actor, input.id)),

  examine: adminProcedure
    .input(z.object({ code }))
    .mutation(({ ctx, input }) => ctx.hub.federation.introductions.examine(ctx.actor, input.code)),

  accept: adminProcedure
    .input(z.object({ code, scopes }))
    .mutation(({ ctx, input }) =>
      ctx.hub.federation.introductions.accept(ctx.actor, input.code, input.scopes),
    ),

  confirm: adminProcedure
    .input(peer.extend({ scopes }))
    .mutation(({ ctx, input }) =>
      ctx.hub.federation.administration.confirm(ctx.actor, input.id, input.scopes),
    ),

  setScopes: adminProcedure
    .input(peer.extend({ scopes }))
    .mutation(({ ctx, input }) =>
      ctx.hub.federation.administration.setScopes(ctx.actor, input.id, input.scopes),
    ),

  setRate: adminProcedure
    .input(peer.extend({ callsPerMinute: z.int().min(1).max(1_000_000) }))
    .mutation(({ ctx, input }) =>
      ctx.hub.federation.administration.setRate(ctx.actor, input.id, input.callsPerMinute),
    ),

  /** It answers at another address. */
  move: adminProcedure
    .input(peer.extend({ address: hubAddress }))
    .mutation(({ ctx, input }) => ctx.hub.federation.administration.move(ctx.actor, input.id, input.address)),

  /** Simple decisions: see `administration.ts`. */
  decide: adminProcedure
    .input(
      peer.extend({
        decision: z.enum(['pause', 'resume', 'revoke', 'block', 'unblock', 'keepIdentity', 'check']),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      await ctx.hub.federation.administration[input.decision](ctx.actor, input.id);
      // Whoever asks it how it is wants to see what it has.
      if (input.decision !== 'check') return;
      await ctx.hub.catalogue.readSoon(input.id);
      await ctx.hub.evaluation.look(input.id);
    }),

  acceptIdentity: adminProcedure
    .input(peer.extend({ newestKey: keyId }))
    .mutation(({ ctx, input }) =>
      ctx.hub.federation.administration.acceptIdentity(ctx.actor, input.id, input.newestKey),
    ),

  rotateKey: adminProcedure.mutation(({ ctx }) => ctx.hub.federation.rotateKey(ctx.actor)),

  retireKey: adminProcedure
    .input(z.object({ keyId }))
    .mutation(({ ctx, input }) => ctx.hub.federation.retireKey(ctx.actor, input.keyId)),
});
