import type { FastifyInstance } from 'fastify';
import type { HubContext } from '../context/context.ts';
import { competitionRoutes } from './competitions.ts';
import { datasetRoutes } from './datasets.ts';
import { dumpRoutes } from './dumps.ts';
import { NoSuchAddressError, sendRestError } from './errors.ts';
import { phaseRoutes } from './phases.ts';
import { RestRoutes } from './request.ts';
import { submissionRoutes } from './submissions.ts';
import { taskRoutes } from './tasks.ts';
import { tokenAuthRoutes } from './token-auth.ts';

/**
 * Codabench's REST API, for the scripts and tools that people have: its paths (with or without the slash at the end), bodies as forms or JSON, its
 * status codes, field names and errors. It maps onto the services that the portal uses and decides nothing itself.
 */
export async function restApi(app: FastifyInstance, context: HubContext): Promise<void> {
  app.setErrorHandler(sendRestError);
  // A route of its own, since the portal takes what no route takes.
  app.all('/*', () => {
    throw new NoSuchAddressError();
  });
  const routes = new RestRoutes(app, context);
  tokenAuthRoutes(routes);
  datasetRoutes(routes);
  competitionRoutes(routes);
  dumpRoutes(routes);
  phaseRoutes(routes);
  taskRoutes(routes);
  submissionRoutes(routes);
}
