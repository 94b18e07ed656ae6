import type { FastifyInstance } from 'fastify';
import type { HubContext } from '../context/context.ts';

/** The bytes of uploads, straight from the socket to the blob store. The address is the permission: `resources` signed it. */
export async function uploadRoutes(app: FastifyInstance, { resources }: HubContext): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.put<{ Params: { key: string }; Body: AsyncIterable<Uint8Array> | undefined }>(
    '/uploads/:key',
    async (request) => {
      const { digest, size } = await resources.receive(
        request.url,
        request.params.key,
        request.body ?? nothing(),
      );
      return { digest, size };
    },
  );
}

async function* nothing(): AsyncIterable<Uint8Array> {}
