import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

const BURST_BYTES = 1 << 20;
const PAUSE_MS = 20;

/**
 * Passes a pipe's bytes on as they come, no faster than about 50 MB a second: a container that prints without end would otherwise take the node's
 * whole attention. What is not read stays in the pipe, where it holds up its writer. Resolves at the end of the pipe.
 */
export async function forwardPaced(pipe: Readable, pass: (bytes: Uint8Array) => void): Promise<void> {
  let burst = 0;
  for await (const bytes of pipe as AsyncIterable<Uint8Array>) {
    pass(bytes);
    burst += bytes.length;
    if (burst < BURST_BYTES) continue;
    burst = 0;
    await delay(PAUSE_MS);
  }
}
