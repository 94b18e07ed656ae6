import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessSpec {
  readonly title: string;
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** File that its output is appended to, over all its lives. */
  readonly log: string;
}

const PATIENCE_MS = 20_000;

/** One of Weir's processes, as an operator or a calamity sees it: started, stopped, frozen, killed, started again. */
export class TestProcess {
  readonly #spec: ProcessSpec;
  #child: ChildProcess | null = null;

  constructor(spec: ProcessSpec) {
    this.#spec = spec;
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get pid(): number {
    if (!this.isRunning || this.#child?.pid === undefined)
      throw new Error(`${this.#spec.title} is not running`);
    return this.#child.pid;
  }

  start(): void {
    if (this.isRunning) throw new Error(`${this.#spec.title} is running`);
    const { script, args = [], env, log } = this.#spec;
    const output = openSync(log, 'a');
    this.#child = spawn(process.execPath, [script, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
  }

  /** `kill -9`: no last words. Resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#running();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Asks it to stop and resolves with its exit code. @throws when it does not within 20 s */
  async stop(): Promise<number | null> {
    const child = this.#running();
    const ended = once(child, 'exit') as Promise<[number | null]>;
    child.kill('SIGTERM');
    const inTime = await Promise.race([ended.then(() => true), delay(PATIENCE_MS, false, { ref: false })]);
    if (!inTime) {
      await this.kill();
      throw new Error(
        `${this.#spec.title} did not stop within ${PATIENCE_MS / 1000} s:\n${this.lastWords()}`,
      );
    }
    return (await ended)[0];
  }

  /** Its exit, for processes that end by themselves. */
  async ended(): Promise<void> {
    if (this.isRunning) await once(this.#running(), 'exit');
  }

  freeze(): void {
    this.#running().kill('SIGSTOP');
  }

  thaw(): void {
    this.#running().kill('SIGCONT');
  }

  /** Everything it wrote, in all its lives. */
  log(): string {
    return existsSync(this.#spec.log) ? readFileSync(this.#spec.log, 'utf8') : '';
  }

  lastWords(lines = 15): string {
    return this.log().trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** @throws when it has ended by itself */
  assertRunning(): void {
    if (!this.isRunning) throw new Error(`${this.#spec.title} has ended:\n${this.lastWords()}`);
  }

  #running(): ChildProcess {
    if (!this.#child || !this.isRunning) throw new Error(`${this.#spec.title} is not running`);
    return this.#child;
  }
}
