import type { BlobStore } from '../../storage/blob-store.ts';
import { BlobTooLargeError } from '../../storage/errors.ts';
import { fetchFile } from '../bounded-fetch.ts';
import type { KnownPeer } from '../peers/directory.ts';

/** The peer serves other bytes than it named: to ask again is of no use. */
export class WrongFileError extends Error {
  override readonly name = 'WrongFileError';
}

export interface PeerFile {
  readonly digest: string;
  /** Bytes; more are not read. */
  readonly size: number;
  /** A path at the peer; the caller has made sure that it is one. */
  readonly url: string;
}

/**
 * Brings a file of a peer here, over plain HTTP under an address that the peer has signed, and holds it against its digest.
 * @throws WrongFileError, or whatever else went wrong: then another try may do better
 */
export async function bringFile(
  peer: Pick<KnownPeer, 'name' | 'address'>,
  { digest, size, url }: PeerFile,
  { blobs, stopping }: { readonly blobs: BlobStore; readonly stopping: AbortSignal },
): Promise<void> {
  const response = await fetchFile(`${peer.address}${url}`, size, stopping);
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    throw new Error(`hub ${peer.name} answered ${response.status} for ${digest}`);
  }
  const stored = await blobs
    .put(response.body, { maxBytes: size, signal: stopping })
    .catch((error: unknown) => {
      throw error instanceof BlobTooLargeError
        ? new WrongFileError(`${digest} is larger than it was said to be`)
        : error;
    });
  if (stored.digest !== digest) throw new WrongFileError(`${digest} came as ${stored.digest}`);
}
