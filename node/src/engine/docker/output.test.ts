import { expect, it } from 'vitest';
import { forwardOutput } from './output.ts';

function frame(stream: 1 | 2, content: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(content), 4);
  return Buffer.concat([header, Buffer.from(content)]);
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

it.each([1, 2, 7, 8, 9, 1000])('puts frames together from pieces of %i bytes', async (size) => {
  const bytes = Buffer.concat([frame(1, 'one '), frame(2, 'bad'), frame(1, ''), frame(1, 'two')]);
  const seen = { stdout: '', stderr: '' };
  await forwardOutput(pieces(bytes, size), {
    signal: new AbortController().signal,
    onOutput: (stream, content) => {
      seen[stream] += Buffer.from(content).toString();
    },
  });
  expect(seen).toEqual({ stdout: 'one two', stderr: 'bad' });
});
