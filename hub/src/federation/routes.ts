import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import type { FastifyInstance } from 'fastify';
import type { HubContext } from '../context/context.ts';
import { guestOutputRoutes } from './evaluation/guest-outputs.ts';
import { HUB_DOCUMENT_PATH, HUB_SIGNATURE_HEADER, writeHubDocument } from './hub-document.ts';
import { peerFileRoutes } from './participation/home/file-routes.ts';
import { peerUploadRoutes } from './participation/peer/upload-routes.ts';
import { FEDERATION_PATH } from './peers/client.ts';
import { type FederationRouter, federationRouter } from './router.ts';
import { createFederationContext } from './trpc.ts';

/** What other hubs ask for: who this hub is, and procedures for peers; and what people get of other hubs through this one. */
export async function federationRoutes(app: FastifyInstance, context: HubContext): Promise<void> {
  const { keys, config } = context;

  app.get(HUB_DOCUMENT_PATH, async (_request, reply) => {
    const { body, signature } = writeHubDocument({ keys, name: config.name, address: config.publicUrl });
    return reply
      .header(HUB_SIGNATURE_HEADER, signature)
      .header('access-control-allow-origin', '*')
      .header('cache-control', 'no-store')
      .type('application/json; charset=utf-8')
      .send(body);
  });

  await app.register(peerUploadRoutes, context);
  await app.register(guestOutputRoutes, context);
  await app.register(peerFileRoutes, context);
  await app.register(fastifyTRPCPlugin, {
    prefix: FEDERATION_PATH,
    trpcOptions: {
      router: federationRouter,
      createContext: createFederationContext(context),
      // Each call is a POST of one procedure: its token is bound to the path and to the body.
      allowMethodOverride: true,
      allowBatching: false,
      onError({ error, path, req }) {
        if (error.code === 'INTERNAL_SERVER_ERROR')
          req.log.error({ err: error, path }, 'a peer’s call failed');
      },
    },
  } satisfies FastifyTRPCPluginOptions<FederationRouter>);
}
