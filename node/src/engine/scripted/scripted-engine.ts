import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  ContainerExit,
  ContainerSpec,
  ContainerWatch,
  Engine,
  EngineVersion,
  PreparedImage,
} from '../engine.ts';
import { EngineError, ImageUnavailableError } from '../errors.ts';
import { PREFIX, parseScript, type Script } from './script.ts';

const LINE = Buffer.from(`${'x'.repeat(79)}\n`);

export interface ScriptedOptions {
  /** The script for images that are none themselves, in the words of script.ts and without the prefix. */
  readonly script?: string;
}

/**
 * An engine without containers, for tests and benchmarks of everything around it: it does what the image's name says (see script.ts), and leaves
 * behind in the scoring output what a scoring program would, so that all that follows is real. Its containers die with the node.
 */
export class ScriptedEngine implements Engine {
  readonly kind = 'scripted';
  readonly outlivesNode = false;
  readonly user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  readonly #default: string;
  readonly #running = new Set<string>();

  constructor(options: ScriptedOptions = {}) {
    this.#default = PREFIX + (options.script ?? '');
  }

  /** The names of the containers that run now. */
  get running(): ReadonlySet<string> {
    return this.#running;
  }

  async probe(): Promise<EngineVersion> {
    return { kind: this.kind, version: '1' };
  }

  async prepareImage(reference: string): Promise<PreparedImage> {
    if (this.#script(reference, 'image').imageUnavailable)
      throw new ImageUnavailableError(reference, undefined);
    return { reference, digest: null };
  }

  async run(spec: ContainerSpec, watch: ContainerWatch): Promise<ContainerExit> {
    if (watch.signal.aborted) return { kind: 'killed' };
    this.#running.add(spec.name);
    watch.onStarted?.(new Date());
    try {
      return await perform(this.#script(spec.image.reference, spec.labels.role), spec, watch);
    } finally {
      this.#running.delete(spec.name);
    }
  }

  async removeLeftovers(): Promise<string[]> {
    return [];
  }

  async remove(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #script(reference: string, role: Parameters<typeof parseScript>[1]): Script {
    return parseScript(reference.startsWith(PREFIX) ? reference : this.#default, role);
  }
}

async function perform(script: Script, spec: ContainerSpec, watch: ContainerWatch): Promise<ContainerExit> {
  if (script.crashNode) process.kill(process.pid, 'SIGKILL');
  if (script.engineFailed) throw new EngineError('the scripted engine was told to fail');
  print(script.outputBytes, watch);
  if (script.hang) await untilAborted(watch.signal);
  else if (script.sleepMs > 0)
    await delay(script.sleepMs, undefined, { signal: watch.signal }).catch(() => {});
  if (watch.signal.aborted) return { kind: 'killed' };
  if (script.outOfMemory) return { kind: 'out-of-memory' };
  if (spec.labels.role === 'scoring' && script.scores !== null) {
    const output = spec.mounts.find(({ target }) => target === '/app/output');
    if (output !== undefined) await writeFile(join(output.source, 'scores.json'), script.scores);
  }
  return { kind: 'exited', code: script.exitCode };
}

function print(bytes: number, watch: ContainerWatch): void {
  for (let left = bytes; left > 0; left -= LINE.length) watch.onOutput('stdout', LINE.subarray(0, left));
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
