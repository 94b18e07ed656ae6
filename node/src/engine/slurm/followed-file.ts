import { open } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 1024;
/** At one look, so that a container that prints without end does not take the node's whole attention. */
const MOST_CHUNKS = 64;

/** A file that grows elsewhere, read from where the last look ended, in bounded pieces. */
export class FollowedFile {
  readonly #path: string;
  readonly #pass: (bytes: Uint8Array) => void;
  #offset = 0;

  constructor(path: string, pass: (bytes: Uint8Array) => void) {
    this.#path = path;
    this.#pass = pass;
  }

  /** Passes on what is new. Resolves with whether there may be more. */
  async read(): Promise<boolean> {
    const file = await open(this.#path, 'r').catch(() => null);
    if (file === null) return false;
    try {
      for (let chunk = 0; chunk < MOST_CHUNKS; chunk += 1) {
        const { bytesRead, buffer } = await file.read(
          Buffer.alloc(CHUNK_BYTES),
          0,
          CHUNK_BYTES,
          this.#offset,
        );
        if (bytesRead === 0) return false;
        this.#offset += bytesRead;
        this.#pass(buffer.subarray(0, bytesRead));
      }
      return true;
    } finally {
      await file.close();
    }
  }

  /** To the end, for a file that grows no more. */
  async readAll(): Promise<void> {
    while (await this.read());
  }
}
