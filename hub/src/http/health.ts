import { sql } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import type { HubContext } from '../context/context.ts';

const PATIENCE_MS = 3_000;

/** `/healthz`: the process answers. `/readyz`: it can do its work; names what is missing otherwise. */
export async function healthRoutes(app: FastifyInstance, context: HubContext): Promise<void> {
  app.get('/healthz', async () => ({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    const checks = {
      database: () => context.database.queries.execute(sql`select 1`),
      blobs: () => context.blobs.check(),
      running: async () => context.stopping.throwIfAborted(),
    };
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await outcomeOf(check, context)] as const),
    );
    const ready = results.every(([, outcome]) => outcome === 'ok');
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? 'ok' : 'unavailable', checks: Object.fromEntries(results) });
  });
}

async function outcomeOf(check: () => Promise<unknown>, { log }: HubContext): Promise<'ok' | 'failed'> {
  try {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    await Promise.race([check(), late]).finally(() => clearTimeout(timer));
    return 'ok';
  } catch (error) {
    log.warn({ err: error }, 'readiness check failed');
    return 'failed';
  }
}
