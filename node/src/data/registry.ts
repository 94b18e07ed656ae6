import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { containerUser } from '../engine/container-user.ts';
import type { ContainerUser } from '../engine/engine.ts';
import { readFileIfThere, writeAtomically } from '../home/atomic-file.ts';
import type { Home } from '../home/home.ts';
import { inTurn } from '../home/turn.ts';
import { DatasetMissingError, InvalidDatasetError } from './errors.ts';
import { UnreadablePathError } from './find-files.ts';
import { type Manifest, manifestDigest, manifestSchema, type OnProgress } from './manifest.ts';
import { type Folders, readFolders, refuseNested, resolveFolders } from './new-folders.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const folders = {
  /** sha256:<hex> over the manifest of files. */
  digest: z.string(),
  input: z.string().nullable(),
  reference: z.string().nullable(),
};

const datasetSchema = z.object({
  name: z.string().regex(NAME),
  version: z.string().regex(NAME),
  ...folders,
  /** Numbers that the site chose to publish. */
  counts: z.record(z.string(), z.number().int().nonnegative()),
  /** Data of the same shape about nobody, for rehearsals. */
  synthetic: z.object(folders).nullable(),
});

export type SiteDataset = z.infer<typeof datasetSchema>;
/** Where data of the site are, and what they are. */
export type DatasetFolders = Pick<SiteDataset, keyof typeof folders>;

export interface NewDataset extends Folders {
  readonly name: string;
  readonly version: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly synthetic: Folders | null;
}

export interface AddOptions {
  /** Whom containers run as: all of the data have to be readable for it. */
  readonly user?: ContainerUser;
  readonly onProgress?: OnProgress | undefined;
  readonly record?: RecordChange;
}

/** Notes a change before it counts; when it fails there is no change. */
export type RecordChange = (dataset: SiteDataset) => Promise<void>;

/** The datasets that the site has registered: `datasets.json`, and beside it a manifest of files for each digest. */
export class DatasetRegistry {
  readonly #home: Home;

  constructor(home: Home) {
    this.#home = home;
  }

  async list(): Promise<readonly SiteDataset[]> {
    const text = await readFileIfThere(this.#home.datasets);
    if (text === null) return [];
    try {
      return z.array(datasetSchema).parse(JSON.parse(text));
    } catch (error) {
      const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
      throw new InvalidDatasetError(
        `${this.#home.datasets} cannot be read: ${problem}; move it away and register the datasets again`,
      );
    }
  }

  async get(name: string, version: string): Promise<SiteDataset> {
    const dataset = (await this.list()).find((each) => each.name === name && each.version === version);
    if (!dataset) throw new DatasetMissingError(name, version, 'it is not registered at this site');
    return dataset;
  }

  /** Of the data themselves, or of the synthetic ones beside them, by their digest. */
  async readManifest(
    dataset: Pick<SiteDataset, 'name' | 'version' | 'digest'>,
    digest: string = dataset.digest,
  ): Promise<Manifest> {
    const text = await readFileIfThere(this.#manifestPath(digest));
    if (text === null) throw new DatasetMissingError(dataset.name, dataset.version, 'its manifest is gone');
    return manifestSchema.parse(JSON.parse(text));
  }

  /** Reads every file. Registering the same data again is harmless; other data under a name and version that exist is refused. */
  async add(wanted: NewDataset, options: AddOptions = {}): Promise<SiteDataset> {
    const { name, version, counts } = wanted;
    checkWanted(wanted);
    const real = await resolveFolders(wanted, '');
    const synthetic = wanted.synthetic && (await resolveFolders(wanted.synthetic, 'synthetic-'));
    refuseNested(real, synthetic);
    const data = await this.#read(real, options);
    const standIn = synthetic && (await this.#read(synthetic, options));
    if (standIn?.digest === data.digest) {
      throw new InvalidDatasetError('the synthetic data are the data themselves: they have the same files');
    }
    const dataset: SiteDataset = { name, version, ...data, counts, synthetic: standIn };
    return await this.#inTurn(async () => {
      const others = (await this.list()).filter((each) => each.name !== name || each.version !== version);
      await this.#refuseOtherData(dataset);
      await options.record?.(dataset);
      await this.#write([...others, dataset]);
      return dataset;
    });
  }

  /** Forgets a dataset; its files are left alone. */
  async remove(name: string, version: string, record?: RecordChange): Promise<SiteDataset> {
    return await this.#inTurn(async () => {
      const dataset = await this.get(name, version);
      const others = (await this.list()).filter((each) => each.name !== name || each.version !== version);
      await record?.(dataset);
      await this.#write(others);
      const kept = new Set(others.flatMap((each) => [each.digest, each.synthetic?.digest]));
      for (const digest of [dataset.digest, dataset.synthetic?.digest]) {
        if (digest !== undefined && !kept.has(digest)) await rm(this.#manifestPath(digest), { force: true });
      }
      return dataset;
    });
  }

  /** Keeps the times of files that were read and found the same, so that the next check need not read them again. */
  async rememberTimes(digest: string, before: Manifest, now: Manifest): Promise<void> {
    if (now.every((file, index) => file.mtimeMs === before[index]?.mtimeMs)) return;
    await writeAtomically(this.#manifestPath(digest), JSON.stringify(now));
  }

  async #read(found: Folders, { user = containerUser(), onProgress }: AddOptions): Promise<DatasetFolders> {
    try {
      const files = await readFolders(found, user, onProgress);
      const digest = manifestDigest(files);
      await mkdir(this.#home.manifests, { recursive: true });
      await writeAtomically(this.#manifestPath(digest), JSON.stringify(files));
      return { digest, ...found };
    } catch (error) {
      throw error instanceof UnreadablePathError ? new InvalidDatasetError(error.message) : error;
    }
  }

  /** Two commands at once do not write over each other's change. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return inTurn(`${this.#home.datasets}.lock`, work);
  }

  async #write(datasets: readonly SiteDataset[]): Promise<void> {
    await writeAtomically(this.#home.datasets, `${JSON.stringify(datasets, null, 2)}\n`);
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

function checkWanted({ name, version, input, reference, synthetic }: NewDataset): void {
  for (const word of [name, version]) {
    if (NAME.test(word)) continue;
    throw new InvalidDatasetError(`"${word}": names and versions are letters, digits, ".", "_" and "-"`);
  }
  if (input === null && reference === null) {
    throw new InvalidDatasetError('a dataset needs --input DIR, --reference DIR or both');
  }
  if (synthetic === null) return;
  for (const [part, real, standIn] of [
    ['input', input, synthetic.input],
    ['reference', reference, synthetic.reference],
  ] as const) {
    if ((real === null) === (standIn === null)) continue;
    throw new InvalidDatasetError(
      `a rehearsal needs the parts that the data have: give both --${part} and --synthetic-${part}, or neither`,
    );
  }
}
