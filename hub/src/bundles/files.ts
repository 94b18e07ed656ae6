import { readImage } from '../content/image.ts';
import { MAX_PAGE_BYTES } from '../content/limits.ts';
import { type Archive, ArchiveError } from '../storage/archive/index.ts';
import type { Fields } from './fields.ts';
import type { BundleText, DataReference } from './model.ts';

/** With dashes or without, as Python reads them. */
const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/;
/** Of all pages together: they are kept in memory until they are stored. */
const MAX_TEXT_BYTES = 16 * 1024 ** 2;
const MAX_IMAGE_BYTES = 10 * 1024 ** 2;

/** Looks up the files that keys of the YAML name, and reads those that belong to the competition itself. */
export class BundleFiles {
  readonly #archive: Archive;
  #textBytes = 0;

  constructor(archive: Archive) {
    this.#archive = archive;
  }

  /** Data under a key: a file, a directory or the key of a resource. `null` when absent, or wrong and reported. */
  reference(fields: Fields, key: string): DataReference | null {
    const written = fields.text(key);
    if (written === null) return null;
    const path = normalise(written);
    const file = this.#archive.findFile(path);
    if (file !== null) return { kind: 'path', path: file.name, isDirectory: false };
    if (this.#archive.hasDirectory(path)) return { kind: 'path', path, isDirectory: true };
    const uuid = UUID.exec(written.toLowerCase());
    if (uuid !== null) return { kind: 'key', key: uuid.slice(1).join('-') };
    this.#reportMissing(fields, key, written, ', or the UUID of an existing resource');
    return null;
  }

  requiredReference(fields: Fields, key: string): DataReference | null {
    if (fields.findValue(key) === undefined) {
      fields.requiredText(key);
      return null;
    }
    return this.reference(fields, key);
  }

  /** A page's text. An error when the file is missing, too large, no UTF-8, or blank where `allowEmpty` is not set. */
  async text(fields: Fields, key: string, options: { allowEmpty?: boolean } = {}): Promise<BundleText> {
    const maxBytes = Math.min(MAX_PAGE_BYTES, MAX_TEXT_BYTES - this.#textBytes);
    const content = await this.#read(fields, key, maxBytes);
    if (content === null) return { file: '', source: '' };
    const { file, bytes } = content;
    this.#textBytes += bytes.length;
    try {
      const source = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      if (source.length === 0 && options.allowEmpty !== true) {
        fields.error(key, 'file_empty', `"${file}" is empty.`, 'Write something in it.');
      }
      return { file, source };
    } catch {
      fields.error(key, 'file_not_utf8', `"${file}" is not UTF-8 text.`, 'Save it as UTF-8 and zip again.');
      return { file, source: '' };
    }
  }

  async image(fields: Fields, key: string): Promise<string> {
    const content = await this.#read(fields, key, MAX_IMAGE_BYTES);
    if (content === null) return '';
    const image = readImage(content.bytes);
    if ('refused' in image)
      fields.error(
        key,
        image.refused.code,
        `"${content.file}": ${image.refused.message}`,
        image.refused.cure,
      );
    return content.file;
  }

  async #read(
    fields: Fields,
    key: string,
    maxBytes: number,
  ): Promise<{ file: string; bytes: Buffer } | null> {
    const written = fields.requiredText(key);
    if (written === '') return null;
    const file = this.#archive.findFile(normalise(written))?.name;
    if (file === undefined) {
      this.#reportMissing(fields, key, written, '');
      return null;
    }
    try {
      return { file, bytes: await this.#archive.readEntry(file, maxBytes) };
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      fields.error(key, error.code, error.message, error.cure);
      return null;
    }
  }

  #reportMissing(fields: Fields, key: string, written: string, orElse: string): void {
    const similar = this.#archive.findSimilarName(normalise(written));
    const cure =
      similar === null
        ? `Add it to the archive, or correct the path: it is relative to the root of the archive${orElse}.`
        : `The archive has "${similar}"; write the name as it is there.`;
    fields.error(key, 'file_missing', `"${written}" is not in the archive.`, cure);
  }
}

function normalise(path: string): string {
  return path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
}
