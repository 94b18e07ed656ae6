import type { FastifyInstance } from 'fastify';
import type { HubContext } from '../../context/context.ts';
import type { ArtifactUrls, OutputKindName } from '../../dispatch/artifact-urls.ts';
import { GrantRefusedError } from '../../dispatch/errors.ts';
import { sendBlob } from '../../http/send-blob.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { findOutputs, type GuestRow } from './guest-store.ts';
import type { ToldOutput } from './wire.ts';

/** So long an address is good for; each answer brings a new one. */
const ADDRESS_SECONDS = 30 * 60;

/** What the programs of a run that is over left, and the site's gate let out, with the addresses under which the run's own hub fetches it. */
export async function outputsOf(
  { runId, tries, outputs }: Pick<GuestRow, 'runId' | 'tries' | 'outputs'>,
  { blobs, urls }: { readonly blobs: BlobStore; readonly urls: ArtifactUrls },
): Promise<ToldOutput[]> {
  const expires = Math.ceil(Date.now() / 1000) + ADDRESS_SECONDS;
  const told: ToldOutput[] = [];
  for (const [kind, digest] of Object.entries(outputs ?? {}) as [OutputKindName, string][]) {
    const stored = await blobs.stat(digest);
    const url = urls.guestOutput(kind, { nodeId: 'peer', runId, attempt: tries, expires });
    if (stored) told.push({ kind, digest, size: stored.size, url });
  }
  return told;
}

/** The signed address is the permission, for as long as the peer has not said that it has everything, and may have runs evaluated here. */
export async function guestOutputRoutes(
  app: FastifyInstance,
  { database, dispatch, blobs }: HubContext,
): Promise<void> {
  app.get<{ Params: { kind: string } }>('/federation/outputs/:kind', async (request, reply) => {
    const path = request.url.split('?', 1)[0]!;
    const grant = dispatch.urls.verify(path, request.query as Record<string, unknown>);
    const outputs = grant && (await findOutputs(database.queries, grant.runId));
    const digest = outputs?.[request.params.kind as OutputKindName];
    if (!digest) throw new GrantRefusedError();
    return sendBlob(request, reply, blobs, { digest, mediaType: 'application/octet-stream' });
  });
}
