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

/**
 * Puts the data that the bundle brings into the blob store: files as they are, directories as the zip of their content, which is the same each
 * time. Blobs without a resource hurt nobody, so this comes before the transaction.
 * @returns by path
 */
export async function storeData(
  blobs: BlobStore,
  archive: Archive,
  bundle: Bundle,
  signal: AbortSignal,
): Promise<Map<string, StoredData>> {
  const stored = new Map<string, StoredData>();
  for (const reference of dataReferences(bundle)) {
    if (reference.kind !== 'path' || stored.has(reference.path)) continue;
    const { path, isDirectory } = reference;
    const content = isDirectory
      ? zipStream(membersOfDirectory(archive, path))
      : await archive.openEntryStream(path);
    const blob = await blobs.put(content, { maxBytes: MAX_DATA_BYTES, signal });
    const name = posix.basename(path) || 'bundle';
    stored.set(path, { blob, fileName: isDirectory ? `${name}.zip` : name });
  }
  return stored;
}
