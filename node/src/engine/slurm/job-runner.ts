import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerWatch } from '../engine.ts';
import { openInnerEngine } from './inner-engine.ts';
import { type JobExit, JobFolder, type JobOrder } from './job-folder.ts';

/** How much of each stream reaches the node. What a container prints beyond it is read and dropped, so that it cannot fill the shared disk. */
const MOST_OUTPUT_BYTES = 64 * 2 ** 20;
const LOOK_MS = 500;

/**
 * A job's own program on the compute node: `node job-runner.ts ROOT NAME`. It runs the container of the folder with the inner engine and leaves there how
 * that ended. It ends with 0 whenever it could leave that.
 */
async function runJob(folder: JobFolder): Promise<void> {
  const order = await folder.order();
  // Given up, or submitted twice.
  if (order === null || !(await folder.tryClaim('job'))) return;
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  const over = new AbortController();
  const asked = watchForStop(folder, stop, over.signal);
  await folder.writeExit(await runContainer(folder, order, stop.signal));
  over.abort();
  await asked;
}

async function runContainer(
  folder: JobFolder,
  { spec, inner }: JobOrder,
  signal: AbortSignal,
): Promise<JobExit> {
  using stdout = new BoundedFile(folder.file('stdout'));
  using stderr = new BoundedFile(folder.file('stderr'));
  const files = { stdout, stderr };
  const watch: ContainerWatch = { signal, onOutput: (stream, bytes) => files[stream].write(bytes) };
  try {
    await using engine = await openInnerEngine(inner);
    return await engine.run(spec, watch);
  } catch (error) {
    console.error(error);
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

async function watchForStop(folder: JobFolder, stop: AbortController, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    if (await folder.isAskedToStop()) stop.abort();
    await delay(LOOK_MS, undefined, { signal: over }).catch(() => undefined);
  }
}

/** Written at once and without a buffer: a slow disk holds up the container instead of filling memory. */
class BoundedFile implements Disposable {
  readonly #descriptor: number;
  #left = MOST_OUTPUT_BYTES;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'w', 0o600);
  }

  write(bytes: Uint8Array): void {
    const part = bytes.subarray(0, this.#left);
    this.#left -= part.length;
    for (let written = 0; written < part.length; ) {
      written += writeSync(this.#descriptor, part, written);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

const [root = '', name = ''] = process.argv.slice(2);
await runJob(new JobFolder(root, name));
