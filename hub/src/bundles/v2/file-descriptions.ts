import type { Fields } from '../fields.ts';
import type { BundleFiles } from '../files.ts';
import type { FileDescription } from '../model.ts';

/**
 * `weir_files`, a key of Weir's own: what the resources are called that files of the archive become, a list of
 * `{ path, name, file_name, description }`. Other platforms ignore it.
 */
export function readFileDescriptions(root: Fields, files: BundleFiles): ReadonlyMap<string, FileDescription> {
  const described = new Map<string, FileDescription>();
  for (const fields of root.mappings('weir_files')) {
    const reference = files.requiredReference(fields, 'path');
    const description = {
      name: fields.text('name', { max: MAX_NAME }),
      fileName: fields.text('file_name', { max: MAX_NAME }),
      description: fields.text('description') ?? '',
    };
    fields.noteUnknownKeys();
    if (reference?.kind === 'path') described.set(reference.path, description);
  }
  return described;
}

const MAX_NAME = 1_024;
