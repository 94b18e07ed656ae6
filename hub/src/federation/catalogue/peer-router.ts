import { z } from 'zod';
import { federationRoutes, peerProcedure } from '../trpc.ts';
import { MOST_ENTRIES } from './entry.ts';

/** What peers read of this hub's competitions. */
export const cataloguePeerRouter = federationRoutes({
  /** In the order in which it was published; without end: whoever has read all asks again later with the same `after`. */
  page: peerProcedure('list')
    .input(z.object({ after: z.int().min(0), limit: z.int().min(1).max(MOST_ENTRIES) }))
    .query(({ ctx: { hub, peer }, input }) => hub.catalogue.feed(peer.id, input)),
});
