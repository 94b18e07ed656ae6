import { z } from 'zod';
import { publicProcedure, router } from '../trpc/init.ts';

export const receiptsRouter = router({
  /** With all keys that are needed to check it. */
  get: publicProcedure
    .input(z.object({ runId: z.number().int() }))
    .query(({ ctx, input }) => ctx.hub.receipts.get(ctx.actor, input.runId)),

  /** Of all runs of a submission, with the scores that are shown of them. */
  ofSubmission: publicProcedure
    .input(z.object({ id: z.number().int() }))
    .query(({ ctx, input }) => ctx.hub.receipts.ofSubmission(ctx.actor, input.id)),

  /** The hub's keys, newest first: the same as at /.well-known/weir/keys.json. */
  keys: publicProcedure.query(({ ctx }) => ctx.hub.receipts.publishedKeys),
});
