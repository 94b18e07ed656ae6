import type { Fields } from '../fields.ts';
import type { BundleFiles } from '../files.ts';
import type { Bundle } from '../model.ts';

export async function readVersion1(_root: Fields, _files: BundleFiles): Promise<Bundle> {
  throw new Error('v1');
}
