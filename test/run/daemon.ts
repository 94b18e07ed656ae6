import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findCommand } from '../../deploy/host/commands.ts';

const UP_MS = 60_000;
const DOWN_MS = 60_000;

export interface DaemonOptions {
  program: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** File that takes what it prints. */
  log: string;
  /** Whether it is at work; a rejection counts as no. */
  isUp: () => Promise<unknown>;
}

/** A server of this machine that is there for the tests alone and stays in the foreground. */
export class Daemon implements AsyncDisposable {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Resolves once the server is up. @throws with the end of its log when it does not come up. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const path = await findCommand(options.program);
    if (path === null) throw new Error(`${options.program} is not installed`);
    const log = openSync(options.log, 'a');
    const child = spawn(path, options.args, {
      stdio: ['ignore', log, log],
      detached: true,
      env: options.env ?? process.env,
      // Some leave files where they are started, as Podman's monitor does for what ran out of memory.
      cwd: dirname(options.log),
    });
    closeSync(log);
    // Also when this process leaves without disposing anything.
    process.once('exit', () => child.kill('SIGTERM'));
    const daemon = new Daemon(child);
    try {
      await daemon.#untilUp(options.isUp);
      return daemon;
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      const lines = (await readFile(options.log, 'utf8')).trimEnd().split('\n').slice(-20);
      throw new Error(`${options.program} did not come up:\n${lines.join('\n')}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const inTime = await Promise.race([ended.then(() => true), delay(DOWN_MS, false, { ref: false })]);
    if (!inTime) this.#process.kill('SIGKILL');
  }

  async #untilUp(isUp: () => Promise<unknown>): Promise<void> {
    const deadline = Date.now() + UP_MS;
    while (Date.now() < deadline && !this.#hasEnded) {
      const answered = await isUp().then(
        () => true,
        () => false,
      );
      if (answered) return;
      await delay(100);
    }
    const { exitCode } = this.#process;
    throw new Error(this.#hasEnded ? `ended with code ${exitCode}` : `no answer within ${UP_MS / 1000} s`);
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }
}
