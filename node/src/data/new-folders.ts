import { realpath, stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import type { ContainerUser } from '../engine/engine.ts';
import { InvalidDatasetError } from './errors.ts';
import { type FoundFile, findFiles } from './find-files.ts';
import { type Manifest, makeManifest, type OnProgress } from './manifest.ts';

export interface Folders {
  readonly input: string | null;
  readonly reference: string | null;
}

/** The folders as they are called without links, so that what is checked is what containers are shown. */
export async function resolveFolders(given: Folders, prefix: '' | 'synthetic-'): Promise<Folders> {
  return {
    input: await resolveFolder(given.input, `--${prefix}input`),
    reference: await resolveFolder(given.reference, `--${prefix}reference`),
  };
}

async function resolveFolder(folder: string | null, flag: string): Promise<string | null> {
  if (folder === null) return null;
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new InvalidDatasetError(`${flag} ${folder}: there is no such folder`);
  return await realpath(folder);
}

/**
 * Each part is shown to other containers than the rest: one that lay inside of another would be shown where it must not, reference data to
 * participants' code or data of patients in a rehearsal.
 */
export function refuseNested(real: Folders, synthetic: Folders | null): void {
  const all = [real.input, real.reference, synthetic?.input, synthetic?.reference].filter(
    (folder) => typeof folder === 'string',
  );
  for (const [index, outer] of all.entries()) {
    const inner = all.find((folder, other) => other !== index && holds(outer, folder));
    if (inner === undefined) continue;
    throw new InvalidDatasetError(
      `${inner} lies in ${outer}: whoever is shown the one would see the other; give each part a folder of its own`,
    );
  }
}

function holds(outer: string, inner: string): boolean {
  const path = relative(outer, inner);
  return path !== '..' && !path.startsWith(`..${sep}`);
}

/** Reads every file of both parts. */
export async function readFolders(
  { input, reference }: Folders,
  user: ContainerUser,
  onProgress?: OnProgress,
): Promise<Manifest> {
  const found: FoundFile[] = [];
  for (const [part, folder] of [
    ['input', input],
    ['reference', reference],
  ] as const) {
    if (folder === null) continue;
    const files = await findFiles(part, folder, user);
    if (files.length === 0) throw new InvalidDatasetError(`${folder}: the folder holds no files`);
    found.push(...files);
  }
  return await makeManifest(found, onProgress);
}
