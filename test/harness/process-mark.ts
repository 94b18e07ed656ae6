import { readdir, readFile } from 'node:fs/promises';
import { waitFor } from './wait-for.ts';

/**
 * Finds the processes that belong to a folder by its path in their environment, which they pass on to those that they start, or on their
 * command line, so that none is left behind unnoticed.
 */
export class ProcessMark {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get env(): Record<string, string> {
    return { WEIR_TEST_FOLDER: this.#folder };
  }

  /** Their command lines, by pid. */
  async find(): Promise<Map<number, string>> {
    const found = new Map<number, string>();
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const environment = await read(`/proc/${name}/environ`);
      const commandLine = (await read(`/proc/${name}/cmdline`)).replaceAll('\0', ' ').trim();
      const belongsHere = environment.includes(this.#folder) || commandLine.includes(this.#folder);
      if (belongsHere) found.set(Number(name), commandLine);
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
