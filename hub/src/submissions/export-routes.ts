import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { HubContext } from '../context/context.ts';
import { authenticate } from '../http/authentication.ts';
import { INERT } from '../http/send-blob.ts';
import { zipStream } from '../storage/archive/index.ts';
import { submissionStatus } from './schema.ts';

const params = z.object({ id: z.coerce.number().int().positive() });
const id = z.coerce.number().int();
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const query = z.object({
  phase: id.optional(),
  status: z.enum(submissionStatus.enumValues).optional(),
  kind: z.enum(['submission', 'rehearsal']).optional(),
  owner: z.string().max(200).optional(),
  board: flag.optional(),
  changed: flag.optional(),
  public: flag.optional(),
  search: z.string().trim().max(200).optional(),
  /** Separated by commas. */
  ids: z
    .string()
    .max(20_000)
    .transform((text) => text.split(','))
    .pipe(z.array(z.string().transform(Number).pipe(z.number().int())).max(1_000))
    .optional(),
});

/** What the organizers' console shows, as a table and as an archive of what was submitted. The filters are those of the console. */
export async function exportRoutes(app: FastifyInstance, context: HubContext): Promise<void> {
  const { submissions, blobs } = context;

  app.get('/files/competitions/:id/submissions.csv', async (request, reply) => {
    const actor = await authenticate(context, request, reply);
    const lines = await submissions.exports.table(actor, toFilter(request));
    return download(reply, 'submissions.csv', 'text/csv; charset=utf-8').send(Readable.from(lines));
  });

  app.get('/files/competitions/:id/submissions.zip', async (request, reply) => {
    const actor = await authenticate(context, request, reply);
    const files = await submissions.exports.files(actor, toFilter(request));
    const members = files.map(({ name, digest, size }) => ({ name, size, open: () => blobs.open(digest) }));
    return download(reply, 'submissions.zip', 'application/zip').send(zipStream(members));
  });
}

function toFilter(request: { params: unknown; query: unknown }) {
  const {
    phase: phaseId,
    board: onLeaderboard,
    changed: byHand,
    public: isPublic,
    ...filter
  } = query.parse(request.query);
  return {
    competitionId: params.parse(request.params).id,
    phaseId,
    onLeaderboard,
    byHand,
    isPublic,
    ...filter,
  };
}

function download(reply: FastifyReply, fileName: string, mediaType: string): FastifyReply {
  return reply
    .header('content-security-policy', INERT)
    .header('content-disposition', `attachment; filename="${fileName}"`)
    .header('cache-control', 'private, no-store')
    .type(mediaType);
}
