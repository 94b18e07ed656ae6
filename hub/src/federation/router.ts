import { z } from 'zod';
import { cataloguePeerRouter } from './catalogue/peer-router.ts';
import { evaluationPeerRouter } from './evaluation/peer-router.ts';
import { PROTOCOLS } from './hub-document.ts';
import { peerIdentityRouter } from './identity/peer-router.ts';
import { participationPeerRouter } from './participation/peer-router.ts';
import { peeringRouter } from './peers/wire.ts';
import { federationRoutes, relationProcedure } from './trpc.ts';

/**
 * What hubs call at one another: POST /federation/trpc/<procedure>, with a token for exactly that call (`calls/token.ts`). Each feature adds its own
 * part; each procedure states the scope that it asks for.
 */
export const federationRouter = federationRoutes({
  hub: federationRoutes({
    /** How this hub sees the caller, whatever the state of the relation. Both sides learn from it what the other has decided. */
    describe: relationProcedure.input(z.object({})).query(({ ctx: { hub, peer } }) => ({
      name: hub.config.name,
      time: new Date().toISOString(),
      protocols: [...PROTOCOLS],
      state: peer.state,
      scopes: [...peer.scopesGiven],
      callsPerMinute: peer.callsPerMinute,
    })),
  }),

  catalogue: cataloguePeerRouter,
  evaluation: evaluationPeerRouter,

  peering: peeringRouter,
  identity: peerIdentityRouter,
  participation: participationPeerRouter,
});

export type FederationRouter = typeof federationRouter;
