import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import type { ArchiveEntry } from './directory.ts';
import { checkEntryName, isDesktopLitter } from './entry-name.ts';
import { ArchiveError, missingEntry, printableName } from './errors.ts';
import { extractMembers } from './extract.ts';
import { defaultArchiveLimits } from './limits.ts';
import { NameTree } from './name-tree.ts';
import type { Archive } from './reader.ts';

/** A folder as the archive that zipping its content would make, for whoever has it on their own machine. Links are followed, as zip does. */
export async function openFolder(folder: string): Promise<Archive> {
  const tree = new NameTree();
  const entries: ArchiveEntry[] = [];
  for (const found of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(found.parentPath, found.name);
    const name = relative(folder, path).split(sep).join('/');
    if (isDesktopLitter(name)) continue;
    const { size, ...kind } = await kindOf(path);
    if (!kind.isDirectory && !kind.isFile) continue;
    checkEntryName(name, defaultArchiveLimits);
    tree.add(name, kind.isDirectory);
    entries.push({ name, isDirectory: kind.isDirectory, size, compressedSize: size });
  }
  return new FolderArchive(folder, entries, tree);
}

async function kindOf(path: string): Promise<{ isDirectory: boolean; isFile: boolean; size: number }> {
  const found = await stat(path);
  const isFile = found.isFile();
  return { isDirectory: found.isDirectory(), isFile, size: isFile ? found.size : 0 };
}

class FolderArchive implements Archive {
  readonly notes = [];
  readonly entries: readonly ArchiveEntry[];
  readonly #folder: string;
  readonly #tree: NameTree;
  readonly #files: ReadonlyMap<string, ArchiveEntry>;

  constructor(folder: string, entries: readonly ArchiveEntry[], tree: NameTree) {
    this.entries = entries;
    this.#folder = folder;
    this.#tree = tree;
    this.#files = new Map(
      entries.filter(({ isDirectory }) => !isDirectory).map((entry) => [entry.name, entry]),
    );
  }

  findFile(name: string): ArchiveEntry | null {
    const spelling = this.#tree.spellingOf(name);
    return (spelling === null ? null : this.#files.get(spelling)) ?? null;
  }

  findSimilarName(name: string): string | null {
    return this.#tree.nearestSpelling(name);
  }

  hasDirectory(name: string): boolean {
    return name === '' || this.#tree.isDirectory(name);
  }

  entriesUnder(directory: string): { entry: ArchiveEntry; path: string }[] {
    if (!this.hasDirectory(directory)) throw missingEntry('folder', directory);
    const prefix = directory === '' ? '' : `${this.#tree.spellingOf(directory)}/`;
    return this.entries
      .filter(({ name }) => name.startsWith(prefix))
      .map((entry) => ({ entry, path: entry.name.slice(prefix.length) }));
  }

  async readEntry(name: string, maxBytes: number): Promise<Buffer> {
    const { size } = this.#get(name);
    if (size > maxBytes) {
      const entry = printableName(name);
      throw new ArchiveError('entry_too_large', {
        message: `"${entry}" has ${size} bytes; at most ${maxBytes} are taken here.`,
        entry,
        cure: 'Make the file smaller.',
      });
    }
    return readFile(this.#pathOf(name));
  }

  async openEntryStream(name: string): Promise<Readable> {
    return createReadStream(this.#pathOf(name));
  }

  extract(directory: string, options: { under?: string; signal?: AbortSignal } = {}): Promise<void> {
    return extractMembers(this, directory, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #get(name: string): ArchiveEntry {
    const entry = this.findFile(name);
    if (entry === null) throw missingEntry('file', name);
    return entry;
  }

  #pathOf(name: string): string {
    return join(this.#folder, this.#get(name).name);
  }
}
