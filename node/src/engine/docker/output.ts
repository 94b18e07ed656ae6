import type { ContainerWatch } from '../engine.ts';

const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Splits an attached stream into stdout and stderr and resolves at its end. Without a terminal the engine sends frames: one byte for the
 * stream, three of nothing, four for the length, then the bytes. Parts of frames are passed on as they come, so memory stays at what one read
 * of the socket brings, whatever a container prints, and the socket's own back pressure does the rest.
 */
export async function forwardOutput(source: AsyncIterable<Uint8Array>, watch: ContainerWatch): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerFilled = 0;
  let remaining = 0;

  for await (const chunk of source) {
    let offset = 0;
    while (offset < chunk.length) {
      if (remaining === 0) {
        const taken = Math.min(HEADER_BYTES - headerFilled, chunk.length - offset);
        header.set(chunk.subarray(offset, offset + taken), headerFilled);
        headerFilled += taken;
        offset += taken;
        if (headerFilled < HEADER_BYTES) continue;
        headerFilled = 0;
        remaining = header.readUInt32BE(4);
      } else {
        const taken = Math.min(remaining, chunk.length - offset);
        watch.onOutput(header[0] === STDERR ? 'stderr' : 'stdout', chunk.subarray(offset, offset + taken));
        remaining -= taken;
        offset += taken;
      }
    }
  }
}
