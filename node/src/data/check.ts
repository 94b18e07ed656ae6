import { containerUser } from '../engine/container-user.ts';
import type { ContainerUser } from '../engine/engine.ts';
import { isMissing } from '../home/atomic-file.ts';
import {
  DatasetChangedError,
  DatasetMissingError,
  DatasetUnreadableError,
  InvalidDatasetError,
} from './errors.ts';
import { type DatasetPart, type FoundFile, findFiles, UnreadablePathError } from './find-files.ts';
import { hashFile, type Manifest, type ManifestFile, type OnProgress } from './manifest.ts';
import type { DatasetFolders } from './registry.ts';

export interface CheckOptions {
  /** Reads every file, not only those whose time has changed. */
  readonly thorough?: boolean;
  /** Whom containers run as. */
  readonly user?: ContainerUser;
  readonly onProgress?: OnProgress | undefined;
}

export interface CheckedDataset extends DatasetFolders {
  readonly name: string;
  readonly version: string;
}

/**
 * Checks that the files are those that were registered, and that containers can read them. Sizes and times tell in a moment; a file with another
 * time is read, and is fine when its content is the same. Answers with the manifest as it is to be kept: with the times of now, so that
 * nothing is read twice.
 */
export async function checkDataset(
  dataset: CheckedDataset,
  manifest: Manifest,
  { thorough = false, user = containerUser(), onProgress }: CheckOptions = {},
): Promise<Manifest> {
  const totalBytes = manifest.reduce((sum, { size }) => sum + size, 0);
  const checked: ManifestFile[] = [];
  let bytes = 0;
  for (const part of ['input', 'reference'] as const) {
    const folder = dataset[part];
    if (folder === null) continue;
    const registered = new Map(
      manifest.filter((file) => file.path.startsWith(`${part}/`)).map((file) => [file.path, file]),
    );
    for (const found of await findOrThrow(dataset, part, folder, user)) {
      checked.push(await checkFile(dataset, registered.get(found.path), found, thorough));
      registered.delete(found.path);
      bytes += found.size;
      onProgress?.({ files: checked.length, bytes, totalFiles: manifest.length, totalBytes });
    }
    for (const path of registered.keys()) throw changed(dataset, path, 'is gone');
  }
  return checked;
}

async function findOrThrow(
  dataset: CheckedDataset,
  part: DatasetPart,
  folder: string,
  user: ContainerUser,
): Promise<FoundFile[]> {
  try {
    return await findFiles(part, folder, user);
  } catch (error) {
    if (isMissing(error)) {
      throw new DatasetMissingError(dataset.name, dataset.version, `its folder ${folder} is gone`);
    }
    if (error instanceof InvalidDatasetError) {
      throw changed(dataset, folder, `holds what could not be registered: ${error.message}`);
    }
    throw asUnreadable(dataset, error);
  }
}

async function checkFile(
  dataset: CheckedDataset,
  registered: ManifestFile | undefined,
  found: FoundFile,
  thorough: boolean,
): Promise<ManifestFile> {
  if (!registered) throw changed(dataset, found.path, 'was added');
  if (found.size !== registered.size) throw changed(dataset, found.path, 'has another size');
  if (!thorough && found.mtimeMs === registered.mtimeMs) return registered;
  if ((await hashOrThrow(dataset, found)) !== registered.sha256) {
    throw changed(dataset, found.path, 'has other content');
  }
  return { ...registered, mtimeMs: found.mtimeMs };
}

async function hashOrThrow(dataset: CheckedDataset, { absolutePath, path }: FoundFile): Promise<string> {
  try {
    return await hashFile(absolutePath);
  } catch (error) {
    if (isMissing(error)) throw changed(dataset, path, 'is gone');
    throw asUnreadable(dataset, error);
  }
}

function asUnreadable({ name, version }: CheckedDataset, error: unknown): unknown {
  if (!(error instanceof UnreadablePathError)) return error;
  return new DatasetUnreadableError(`${name}@${version}`, error.message);
}

function changed({ name, version }: CheckedDataset, path: string, problem: string): DatasetChangedError {
  return new DatasetChangedError(name, version, path, problem);
}
