import { createHash } from 'node:crypto';
import { z } from 'zod';
import { sha256OfFile } from '../cache/digest.ts';
import { hasCode } from '../home/atomic-file.ts';
import { type FoundFile, UnreadablePathError } from './find-files.ts';

export const manifestSchema = z.array(
  z.object({
    /** `input/…` or `reference/…`, with `/` between folders. */
    path: z.string(),
    size: z.number(),
    sha256: z.string(),
    /** When the file was last written, as last seen with this content: only spares hashing, not part of the digest. */
    mtimeMs: z.number(),
  }),
);

export type Manifest = Readonly<z.infer<typeof manifestSchema>>;
export type ManifestFile = Manifest[number];

/** How far reading has come. */
export interface ReadingProgress {
  readonly files: number;
  readonly bytes: number;
  readonly totalFiles: number;
  readonly totalBytes: number;
}
export type OnProgress = (progress: ReadingProgress) => void;

/** Reads every file. */
export async function makeManifest(found: readonly FoundFile[], onProgress?: OnProgress): Promise<Manifest> {
  const totals = { totalFiles: found.length, totalBytes: found.reduce((sum, { size }) => sum + size, 0) };
  const manifest: ManifestFile[] = [];
  let bytes = 0;
  for (const { path, absolutePath, size, mtimeMs } of found) {
    manifest.push({ path, size, sha256: await hashFile(absolutePath), mtimeMs });
    bytes += size;
    onProgress?.({ files: manifest.length, bytes, ...totals });
  }
  return manifest;
}

export async function hashFile(path: string): Promise<string> {
  try {
    return await sha256OfFile(path);
  } catch (error) {
    if (hasCode(error, 'EACCES')) throw new UnreadablePathError(path, 'the node');
    throw error;
  }
}

/** sha256:<hex> over a line for each file, sorted by path: path, size and SHA-256, parted and ended by NUL, NUL and line feed. */
export function manifestDigest(files: Manifest): string {
  const hash = createHash('sha256');
  for (const { path, size, sha256 } of files) hash.update(`${path}\0${size}\0${sha256}\n`);
  return `sha256:${hash.digest('hex')}`;
}
