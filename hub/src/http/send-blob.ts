import * as contentDisposition from 'content-disposition';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BlobStore } from '../storage/blob-store.ts';
import { parseRange } from './byte-range.ts';

export interface Download {
  readonly digest: string;
  readonly fileName: string;
  readonly mediaType: string;
}

/** Content that somebody uploaded never runs in the origin of the portal, whatever it is. */
export const INERT = "default-src 'none'; sandbox";

/**
 * Detailed results are pages that the organizers' programs write. They may draw with scripts, but in an origin of their own: without
 * the portal's cookies, without calls to anywhere, and only inside pages of the portal.
 */
export const REPORT = [
  'sandbox allow-scripts',
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob: data:",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  'font-src data:',
  'media-src data: blob:',
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ');

/** Sends a file to be saved. Content under a digest never changes, so a browser that has it need only ask whether it still may. */
export function sendDownload(request: FastifyRequest, reply: FastifyReply, blobs: BlobStore, file: Download) {
  reply.header('content-disposition', contentDisposition.create(file.fileName));
  return sendBlob(request, reply, blobs, file);
}

/** Sends a blob, whole or the range asked for. A stricter or looser policy than for inert content is set by the caller before. */
export async function sendBlob(
  request: FastifyRequest,
  reply: FastifyReply,
  blobs: BlobStore,
  { digest, mediaType }: Pick<Download, 'digest' | 'mediaType'>,
) {
  if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', INERT);
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'private, no-cache');
  reply.type(mediaType).header('accept-ranges', 'bytes').header('etag', `"${digest}"`);
  if (request.headers['if-none-match'] === `"${digest}"`) return reply.code(304).send();

  const { size } = (await blobs.stat(digest)) ?? { size: 0 };
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${size}`).send();
  if (!range) return reply.header('content-length', size).send(await blobs.open(digest));
  reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${size}`);
  return reply.header('content-length', range.end - range.start + 1).send(await blobs.open(digest, range));
}
