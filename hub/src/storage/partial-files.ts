import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Files that arrive in parts, on this machine's disk until they are whole. Another hub process may have other parts of the same file, or none: senders ask
 * how much is here and go on from there. Nothing is promised of them but that they are bounded and go away.
 */
export class PartialFiles {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(root: string): Promise<PartialFiles> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    return new PartialFiles(root);
  }

  /** Bytes that are here. */
  async size(name: string): Promise<number> {
    const found = await stat(this.#pathOf(name)).catch(() => null);
    return found?.size ?? 0;
  }

  /**
   * Writes at `offset`, which may not lie behind the end. What came before the source failed stays.
   * @param most bytes of the whole file; what goes beyond is not written
   * @returns bytes that are here then
   */
  async write(
    name: string,
    offset: number,
    content: AsyncIterable<Uint8Array>,
    most: number,
  ): Promise<number> {
    await using file = await open(this.#pathOf(name), constants.O_RDWR | constants.O_CREAT, 0o600);
    const { size } = await file.stat();
    if (offset > size) return size;
    let end = offset;
    for await (const chunk of content) {
      const part = chunk.subarray(0, most - end);
      if (part.length > 0) await file.write(part, 0, part.length, end);
      end += part.length;
      if (part.length < chunk.length) break;
    }
    return Math.max(size, end);
  }

  read(name: string): AsyncIterable<Uint8Array> {
    return createReadStream(this.#pathOf(name));
  }

  /** sha256:<hex> of all that is here. */
  async digest(name: string): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of this.read(name)) hash.update(chunk);
    return `sha256:${hash.digest('hex')}`;
  }

  /** Nothing happens when there is none. */
  async remove(name: string): Promise<void> {
    await rm(this.#pathOf(name), { force: true });
  }

  /** Of those to which nothing was added for so long. */
  async removeOld(olderThanMs: number): Promise<void> {
    for (const name of await readdir(this.#root)) {
      const found = await stat(join(this.#root, name)).catch(() => null);
      if (found && Date.now() - found.mtimeMs > olderThanMs)
        await rm(join(this.#root, name), { force: true });
    }
  }

  /** The check keeps anything but a name of ours from becoming a path. */
  #pathOf(name: string): string {
    if (!/^[0-9a-z-]{1,100}$/.test(name))
      throw new Error(`not the name of a partial file: ${JSON.stringify(name)}`);
    return join(this.#root, name);
  }
}
