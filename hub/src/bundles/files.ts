import { readImage } from '../content/image.ts';
import { MAX_PAGE_BYTES } from '../content/limits.ts';
import { type Archive, ArchiveError } from '../storage/archive/index.ts';
import { MAX_ATTESTATION_BYTES, MAX_ATTESTATIONS, readAttestation } from './attestation.ts';
import type { Fields } from './fields.ts';
import type { BundleText, DataReference } from './model.ts';

/** With dashes or without, as Python reads them. */
const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/;
const ATTESTATION_CURE = `Add DSSE envelopes (JSON) of in-toto statements, each of at most ${MAX_ATTESTATION_BYTES / 1024} KiB.`;
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
    if (uuid !== null) {
      const named = uuid.slice(1).join('-');
      fields.name(key, 'resource', named);
      return { kind: 'key', key: named };
    }
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

  /** A list of files under a key, each a DSSE envelope; those that are none are reported and left out. */
  async attestations(fields: Fields, key: string): Promise<string[]> {
    const listed = fields.list(key);
    if (listed.length > MAX_ATTESTATIONS) {
      const message = `"${key}" names ${listed.length} files; at most ${MAX_ATTESTATIONS} are taken.`;
      fields.error(key, 'too_many_attestations', message, 'Sign several programs in one statement.');
    }
    const envelopes: string[] = [];
    for (const { node, where } of listed.slice(0, MAX_ATTESTATIONS)) {
      const place = { where, at: node.at };
      const name = 'text' in node ? normalise(node.text) : '';
      const file = this.#archive.findFile(name)?.name;
      if (file === undefined) {
        fields.log.error(
          'file_missing',
          place,
          `"${name}" is not in the archive.`,
          cureOfMissing(this.#archive, name, ''),
        );
        continue;
      }
      const read = await this.#readAttestation(file);
      if ('envelope' in read) envelopes.push(read.envelope);
      else
        fields.log.error(
          'not_an_attestation',
          place,
          `"${file}" is no attestation: ${read.wrong}.`,
          ATTESTATION_CURE,
        );
    }
    return envelopes;
  }

  async #readAttestation(file: string): Promise<{ envelope: string } | { wrong: string }> {
    try {
      return readAttestation(await this.#archive.readEntry(file, MAX_ATTESTATION_BYTES));
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      return { wrong: error.message };
    }
  }

  /** Null when there is none, and `mayLack` says that there need not be one. */
  async image(fields: Fields, key: string, { mayLack = false } = {}): Promise<string | null> {
    if (mayLack && fields.findValue(key) === undefined) return null;
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
    const cure = cureOfMissing(this.#archive, normalise(written), orElse);
    fields.error(key, 'file_missing', `"${written}" is not in the archive.`, cure);
  }
}

function cureOfMissing(archive: Archive, path: string, orElse: string): string {
  const similar = archive.findSimilarName(path);
  return similar === null
    ? `Add it to the archive, or correct the path: it is relative to the root of the archive${orElse}.`
    : `The archive has "${similar}"; write the name as it is there.`;
}

function normalise(path: string): string {
  return path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
}
