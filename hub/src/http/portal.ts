import httpProxy from '@fastify/http-proxy';
import type { FastifyInstance } from 'fastify';
import { sendNotFound } from './error-mapper.ts';

/** Everything that is not the hub's own goes to the portal, so that browsers see one origin. */
export async function installPortal(app: FastifyInstance, portalUrl: string | null): Promise<void> {
  app.setNotFoundHandler(sendNotFound);
  if (!portalUrl) return;
  await app.register(httpProxy, {
    upstream: portalUrl,
    replyOptions: {
      // The portal builds addresses from these, and checks the origin of form posts against them.
      rewriteRequestHeaders: (request, headers) => ({
        ...headers,
        host: request.headers.host ?? '',
        'x-forwarded-host': request.headers.host ?? '',
        'x-forwarded-proto': request.protocol,
        'x-forwarded-for': request.ip,
      }),
    },
  });
}
