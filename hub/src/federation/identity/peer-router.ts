import { z } from 'zod';
import { federationRoutes, peerProcedure, relationProcedure } from '../trpc.ts';

/** What hubs tell one another about people. */
export const peerIdentityRouter = federationRoutes({
  /** A code that somebody brought through their browser becomes an assertion for `sign_in`, with the nonce given. */
  redeem: peerProcedure(null)
    .input(
      z.object({
        code: z.string().max(100),
        verifier: z.string().min(43).max(128),
        nonce: z.string().max(100),
      }),
    )
    .mutation(async ({ ctx: { hub, peer }, input }) => ({
      assertion: await hub.identity.codes.redeem(peer, input),
    })),

  /** Somebody of the caller's has withdrawn what they had agreed to, at `at` by the caller's clock. Can be repeated; unknown subjects are no error. */
  withdrawn: relationProcedure
    .input(z.object({ subject: z.string().max(100), at: z.iso.datetime() }))
    .mutation(async ({ ctx: { hub, peer }, input: { subject, at } }) => {
      await hub.identity.withdrawn(peer, { subject, at: new Date(at) });
      return {};
    }),
});
