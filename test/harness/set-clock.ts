import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CONDITIONS = fileURLToPath(new URL('./process-conditions.ts', import.meta.url));

/** A clock for processes that are started with `env`; their databases and certificates keep the true time. */
export class SetClock implements AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.env = { WEIR_TEST_CONDITIONS: this.#file, NODE_OPTIONS: `--import=${CONDITIONS}` };
  }

  static async make(): Promise<SetClock> {
    const clock = new SetClock(await mkdtemp(join(tmpdir(), 'weir-clock-')));
    await clock.set(0);
    return clock;
  }

  /** Before the processes that run notice it, a tenth of a second may pass. */
  async set(clockAheadMs: number): Promise<void> {
    await writeFile(this.#file, JSON.stringify({ wires: {}, clockAheadMs }));
  }

  get #file(): string {
    return join(this.#folder, 'conditions.json');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
