import { sha256OfFile } from '../cache/digest.ts';
import { isMissing } from '../home/atomic-file.ts';
import { DatasetChangedError, DatasetMissingError, InvalidDatasetError } from './errors.ts';
import { type DatasetPart, type FoundFile, findFiles, type ManifestFile } from './manifest.ts';
import type { SiteDataset } from './registry.ts';

/**
 * Checks that a dataset's files are those that were registered. Sizes and times tell in a moment; a file with another time is read, and
 * is fine when its content is the same. `thorough` reads every file.
 */
export async function checkDataset(
  dataset: SiteDataset,
  manifest: readonly ManifestFile[],
  { thorough = false } = {},
): Promise<void> {
  for (const part of ['input', 'reference'] as const) {
    const folder = dataset[part];
    if (folder === null) continue;
    const registered = new Map(
      manifest.filter((file) => file.path.startsWith(`${part}/`)).map((file) => [file.path, file]),
    );
    for (const found of await findOrThrow(dataset, part, folder)) {
      await checkFile(dataset, registered.get(found.path), found, thorough);
      registered.delete(found.path);
    }
    for (const path of registered.keys()) throw changed(dataset, path, 'is gone');
  }
}

async function findOrThrow(dataset: SiteDataset, part: DatasetPart, folder: string): Promise<FoundFile[]> {
  try {
    return await findFiles(part, folder);
  } catch (error) {
    if (isMissing(error)) {
      throw new DatasetMissingError(dataset.name, dataset.version, `its folder ${folder} is gone`);
    }
    if (error instanceof InvalidDatasetError)
      throw changed(dataset, folder, `holds a link: ${error.message}`);
    throw error;
  }
}

async function checkFile(
  dataset: SiteDataset,
  registered: ManifestFile | undefined,
  found: FoundFile,
  thorough: boolean,
): Promise<void> {
  if (!registered) throw changed(dataset, found.path, 'was added');
  if (found.size !== registered.size) throw changed(dataset, found.path, 'has another size');
  if (!thorough && found.mtimeMs === registered.mtimeMs) return;
  if ((await sha256OfFile(found.absolutePath)) !== registered.sha256) {
    throw changed(dataset, found.path, 'has other content');
  }
}

function changed({ name, version }: SiteDataset, path: string, problem: string): DatasetChangedError {
  return new DatasetChangedError(name, version, path, problem);
}
