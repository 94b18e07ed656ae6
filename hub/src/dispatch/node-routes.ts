import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HubContext } from '../context/context.ts';
import { sendBlob } from '../http/send-blob.ts';
import type { ArtifactGrant, OutputKindName } from './artifact-urls.ts';
import { GrantRefusedError } from './errors.ts';
import { isLeasedTo, recordOutput } from './outputs.ts';

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

const enrolmentRequest = z.object({
  enrolment: z.string().max(100),
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
      'use up to 63 letters, digits, dots and hyphens, such as "north-1"',
    ),
  certificateRequest: z.string().max(10_000),
  mac: z.string().max(100),
  node: z.uuid().optional(),
});

/**
 * What nodes do over HTTP: enrol once, fetch artifacts, leave outputs. The signed address of the assignment is the permission, and it ends with the
 * attempt's lease.
 */
export async function nodeRoutes(app: FastifyInstance, context: HubContext): Promise<void> {
  const { blobs, database, dispatch, sites } = context;

  const grantOf = async (request: FastifyRequest): Promise<ArtifactGrant> => {
    const path = request.url.split('?', 1)[0]!;
    const grant = dispatch.urls.verify(path, request.query as Record<string, unknown>);
    if (!grant || !(await isLeasedTo(database, grant))) throw new GrantRefusedError();
    return grant;
  };

  app.post('/node/v1/enrol', async (request) => sites.enrol(enrolmentRequest.parse(request.body)));

  app.get<{ Params: { hex: string } }>('/node/v1/artifacts/sha256/:hex', async (request, reply) => {
    await grantOf(request);
    const digest = `sha256:${request.params.hex}`;
    return sendBlob(request, reply, blobs, { digest, mediaType: 'application/octet-stream' });
  });

  await app.register(async (outputs) => {
    outputs.removeAllContentTypeParsers();
    outputs.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    outputs.put<{ Params: { kind: OutputKindName }; Body: AsyncIterable<Uint8Array> | undefined }>(
      '/node/v1/outputs/:kind',
      async (request, reply) => {
        const grant = await grantOf(request);
        const { digest } = await blobs.put(request.body ?? nothing(), { maxBytes: MAX_OUTPUT_BYTES });
        if (!(await recordOutput(database, grant, request.params.kind, digest)))
          throw new GrantRefusedError();
        return reply.code(204).send();
      },
    );
  });
}

async function* nothing(): AsyncIterable<Uint8Array> {}
