import { crc32 } from 'node:zlib';

/**
 * How a record lies in the journal: length and CRC-32 of the body (both 32 bits, little endian), then the body.
 * A crash leaves at worst a tail that is cut off or was never written; neither has the checksum of its length.
 */
const HEADER_BYTES = 8;

/** Longer than any record: a length above it is not a length but a torn frame. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

export function frame(body: Uint8Array): Buffer {
  if (body.length > MAX_BODY_BYTES) throw new RangeError(`a record of ${body.length} bytes is too long`);
  const framed = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  framed.writeUInt32LE(body.length, 0);
  framed.writeUInt32LE(crc32(body), 4);
  framed.set(body, HEADER_BYTES);
  return framed;
}

export interface ReadFrames {
  readonly bodies: readonly Uint8Array[];
  /** Where the last whole record ends: what follows is torn. */
  readonly end: number;
}

export function readFrames(bytes: Buffer, start: number): ReadFrames {
  const bodies: Uint8Array[] = [];
  let end = start;
  while (end + HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(end);
    const next = end + HEADER_BYTES + length;
    // An empty body has no meaning, and would make a tail of zeros look whole.
    if (length === 0 || length > MAX_BODY_BYTES || next > bytes.length) break;
    const body = bytes.subarray(end + HEADER_BYTES, next);
    if (crc32(body) !== bytes.readUInt32LE(end + 4)) break;
    bodies.push(body);
    end = next;
  }
  return { bodies, end };
}
