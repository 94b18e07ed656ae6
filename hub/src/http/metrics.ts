import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram } from 'prom-client';
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

  measureQueue(context);

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

/** Read when somebody asks; the same in each hub process, since the database is the truth. */
function measureQueue({ metrics, sites }: HubContext): void {
  const registers = [metrics];
  const runs = new Gauge({
    name: 'weir_runs',
    help: 'Runs that wait for a node, and runs that a node has.',
    labelNames: ['state'],
    registers,
    async collect() {
      const status = await sites.status();
      runs.set({ state: 'waiting' }, status.queue.waiting);
      runs.set({ state: 'running' }, status.queue.running);
      nodes.reset();
      for (const site of status.sites) {
        nodes.set({ site: site.name }, site.nodes.filter(({ online }) => online).length);
      }
    },
  });
  const nodes = new Gauge({
    name: 'weir_nodes_online',
    help: 'Nodes that are connected, by site.',
    labelNames: ['site'],
    registers,
  });
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}
