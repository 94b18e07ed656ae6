import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Actor } from '../accounts/access.ts';
import type { HubContext } from '../context/context.ts';
import { authenticate } from './authentication.ts';
import { INERT, REPORT, sendBlob, sendDownload } from './send-blob.ts';

const idParams = z.object({ id: z.coerce.number().int().positive() });
const kindParams = idParams.extend({ kind: z.string() });
const logParams = idParams.extend({ stream: z.string() });
const keyParams = z.object({ key: z.string() });
const secretQuery = z.object({ secretKey: z.guid().optional() });

/**
 * Files to look at or to save. An address names that through which one may read the file, and the feature that owns it decides each time:
 * there is no address for bytes as such.
 */
export async function fileRoutes(app: FastifyInstance, context: HubContext): Promise<void> {
  const { blobs, competitions, dumps, resources, submissions } = context;
  const readerOf = (request: FastifyRequest, reply: FastifyReply) => actorOf(context, request, reply);

  app.get('/files/resources/:key', async (request, reply) => {
    const { key } = keyParams.parse(request.params);
    const { digest, fileName } = await resources.getReadable(await readerOf(request, reply), key);
    return sendDownload(request, reply, blobs, { digest, fileName, mediaType: 'application/octet-stream' });
  });

  app.get('/files/dumps/:id', async (request, reply) => {
    const { id } = idParams.parse(request.params);
    return sendDownload(request, reply, blobs, await dumps.fileOf(await readerOf(request, reply), id));
  });

  /** What the competition of this id was made from. */
  app.get('/files/bundles/:id', async (request, reply) => {
    const { id } = idParams.parse(request.params);
    return sendDownload(request, reply, blobs, await dumps.bundleOf(await readerOf(request, reply), id));
  });

  app.get('/files/phases/:id/:kind', async (request, reply) => {
    const { id, kind } = kindParams.parse(request.params);
    return sendDownload(
      request,
      reply,
      blobs,
      await competitions.fileFor(await readerOf(request, reply), id, kind),
    );
  });

  app.get('/files/submissions/:id/:kind', async (request, reply) => {
    const { id, kind } = kindParams.parse(request.params);
    return sendDownload(
      request,
      reply,
      blobs,
      await submissions.fileFor(await readerOf(request, reply), id, kind),
    );
  });

  app.get('/files/logs/:id/:stream', async (request, reply) => {
    const { id, stream } = logParams.parse(request.params);
    const { streams } = await submissions.logs.read(await readerOf(request, reply), id);
    const text = streams.find((log) => log.stream === stream)?.text ?? '';
    return reply.header('content-security-policy', INERT).type('text/plain; charset=utf-8').send(text);
  });

  app.get('/reports/:id', async (request, reply) => {
    const { id } = idParams.parse(request.params);
    const report = await submissions.reportFor(await readerOf(request, reply), id);
    reply.header('content-security-policy', REPORT);
    return sendBlob(request, reply, blobs, { ...report, mediaType: 'text/html; charset=utf-8' });
  });

  app.get('/media/logo/:id', async (request, reply) => {
    const { id } = idParams.parse(request.params);
    const { secretKey = null } = secretQuery.parse(request.query);
    const logo = await competitions.logo(await readerOf(request, reply), id, secretKey);
    return sendBlob(request, reply, blobs, logo);
  });
}

/** A signed address speaks for the person for whom it was made; without one it is as everywhere. */
async function actorOf(context: HubContext, request: FastifyRequest, reply: FastifyReply): Promise<Actor> {
  const userId = context.links.verify('GET', request.url);
  if (userId === null) return authenticate(context, request, reply);
  return context.accounts.bearerOfLink(userId);
}
