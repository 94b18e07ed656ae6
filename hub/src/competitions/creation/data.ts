import type { Bundle, DataReference } from '../../bundles/model.ts';
import { type DataPath, type DataSink, openData, sizeOfData } from '../../creations/data.ts';
import type { Archive } from '../../storage/archive/index.ts';
import type { StoredBlob } from '../../storage/blob-store.ts';

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

/** What the bundle brings, each thing once. */
function broughtBy(bundle: Bundle): DataPath[] {
  const brought = dataReferences(bundle).filter((reference) => reference.kind === 'path');
  return [...new Map(brought.map((reference) => [reference.path, reference])).values()];
}

/** Bytes of all that the bundle brings. */
export function sizeOfBundle(archive: Archive, bundle: Bundle): number {
  return broughtBy(bundle).reduce((sum, reference) => sum + sizeOfData(archive, reference), 0);
}

/**
 * Puts the data that the bundle brings into the sink.
 * @returns by path
 */
export async function storeData(
  archive: Archive,
  bundle: Bundle,
  sink: DataSink,
): Promise<Map<string, StoredData>> {
  const stored = new Map<string, StoredData>();
  for (const reference of broughtBy(bundle)) {
    const { content, fileName } = await openData(archive, reference);
    stored.set(reference.path, { blob: await sink(content), fileName });
  }
  return stored;
}
