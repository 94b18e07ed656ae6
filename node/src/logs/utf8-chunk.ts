import { isUtf8 } from 'node:buffer';

/** The contract's cap for the text of one chunk. */
export const MAX_CHUNK_BYTES = 64 * 1024;

/** A byte that is not UTF-8 becomes U+FFFD, which has three. */
const MAX_BROKEN_BYTES = Math.floor(MAX_CHUNK_BYTES / 3);

export interface Cut {
  /** Valid UTF-8, at most MAX_CHUNK_BYTES. */
  readonly text: Buffer;
  /** How many bytes of the input went into it. */
  readonly consumed: number;
}

/**
 * Cuts the next chunk off what a container printed, never within a character. A character whose end has not come yet stays behind, unless
 * `ended` says that nothing more comes. Null when there is nothing to cut.
 */
export function cutChunk(bytes: Buffer, ended: boolean): Cut | null {
  const whole = bytes.subarray(0, MAX_CHUNK_BYTES);
  const isLast = ended && whole.length === bytes.length;
  const end = isLast ? whole.length : endOfCharacters(whole);
  if (end === 0) return null;
  const text = whole.subarray(0, end);
  if (isUtf8(text)) return { text, consumed: end };
  const part = end > MAX_BROKEN_BYTES ? endOfCharacters(text.subarray(0, MAX_BROKEN_BYTES)) : end;
  return { text: Buffer.from(text.subarray(0, part).toString('utf8')), consumed: part };
}

/** Where the last whole character ends: at most three bytes before the end. */
function endOfCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    return lengthOfCharacter(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function lengthOfCharacter(first: number): number {
  if ((first & 0b1110_0000) === 0b1100_0000) return 2;
  if ((first & 0b1111_0000) === 0b1110_0000) return 3;
  if ((first & 0b1111_1000) === 0b1111_0000) return 4;
  return 1;
}
