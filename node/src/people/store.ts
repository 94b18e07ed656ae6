import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, readFileIfThere, syncFolder, writeAtomically } from '../home/atomic-file.ts';
import { QuestionDamagedError } from './errors.ts';
import { type QuestionRecord, recordSchema } from './record.ts';

const RECORD = 'question.json';

/**
 * A folder for each question: `question.json`, and the bytes of its material under their digests. Each file is replaced as a whole, and the
 * bytes are there before the record that names them; a folder without a record was cut off while it was made, and is nothing.
 */
export class QuestionStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<QuestionStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new QuestionStore(folder);
  }

  /** All of them; removes what a crash has left half made. */
  async readAll(): Promise<QuestionRecord[]> {
    const records: QuestionRecord[] = [];
    for (const entry of await readdir(this.#folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const folder = join(this.#folder, entry.name);
      for (const file of await readdir(folder)) {
        if (file.startsWith('.')) await rm(join(folder, file));
      }
      const record = await readRecord(join(folder, RECORD));
      if (record) records.push(record);
      else await rm(folder, { recursive: true });
    }
    return records;
  }

  async write(record: QuestionRecord): Promise<void> {
    await writeAtomically(
      join(this.#folder, record.question.id, RECORD),
      `${JSON.stringify(record, null, 2)}\n`,
    );
  }

  /** Keeps bytes of a question under their digest. */
  async keep(question: string, bytes: Uint8Array): Promise<string> {
    const folder = join(this.#folder, question);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await syncFolder(this.#folder);
    const digest = sha256(bytes);
    await writeAtomically(join(folder, fileOf(digest)), bytes);
    return digest;
  }

  /** The bytes, which are those of the digest. */
  async read(question: string, digest: string): Promise<Uint8Array> {
    const path = join(this.#folder, question, fileOf(digest));
    const bytes = await readFile(path);
    if (sha256(bytes) !== digest) {
      throw new QuestionDamagedError(path, new Error('these are not the bytes that were kept'));
    }
    return bytes;
  }

  async remove(question: string): Promise<void> {
    await rm(join(this.#folder, question), { recursive: true, force: true });
  }
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function readRecord(path: string): Promise<QuestionRecord | null> {
  try {
    const text = await readFileIfThere(path);
    return text === null ? null : recordSchema.parse(JSON.parse(text));
  } catch (error) {
    if (isMissing(error)) return null;
    throw new QuestionDamagedError(path, error);
  }
}

function fileOf(digest: string): string {
  return digest.replace('sha256:', '');
}
