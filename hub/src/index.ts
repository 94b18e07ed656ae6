import type { FastifyInstance } from 'fastify';
import pino, { type Logger } from 'pino';
import { ensureAdministrator } from './accounts/administrator.ts';
import type { Config } from './config/config.ts';
import type { Secrets } from './config/secrets.ts';
import { type ContextOverrides, createContext, type HubContext } from './context/context.ts';
import { startEmbeddedPostgres } from './db/embedded-postgres.ts';
import { migrate } from './db/migrate.ts';
import { startGateway } from './dispatch/gateway.ts';
import { createHttpApp } from './http/app.ts';

export { type Config, toConfig } from './config/config.ts';
export { readEnv } from './config/env.ts';
export { type Secrets, toSecrets } from './config/secrets.ts';

/** Disposing stops it in order: no new work, streams ended, requests finished, jobs finished, database closed. */
export interface RunningHub extends AsyncDisposable {
  /** Where it listens, also when the configured port was 0. */
  readonly url: string;
  /** Where nodes dial. */
  readonly grpcPort: number;
  readonly context: HubContext;
  /** Rejects when the hub cannot go on: the database that it runs itself has ended. */
  readonly failure: Promise<never>;
}

const FINISH_REQUESTS_MS = 5_000;

/** Starts a whole hub in this process; resolves once it takes requests. */
export async function startHub(
  config: Config,
  secrets: Secrets,
  overrides: ContextOverrides & { log?: Logger } = {},
): Promise<RunningHub> {
  const log = overrides.log ?? pino({ level: config.logLevel });
  const stopping = new AbortController();
  await using starting = new AsyncDisposableStack();

  const database = secrets.databaseUrl
    ? { url: secrets.databaseUrl, failure: new Promise<never>(() => {}) }
    : starting.use(await startEmbeddedPostgres(databaseDirectory(config), log));
  const databaseUrl = database.url;
  await migrate(databaseUrl);
  const context = starting.use(
    await createContext({ config, secrets, databaseUrl, log, stopping: stopping.signal, overrides }),
  );
  await context.jobs.migrate();
  await context.competitions.prepare();
  await ensureAdministrator(context.accounts, secrets.administrator);

  await context.jobs.start({
    'create-competition': ({ creationId }, signal) =>
      context.competitions.makeCompetition(creationId, signal),
    'create-task': ({ creationId }, signal) => context.tasks.makeTask(creationId, signal),
    'copy-submissions': ({ batchId }, signal) => context.submissions.batches.run(batchId, signal),
    'rebuild-board': ({ phaseId, anew = false }) => context.leaderboards.rebuild(phaseId, { anew }),
    'find-migrations': () => context.submissions.batches.findMigrations(),
    'tend-peers': () => context.federation.tend(),
    'tend-identity': () => context.identity.tend(),
    'tend-catalogues': () => context.catalogue.tend(),
    'tend-evaluation': () => context.evaluation.tend(),
    'publish-catalogue': (_payload, signal) => context.catalogue.publish(signal),
    'read-catalogue': ({ peerId }, signal) => context.catalogue.replication.replicate(peerId, signal),
    'tend-participation': () => context.participation.tend(),
    'deliver-submission': ({ id }, signal) => context.participation.delivering.deliver(id, signal),
    'dump-competition': ({ dumpId }, signal) => context.dumps.make(dumpId, signal),
  });
  // A phase may have begun while no hub was running.
  await context.submissions.batches.findMigrations();
  const app = await createHttpApp(context);
  starting.defer(() => closeApp(app));
  const url = await app.listen({ host: config.http.host, port: config.http.port });

  const gateway = starting.use(await startGateway(config.grpc, context));
  context.dispatch.start();
  context.evaluation.start();
  await context.participation.following.tend();

  // Runs first: what streams would otherwise hold up everything below.
  starting.defer(() => stopping.abort(new Error('the hub is stopping')));
  const running = starting.move();
  return {
    url,
    grpcPort: gateway.port,
    context,
    failure: database.failure,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function databaseDirectory({ database }: Config): string {
  if (database.kind === 'embedded') return database.directory;
  throw new Error('an external database was configured without its address');
}

/** Requests get a moment to finish; then their connections are cut. */
async function closeApp(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), FINISH_REQUESTS_MS);
  await app.close();
  clearTimeout(cut);
}
