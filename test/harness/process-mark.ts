import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { waitFor } from './wait-for.ts';

const VARIABLE = 'WEIR_TEST_MARK';

/** A mark in the environment that processes pass on to those that they start, so that none is left behind unnoticed. */
export class ProcessMark {
  readonly #value = randomUUID();

  get env(): Record<string, string> {
    return { [VARIABLE]: this.#value };
  }

  /** The command lines of all that carry the mark, by pid. */
  async find(): Promise<Map<number, string>> {
    const found = new Map<number, string>();
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const environment = await read(`/proc/${name}/environ`);
      if (!environment.includes(`${VARIABLE}=${this.#value}`)) continue;
      found.set(Number(name), (await read(`/proc/${name}/cmdline`)).replaceAll('\0', ' ').trim());
    }
    return found;
  }

  /** Kills what is left. @returns their command lines */
  async killAll(): Promise<string[]> {
    const left = await this.find();
    for (const pid of left.keys()) kill(pid);
    await waitFor(
      'killed processes to be gone',
      () => this.find(),
      ({ size }) => size === 0,
    );
    return [...left.values()];
  }
}

/** Processes come and go while they are looked at. */
function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
