import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import type { HubContext } from '../context/context.ts';
import { boardRoutes } from './boards.ts';
import { competitionRoutes } from './competitions.ts';
import { datasetRoutes } from './datasets.ts';
import { dumpRoutes } from './dumps.ts';
import { NoSuchAddressError, sendRestError } from './errors.ts';
import { describeApi } from './openapi.ts';
import { participantRoutes } from './participants.ts';
import { phaseRoutes } from './phases.ts';
import { profileRoutes } from './profiles.ts';
import { RestRoutes } from './rest-routes.ts';
import { resultRoutes } from './results.ts';
import { submissionActionRoutes } from './submission-actions.ts';
import { submissionRoutes } from './submissions.ts';
import { taskRoutes } from './tasks.ts';
import { tokenAuthRoutes } from './token-auth.ts';

/**
 * Codabench's REST API, for the scripts and tools that people have: its paths (with or without the slash at the end), bodies as forms or JSON, its
 * status codes, field names and errors. It maps onto the services that the portal uses and decides nothing itself.
 */
export async function restApi(app: FastifyInstance, context: HubContext): Promise<void> {
  app.setErrorHandler(sendRestError);
  acceptBodies(app);
  await app.register(multipart, { limits: { fields: 200, fieldSize: 1024 * 1024, files: 10 } });
  await describeApi(app);
  // A route of its own, since the portal takes what no route takes.
  app.all('/*', { schema: { hide: true } }, () => {
    throw new NoSuchAddressError();
  });
  const routes = new RestRoutes(app, context);
  tokenAuthRoutes(routes);
  profileRoutes(routes);
  competitionRoutes(routes);
  resultRoutes(routes);
  dumpRoutes(routes);
  participantRoutes(routes);
  phaseRoutes(routes);
  boardRoutes(routes);
  taskRoutes(routes);
  datasetRoutes(routes);
  submissionRoutes(routes);
  submissionActionRoutes(routes);
  routes.refuseOtherMethods();
}

/** Clients say that JSON comes, and send none, where nothing needs to be said. */
function acceptBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    return body.length === 0 ? done(null, {}) : parseJson(request, body.toString(), done);
  });
}
