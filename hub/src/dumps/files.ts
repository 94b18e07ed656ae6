import type { DataReference, FileDescription } from '../bundles/model.ts';
import type { ZipMember } from '../storage/archive/index.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { StoredCompetition, StoredResource } from './read-competition.ts';

const IMAGE_EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

const MAX_NAME = 80;

export interface DumpFilesOptions {
  readonly blobs: BlobStore;
  readonly stored: Pick<StoredCompetition, 'resources' | 'organizers'>;
  /** Keys in place of all files. */
  readonly byKey: boolean;
  /** Of somebody who may take along what is nobody's of the organizers. */
  readonly asAdmin: boolean;
}

/** The large files of a dump: given names in the order in which they are asked for, opened only when they are written. */
export class DumpFiles {
  readonly #options: DumpFilesOptions;
  readonly #paths = new Map<number, string>();
  readonly #descriptions = new Map<string, FileDescription>();
  readonly #members: ZipMember[] = [];
  #leftOut = 0;

  constructor(options: DumpFilesOptions) {
    this.#options = options;
  }

  get members(): readonly ZipMember[] {
    return this.#members;
  }

  get descriptions(): ReadonlyMap<string, FileDescription> {
    return this.#descriptions;
  }

  /** Files named by key because they belong to somebody else. */
  get leftOut(): number {
    return this.#leftOut;
  }

  logo(digest: string | null, mediaType: string | null): string | null {
    if (digest === null || mediaType === null) return null;
    const name = `logo.${IMAGE_EXTENSIONS[mediaType] ?? 'img'}`;
    this.#members.push({ name, open: () => this.#options.blobs.open(digest) });
    return name;
  }

  reference(resourceId: number | null): DataReference | null {
    if (resourceId === null) return null;
    const resource = this.#options.stored.resources.get(resourceId)!;
    const { byKey } = this.#options;
    const mayGoAlong = this.#mayGoAlong(resource);
    if (!byKey && !mayGoAlong) this.#leftOut++;
    if (byKey || !mayGoAlong) return { kind: 'key', key: resource.key };
    return { kind: 'path', path: this.#pathOf(resource), isDirectory: false };
  }

  #mayGoAlong({ createdBy, isPublic, digest }: StoredResource): boolean {
    const { stored, asAdmin } = this.#options;
    return digest !== null && (isPublic || asAdmin || stored.organizers.has(createdBy));
  }

  /** Each resource is one file, however often it is used; two resources stay two, even with the same bytes. */
  #pathOf({ id, fileName, name, description, digest, size }: StoredResource): string {
    const known = this.#paths.get(id);
    if (known !== undefined) return known;
    const path = `data/${this.#paths.size + 1}-${plainName(fileName)}`;
    this.#paths.set(id, path);
    this.#descriptions.set(path, { name, fileName, description });
    this.#members.push({
      name: path,
      ...(size !== null && { size }),
      open: () => this.#options.blobs.open(digest ?? ''),
    });
    return path;
  }
}

/** One that every file system and every reader of archives takes; the true one is in the description. */
function plainName(fileName: string): string {
  return fileName.replace(/[^A-Za-z0-9._-]+/g, '_').slice(-MAX_NAME) || 'file';
}
