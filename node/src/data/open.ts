import type { ContainerUser } from '../engine/engine.ts';
import { checkDataset } from './check.ts';
import { DatasetMissingError } from './errors.ts';
import type { DatasetPart } from './find-files.ts';
import type { DatasetFolders, DatasetRegistry } from './registry.ts';

export interface WantedDataset {
  readonly name: string;
  readonly version: string;
  /** Its synthetic stand-in, for a rehearsal. */
  readonly synthetic: boolean;
  readonly parts: readonly DatasetPart[];
}

/**
 * Opens data of the site for a run: they are registered, are what was registered, and can be read by `user`, whom containers run as.
 * Otherwise throws an error that says so. A rehearsal is given the synthetic part or nothing, never the data themselves.
 */
export async function openDataset(
  registry: DatasetRegistry,
  { name, version, synthetic, parts }: WantedDataset,
  user: ContainerUser,
): Promise<DatasetFolders> {
  const dataset = await registry.get(name, version);
  const folders = synthetic ? dataset.synthetic : dataset;
  if (folders === null)
    throw new DatasetMissingError(name, version, 'it has no synthetic part to rehearse on');
  for (const part of parts) {
    if (folders[part] === null) throw new DatasetMissingError(name, version, `it has no ${part} part`);
  }
  const manifest = await registry.readManifest(dataset, folders.digest);
  const { digest, input, reference } = folders;
  const checked = await checkDataset({ name, version, digest, input, reference }, manifest, { user });
  await registry.rememberTimes(digest, manifest, checked);
  return { digest, input, reference };
}
