import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Histogram } from 'prom-client';
import { requireAdmin } from '../accounts/access.ts';
import type { HubContext } from '../context/context.ts';
import { authenticate } from './authentication.ts';

/** Measures every request and serves what all parts of the hub have registered, to this machine and to administrators. */
export function installMetrics(app: FastifyInstance, context: HubContext): void {
  const { metrics } = context;
  collectDefaultMetrics({ register: metrics });
  const durations = new Histogram({
    name: 'weir_http_request_duration_seconds',
    help: 'Time from the request to the end of its response, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers: [metrics],
  });

  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const status = `${Math.floor(reply.statusCode / 100)}xx`;
    durations.observe({ method: request.method, route, status }, reply.elapsedTime / 1_000);
  });

  app.get('/metrics', async (request, reply) => {
    if (!isLoopback(request.ip)) requireAdmin(await authenticate(context, request, reply));
    return reply.type(metrics.contentType).send(await metrics.metrics());
  });
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}
