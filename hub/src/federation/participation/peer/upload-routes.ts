import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HubContext } from '../../../context/context.ts';
import { requireAllowed } from '../../trpc.ts';
import { uploadProcedure } from '../wire/entry.ts';

const params = z.object({ grant: z.uuid() });
const query = z.object({ offset: z.coerce.number().int().min(0).default(0) });

/**
 * The bytes of what a peer delivers, as a grant says. Who sends has to sign for it as for a call: of this grant, with the digest of all bytes in the place
 * of the body's. So neither the address alone nor another hub's signature is of any use.
 */
export async function peerUploadRoutes(app: FastifyInstance, context: HubContext): Promise<void> {
  const { federation, participation } = context;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.put<{ Body: AsyncIterable<Uint8Array> | undefined }>('/federation/uploads/:grant', async (request) => {
    const { grant } = params.parse(request.params);
    const { offset } = query.parse(request.query);
    const entry = await participation.entries.granted(grant);
    const [, token = null] = /^Bearer +(\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    const { digest } = entry;
    const peer = await federation.desk.admitBytes({ token, procedure: uploadProcedure(grant), digest });
    requireAllowed(peer, 'submit');
    return participation.entries.receive(peer, entry, offset, request.body ?? nothing());
  });
}

async function* nothing(): AsyncIterable<Uint8Array> {}
