import { expect, test } from 'vitest';
import { cutChunk, MAX_CHUNK_BYTES } from './utf8-chunk.ts';

/** Cuts all of it up, as it would come in pieces of `piece` bytes. */
function cutAll(bytes: Buffer, piece: number): Buffer[] {
  const chunks: Buffer[] = [];
  let rest = Buffer.alloc(0);
  for (let at = 0; at < bytes.length; at += piece) {
    rest = Buffer.concat([rest, bytes.subarray(at, at + piece)]);
    const ended = at + piece >= bytes.length;
    for (let cut = cutChunk(rest, ended); cut; cut = cutChunk(rest, ended)) {
      chunks.push(cut.text);
      rest = rest.subarray(cut.consumed);
    }
  }
  expect(rest.length).toBe(0);
  return chunks;
}

test('characters are never cut, however the bytes come', () => {
  const text = 'aé€😀\n'.repeat(200);
  for (let piece = 1; piece < 40; piece += 1) {
    const chunks = cutAll(Buffer.from(text), piece);
    expect(chunks.map((chunk) => chunk.toString()).join('')).toBe(text);
    for (const chunk of chunks) expect(chunk.equals(Buffer.from(chunk.toString()))).toBe(true);
  }
});

test('chunks keep to their cap, also when bytes that are not UTF-8 grow', () => {
  for (const bytes of [
    Buffer.alloc(300_000, 'é'),
    Buffer.alloc(300_000, 0xff),
    Buffer.alloc(300_000, 0x80),
  ]) {
    const chunks = cutAll(bytes, 100_000);
    for (const chunk of chunks) {
      expect(chunk.length).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
      expect(chunk.equals(Buffer.from(chunk.toString()))).toBe(true);
    }
  }
});
