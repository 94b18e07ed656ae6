import { ArchiveError, printableName } from './errors.ts';

interface Node {
  spelling: string;
  isDirectory: boolean;
}

/**
 * Every path of an archive, the directories its names imply included, compared as the least discerning file system
 * would: without case, and without difference between composed and decomposed characters. Two spellings of one path,
 * or one path that is both file and directory, unpack differently from machine to machine and are refused.
 */
export class NameTree {
  readonly #nodes = new Map<string, Node>();

  add(path: string, isDirectory: boolean): void {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      this.#claim(path.slice(0, slash), true);
    }
    this.#claim(path, isDirectory);
  }

  isDirectory(path: string): boolean {
    return this.#nodes.get(fold(path))?.isDirectory === true && this.spellingOf(path) !== null;
  }

  /** The archive's spelling of a path that may differ from it in Unicode composition, though not in case. */
  spellingOf(path: string): string | null {
    const node = this.#nodes.get(fold(path));
    return node !== undefined && node.spelling.normalize('NFC') === path.normalize('NFC')
      ? node.spelling
      : null;
  }

  /** The archive's spelling of a path that differs in case alone, to say so to whoever mistyped it. */
  nearestSpelling(path: string): string | null {
    return this.#nodes.get(fold(path))?.spelling ?? null;
  }

  #claim(path: string, isDirectory: boolean): void {
    const key = fold(path);
    const known = this.#nodes.get(key);
    if (known === undefined) {
      this.#nodes.set(key, { spelling: path, isDirectory });
      return;
    }
    if (known.spelling === path && known.isDirectory === isDirectory) return;
    const entry = printableName(path);
    throw new ArchiveError('entry_name_collision', {
      message:
        known.spelling === path
          ? `"${entry}" is both a file and a folder.`
          : `"${entry}" and "${printableName(known.spelling)}" differ in case or accents alone.`,
      entry,
      cure: 'Rename one of them and zip again.',
    });
  }
}

function fold(path: string): string {
  return path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}
