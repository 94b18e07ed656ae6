import { posix } from 'node:path';
import type { DataReference } from '../bundles/model.ts';
import { type Archive, membersOfDirectory, zipStream } from '../storage/archive/index.ts';
import type { BlobStore, StoredBlob } from '../storage/blob-store.ts';

/** Data that an archive brings along. */
export type DataPath = DataReference & { readonly kind: 'path' };

/** The archive's own limits are tighter; this one only has to be there. */
const MAX_DATA_BYTES = 2 ** 38;

/** What becomes of data as they stream by. */
export type DataSink = (content: AsyncIterable<Uint8Array>) => Promise<StoredBlob>;

/** Blobs without a resource hurt nobody, so storing comes before the transaction. */
export function intoBlobs(blobs: BlobStore, signal: AbortSignal): DataSink {
  return (content) => blobs.put(content, { maxBytes: MAX_DATA_BYTES, signal });
}

/** Reads everything, which checks it, and keeps nothing. */
export function intoNothing(signal: AbortSignal): DataSink {
  return async (content) => {
    let size = 0;
    for await (const chunk of content) {
      signal.throwIfAborted();
      size += chunk.length;
    }
    return { digest: '', md5: '', size };
  };
}

/** Files as they are, directories as the zip of their content, which is the same each time. */
export async function openData(
  archive: Archive,
  { path, isDirectory }: DataPath,
): Promise<{ content: AsyncIterable<Uint8Array>; fileName: string }> {
  const name = posix.basename(path) || 'bundle';
  return isDirectory
    ? { content: zipStream(membersOfDirectory(archive, path)), fileName: `${name}.zip` }
    : { content: await archive.openEntryStream(path), fileName: name };
}

/** Bytes that are read to open it. */
export function sizeOfData(archive: Archive, { path, isDirectory }: DataPath): number {
  const entries = isDirectory
    ? archive.entriesUnder(path).map(({ entry }) => entry)
    : [archive.findFile(path)];
  return entries.reduce((sum, entry) => sum + (entry?.size ?? 0), 0);
}
