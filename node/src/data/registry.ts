import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { sha256OfFile } from '../cache/digest.ts';
import { readFileIfThere, writeAtomically } from '../home/atomic-file.ts';
import type { Home } from '../home/home.ts';
import { DatasetMissingError, InvalidDatasetError } from './errors.ts';
import { type DatasetPart, findFiles, type ManifestFile, manifestDigest } from './manifest.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const datasetSchema = z.object({
  name: z.string().regex(NAME),
  version: z.string().regex(NAME),
  /** sha256:<hex> over the manifest of files. */
  digest: z.string(),
  input: z.string().nullable(),
  reference: z.string().nullable(),
  /** Numbers that the site chose to publish. */
  counts: z.record(z.string(), z.number().int().nonnegative()),
});

const manifestSchema = z.array(
  z.object({ path: z.string(), size: z.number(), sha256: z.string(), mtimeMs: z.number() }),
);

export type SiteDataset = z.infer<typeof datasetSchema>;

export interface NewDataset {
  readonly name: string;
  readonly version: string;
  readonly input: string | null;
  readonly reference: string | null;
  readonly counts: Readonly<Record<string, number>>;
}

/** The datasets that the site has registered: `datasets.json`, and beside it a manifest of files for each. */
export class DatasetRegistry {
  readonly #home: Home;

  constructor(home: Home) {
    this.#home = home;
  }

  async list(): Promise<readonly SiteDataset[]> {
    const text = await readFileIfThere(this.#home.datasets);
    return text === null ? [] : z.array(datasetSchema).parse(JSON.parse(text));
  }

  async get(name: string, version: string): Promise<SiteDataset> {
    const dataset = (await this.list()).find((each) => each.name === name && each.version === version);
    if (!dataset) throw new DatasetMissingError(name, version, 'it is not registered at this site');
    return dataset;
  }

  async readManifest(dataset: SiteDataset): Promise<readonly ManifestFile[]> {
    const text = await readFileIfThere(this.#manifestPath(dataset.digest));
    if (text === null) throw new DatasetMissingError(dataset.name, dataset.version, 'its manifest is gone');
    return manifestSchema.parse(JSON.parse(text));
  }

  /** Reads every file. Registering the same data again is harmless; other data under a name and version that exist is refused. */
  async add(wanted: NewDataset): Promise<SiteDataset> {
    checkNames(wanted);
    const input = wanted.input === null ? null : resolve(wanted.input);
    const reference = wanted.reference === null ? null : resolve(wanted.reference);
    const files = [...(await hashPart('input', input)), ...(await hashPart('reference', reference))];
    const { name, version, counts } = wanted;
    const dataset = { name, version, digest: manifestDigest(files), input, reference, counts };
    const others = (await this.list()).filter((each) => each.name !== name || each.version !== version);
    await this.#refuseOtherData(dataset);
    await mkdir(this.#home.manifests, { recursive: true });
    await writeAtomically(this.#manifestPath(dataset.digest), JSON.stringify(files));
    await writeAtomically(this.#home.datasets, `${JSON.stringify([...others, dataset], null, 2)}\n`);
    return dataset;
  }

  async #refuseOtherData({ name, version, digest }: SiteDataset): Promise<void> {
    const before = (await this.list()).find((each) => each.name === name && each.version === version);
    if (!before || before.digest === digest) return;
    throw new InvalidDatasetError(
      `dataset ${name}@${version} is registered with other files (${before.digest}); give the new files a version of their own`,
    );
  }

  #manifestPath(digest: string): string {
    return join(this.#home.manifests, `${digest.replace('sha256:', '')}.json`);
  }
}

function checkNames({ name, version, input, reference }: NewDataset): void {
  for (const word of [name, version]) {
    if (NAME.test(word)) continue;
    throw new InvalidDatasetError(`"${word}": names and versions are letters, digits, ".", "_" and "-"`);
  }
  if (input === null && reference === null) {
    throw new InvalidDatasetError('a dataset needs --input DIR, --reference DIR or both');
  }
}

async function hashPart(part: DatasetPart, folder: string | null): Promise<ManifestFile[]> {
  if (folder === null) return [];
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new InvalidDatasetError(`--${part} ${folder}: there is no such folder`);
  const files: ManifestFile[] = [];
  for (const { path, absolutePath, size, mtimeMs } of await findFiles(part, folder)) {
    files.push({ path, size, sha256: await sha256OfFile(absolutePath), mtimeMs });
  }
  if (files.length === 0) throw new InvalidDatasetError(`--${part} ${folder}: the folder holds no files`);
  return files;
}
