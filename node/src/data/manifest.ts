import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidDatasetError } from './errors.ts';

export type DatasetPart = 'input' | 'reference';

export interface ManifestFile {
  /** `input/…` or `reference/…`, with `/` between folders. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** When the file was last written, as registered: only spares hashing, not part of the digest. */
  readonly mtimeMs: number;
}

export interface FoundFile {
  readonly path: string;
  readonly absolutePath: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/** Files of a part, by path. Only plain files and folders: a link would make the digest speak of something that is not there. */
export async function findFiles(part: DatasetPart, folder: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const folders = [''];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of await readdir(join(folder, next), { withFileTypes: true })) {
      const path = next ? `${next}/${entry.name}` : entry.name;
      const absolutePath = join(folder, path);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) {
        const { size, mtimeMs } = await lstat(absolutePath);
        found.push({ path: `${part}/${path}`, absolutePath, size, mtimeMs });
      } else {
        throw new InvalidDatasetError(
          `${absolutePath} is neither a file nor a folder; put a copy of it in its place`,
        );
      }
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** sha256:<hex> over a line for each file, sorted by path: path, size and SHA-256, parted and ended by NUL, NUL and line feed. */
export function manifestDigest(files: readonly ManifestFile[]): string {
  const hash = createHash('sha256');
  for (const { path, size, sha256 } of files) hash.update(`${path}\0${size}\0${sha256}\n`);
  return `sha256:${hash.digest('hex')}`;
}
