import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RouteOptions,
} from 'fastify';
import { signInRoutes } from '../accounts/sign-in/routes.ts';
import type { HubContext } from '../context/context.ts';
import { nodeRoutes } from '../dispatch/node-routes.ts';
import { federationRoutes } from '../federation/routes.ts';
import { boardRoutes } from '../leaderboards/export-routes.ts';
import { receiptRoutes } from '../receipts/routes.ts';
import { uploadRoutes } from '../resources/upload-routes.ts';
import { browserRoutes } from '../rest/browser-routes.ts';
import { restApi } from '../rest/routes.ts';
import { exportRoutes } from '../submissions/export-routes.ts';
import { createTrpcContext } from '../trpc/context.ts';
import { type AppRouter, appRouter } from '../trpc/router.ts';
import { installAccessLog } from './access-log.ts';
import { sendError } from './error-mapper.ts';
import { fileRoutes } from './file-routes.ts';
import { healthRoutes } from './health.ts';
import { installMetrics } from './metrics.ts';
import { installPortal } from './portal.ts';

/** The hub's web origin: tRPC, Codabench's API, bytes in and out, what nodes need over HTTP, and last of all the portal. */
export async function createHttpApp(
  context: HubContext,
  { onRoute = () => {} }: { onRoute?: (route: RouteOptions) => void } = {},
): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = context.log;
  const app = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024 * 1024,
    // A proxy for TLS runs on the same machine; from elsewhere these headers are not believed.
    trustProxy: 'loopback',
    // A connection on which nothing moves is closed. Uploads may take hours as long as they move; live streams send pings.
    connectionTimeout: 120_000,
    keepAliveTimeout: 72_000,
    requestTimeout: 12 * 3_600_000,
    http: { headersTimeout: 30_000 },
    routerOptions: { maxParamLength: 5_000, ignoreTrailingSlash: true },
    forceCloseConnections: 'idle',
  });
  app.addHook('onRoute', onRoute);
  app.setErrorHandler(sendError);
  installAccessLog(app);
  installMetrics(app, context);
  await app.register(helmet, {
    // The portal sets its own; whatever serves foreign content sets a stricter one.
    contentSecurityPolicy: false,
    frameguard: { action: 'sameorigin' },
    referrerPolicy: { policy: 'same-origin' },
    hsts: context.config.publicUrl.startsWith('https:'),
  });
  await app.register(formbody);
  await app.register(healthRoutes, context);
  await app.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: appRouter,
      createContext: createTrpcContext(context),
      onError({ error, path, req }) {
        if (error.code === 'INTERNAL_SERVER_ERROR') req.log.error({ err: error, path }, 'procedure failed');
      },
    },
  } satisfies FastifyTRPCPluginOptions<AppRouter>);
  await app.register((scope) => restApi(scope, context), { prefix: '/api' });
  await app.register(browserRoutes, context);
  await app.register(nodeRoutes, context);
  await app.register(uploadRoutes, context);
  await app.register(fileRoutes, context);
  await app.register(receiptRoutes, context);
  await app.register(signInRoutes, context);
  await app.register(federationRoutes, context);
  await app.register(exportRoutes, context);
  await app.register(boardRoutes, context);
  await installPortal(app, context.config.portalUrl);
  return app;
}
