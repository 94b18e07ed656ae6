import { z } from 'zod';
import { federationRoutes, peerProcedure } from '../trpc.ts';
import { offers, question } from './wire.ts';

/** What hubs whose competitions are evaluated here call; `wire.ts` says what when. */
export const evaluationPeerRouter = federationRoutes({
  /** What competitions of the caller may use here. */
  sites: peerProcedure('evaluate')
    .input(z.object({}))
    .query(({ ctx: { hub, peer } }) => hub.evaluation.hosting.sites(peer)),

  /** Hands over attempts. Can be repeated. */
  offer: peerProcedure('evaluate')
    .input(offers)
    .mutation(({ ctx: { hub, peer }, input }) => hub.evaluation.hosting.offer(peer, input.offers)),

  /** What has become of attempts. The answer is held back for up to `waitMs` while there is nothing to tell. Can be repeated. */
  follow: peerProcedure('evaluate')
    .input(question)
    .mutation(({ ctx: { hub, peer }, input, signal }) =>
      hub.evaluation.hosting.follow(
        peer,
        input,
        signal ? AbortSignal.any([signal, hub.stopping]) : hub.stopping,
      ),
    ),
});
