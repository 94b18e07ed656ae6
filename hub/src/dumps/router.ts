import { z } from 'zod';
import { follow } from '../live/follow.ts';
import { forClient } from '../live/for-client.ts';
import { router, userProcedure } from '../trpc/init.ts';

const id = z.number().int();
const ofCompetition = z.object({ competitionId: id });

export const dumpsRouter = router({
  create: userProcedure
    .input(
      ofCompetition.extend({
        content: z.enum(['data', 'keys']).default('data'),
        withArchive: z.boolean().default(false),
      }),
    )
    .mutation(({ ctx, input: { competitionId, ...options } }) =>
      ctx.hub.dumps.create(ctx.actor, competitionId, options),
    ),

  list: userProcedure
    .input(ofCompetition)
    .query(({ ctx, input }) => ctx.hub.dumps.list(ctx.actor, input.competitionId)),

  remove: userProcedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => ctx.hub.dumps.remove(ctx.actor, input.id)),

  /** The whole list, and again whenever one of them comes further. */
  follow: userProcedure
    .input(ofCompetition.extend({ lastEventId: z.string().max(2_000).nullish() }))
    .subscription(({ ctx, input: { competitionId, lastEventId }, signal }) =>
      forClient(ctx.hub, signal, (source) =>
        follow({
          ...source,
          topic: `dumps:${competitionId}`,
          lastEventId,
          read: () => ctx.hub.dumps.list(ctx.actor, competitionId),
        }),
      ),
    ),
});
