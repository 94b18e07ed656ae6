import { z } from 'zod';
import { federationRoutes, relationProcedure, strangerProcedure } from '../trpc.ts';
import { invitationSecret } from './invitation.ts';
import { toldRelation } from './relation.ts';
import { SCOPES } from './state.ts';

/** What hubs say to one another about their relation. */
export const peeringRouter = federationRoutes({
  /** A hub that is not known yet shows an invitation. The same hub may ask again. */
  ask: strangerProcedure
    .input(
      z.object({
        secret: invitationSecret,
        document: z.object({ body: z.string().max(300_000), signature: z.string().max(120) }),
        scopes: z.array(z.enum(SCOPES)).max(SCOPES.length),
      }),
    )
    .mutation(({ ctx, input }) => ctx.hub.federation.introductions.asked(ctx.call, input)),

  /** The caller says how it sees this hub. What is told late or not at all is asked for each minute. */
  tell: relationProcedure.input(toldRelation).mutation(async ({ ctx, input }) => {
    if (input.lookAtKeys) await ctx.hub.federation.relations.look(ctx.peer);
    await ctx.hub.federation.relations.learn(ctx.peer, input);
    return {};
  }),
});
