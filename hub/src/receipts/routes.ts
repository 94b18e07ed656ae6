import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HubContext } from '../context/context.ts';
import { authenticate } from '../http/authentication.ts';
import { INERT } from '../http/send-blob.ts';

const runParams = z.object({ id: z.coerce.number().int().positive() });

/** The hub's keys at a well-known address, and receipts as files that can be checked without the hub. */
export async function receiptRoutes(app: FastifyInstance, context: HubContext): Promise<void> {
  const { receipts, config } = context;

  app.get('/.well-known/weir/keys.json', async (_request, reply) =>
    reply
      .header('access-control-allow-origin', '*')
      .header('cache-control', 'public, max-age=300')
      .send({ hub: config.name, keys: receipts.publishedKeys }),
  );

  app.get('/files/receipts/:id', async (request, reply) => {
    const { id } = runParams.parse(request.params);
    const file = await receipts.get(await authenticate(context, request, reply), id);
    return reply
      .header('content-security-policy', INERT)
      .header('content-disposition', `attachment; filename="receipt-${id}.json"`)
      .type('application/json; charset=utf-8')
      .send(`${JSON.stringify(file, null, 2)}\n`);
  });
}
