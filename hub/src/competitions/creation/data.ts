import { posix } from 'node:path';
import type { Bundle, DataReference } from '../../bundles/model.ts';
import type { Archive } from '../../storage/archive/index.ts';
import { membersOfDirectory, zipStream } from '../../storage/archive/index.ts';
import type { BlobStore, StoredBlob } from '../../storage/blob-store.ts';

/** The archive's own limits are tighter; this one only has to be there. */
const MAX_DATA_BYTES = 2 ** 38;

export interface StoredData {
  readonly blob: StoredBlob;
  readonly fileName: string;
}

/** Every reference of the bundle to data, in no particular order; the same one may come several times. */
export function dataReferences(bundle: Bundle): DataReference[] {
  const ofTasks = bundle.tasks.flatMap((task) =>
    task.kind === 'new'
      ? [task.scoringProgram, task.ingestionProgram, task.inputData, task.referenceData]
      : [],
  );
  const ofPhases = bundle.phases.flatMap(({ publicData, startingKit }) => [publicData, startingKit]);
  const ofSolutions = bundle.solutions.map(
    (solution): DataReference =>
      solution.kind === 'new' ? solution.data : { kind: 'key', key: solution.key },
  );
  return [...ofTasks, ...ofPhases, ...ofSolutions].filter((reference) => reference !== null);
}

/** Bytes of all that the bundle brings, each thing once. */
export function sizeOfData(archive: Archive, bundle: Bundle): number {
  const sizes = new Map<string, number>();
  for (const reference of dataReferences(bundle)) {
    if (reference.kind !== 'path') continue;
    const entries = reference.isDirectory
      ? archive.entriesUnder(reference.path).map(({ entry }) => entry)
      : [archive.findFile(reference.path)];
    sizes.set(
      reference.path,
      entries.reduce((sum, entry) => sum + (entry?.size ?? 0), 0),
    );
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

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

/**
 * Puts the data that the bundle brings into the sink: files as they are, directories as the zip of their content, which is the same each
 * time.
 * @returns by path
 */
export async function storeData(
  archive: Archive,
  bundle: Bundle,
  sink: DataSink,
): Promise<Map<string, StoredData>> {
  const stored = new Map<string, StoredData>();
  for (const reference of dataReferences(bundle)) {
    if (reference.kind !== 'path' || stored.has(reference.path)) continue;
    const { path, isDirectory } = reference;
    const content = isDirectory
      ? zipStream(membersOfDirectory(archive, path))
      : await archive.openEntryStream(path);
    const blob = await sink(content);
    const name = posix.basename(path) || 'bundle';
    stored.set(path, { blob, fileName: isDirectory ? `${name}.zip` : name });
  }
  return stored;
}
