import { constants, open } from 'node:fs/promises';

/** What came of reading a file that untrusted code may have made. */
export type BoundedRead =
  | { readonly kind: 'content'; readonly bytes: Buffer }
  | { readonly kind: 'absent' }
  /** A link, a folder, a pipe, a device, or not readable. */
  | { readonly kind: 'not-a-file' }
  | { readonly kind: 'too-large' };

/** Reads a regular file of at most `limit` bytes. Follows no link in its last part, waits for no pipe, and reads no more than the limit. */
export async function readBounded(path: string, limit: number): Promise<BoundedRead> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile()) return { kind: 'not-a-file' };
    if (found.size > limit) return { kind: 'too-large' };
    // One byte more than it has, to see the end; a file that grows while it is read counts as too large.
    const buffer = Buffer.alloc(found.size + 1);
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled);
      if (bytesRead === 0) return { kind: 'content', bytes: buffer.subarray(0, filled) };
      filled += bytesRead;
    }
    return { kind: 'too-large' };
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT'
      ? { kind: 'absent' }
      : { kind: 'not-a-file' };
  }
}
