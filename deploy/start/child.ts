import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ChildSpec {
  /** How people are told about it, such as `hub` or `node north`. */
  title: string;
  /** The program, and what it is given. */
  script: string;
  args?: string[];
  env?: Record<string, string | undefined>;
  /** File that its output is appended to. */
  log: string;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/** A process that ran this long had started well: the next pause is short again. */
const SETTLED = 60_000;
const LARGEST_LOG = 20 * 1024 * 1024;
const endWithParent = join(import.meta.dirname, 'end-with-parent.mjs');

/**
 * A process that is started again when it dies unexpectedly, after a pause that doubles each time.
 *
 *   stopped -> running -> (died) pausing -> running ...        stop() from anywhere -> stopped, for good
 *
 * It runs in a process group of its own, so that a Ctrl-C of the terminal reaches it only through `stop`, in its turn.
 */
export class Child implements AsyncDisposable {
  readonly spec: ChildSpec;
  /** How often it has died unexpectedly. */
  deaths = 0;
  readonly #say: (text: string) => void;
  readonly #ending = new AbortController();
  #process: ChildProcess | null = null;
  #pause = FIRST_PAUSE;

  constructor(spec: ChildSpec, say: (text: string) => void) {
    this.spec = spec;
    this.#say = say;
  }

  start(): void {
    const { script, args = [], env, log } = this.spec;
    mkdirSync(dirname(log), { recursive: true });
    keepLogSmall(log);
    const file = openSync(log, 'a');
    const startedAt = Date.now();
    const child = spawn(process.execPath, ['--import', endWithParent, script, ...args], {
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', file, file, 'ipc'],
    });
    closeSync(file);
    this.#process = child;
    child.once('error', (error) => this.#say(`${this.spec.title}: ${error.message}`));
    child.once('exit', (code, signal) => {
      this.#process = null;
      if (this.#ending.signal.aborted) return;
      this.deaths += 1;
      if (Date.now() - startedAt > SETTLED) this.#pause = FIRST_PAUSE;
      void this.#startAgain(signal ?? `code ${code}`);
    });
  }

  async #startAgain(ending: string): Promise<void> {
    this.#say(
      `${this.spec.title} ended (${ending}); starting it again in ${this.#pause / 1000} s. Log: ${this.spec.log}`,
    );
    const pause = this.#pause;
    this.#pause = Math.min(2 * pause, LONGEST_PAUSE);
    const aborted = await delay(pause, false, { signal: this.#ending.signal }).catch(() => true);
    if (!aborted) this.start();
  }

  /**
   * Asks the process to end: SIGTERM, a second one after `patience` milliseconds for those that still finish their work, and
   * SIGKILL to the whole group after as long again.
   */
  async stop(patience: number): Promise<void> {
    this.#ending.abort();
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    for (const signal of ['SIGTERM', 'SIGTERM', 'SIGKILL'] as const) {
      this.#signal(child, signal);
      const inTime = await Promise.race([ended.then(() => true), delay(patience, false, { ref: false })]);
      if (inTime) return;
    }
  }

  /** Ends the process and everything it has started, at once. */
  kill(): void {
    this.#ending.abort();
    if (this.#process) this.#signal(this.#process, 'SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop(10_000);
  }

  /** The last lines it wrote, for the person who wonders why it died. */
  lastWords(lines = 15): string {
    return readFileSync(this.spec.log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  #signal(child: ChildProcess, signal: NodeJS.Signals): void {
    if (child.pid === undefined) return;
    try {
      process.kill(signal === 'SIGKILL' ? -child.pid : child.pid, signal);
    } catch (error) {
      // It ended between the check and the signal.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

function keepLogSmall(log: string): void {
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LARGEST_LOG) renameSync(log, `${log}.1`);
}
