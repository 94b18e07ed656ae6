import { setTimeout as delay } from 'node:timers/promises';
import { type QueuedJob, type SlurmCommands, SlurmError } from './commands.ts';

const LONGEST_PAUSE_MS = 120_000;

/** Slurm's view of the jobs: `asOf` counts the listings that succeeded, so that a reader knows whether it has seen a newer one. */
export interface QueueView {
  readonly asOf: number;
  readonly jobs: ReadonlyMap<string, QueuedJob>;
}

/**
 * One squeue for all jobs that somebody follows, at most every `intervalMs`, and none while nobody does. While Slurm does not answer the pauses grow, and
 * the last view stays.
 */
export class QueueWatch implements AsyncDisposable {
  readonly #commands: SlurmCommands;
  readonly #intervalMs: number;
  readonly #stop = new AbortController();
  #followers = 0;
  #view: QueueView = { asOf: 0, jobs: new Map() };
  #loop: Promise<void> = Promise.resolve();
  #looping = false;

  constructor(commands: SlurmCommands, intervalMs: number) {
    this.#commands = commands;
    this.#intervalMs = intervalMs;
  }

  get view(): QueueView {
    return this.#view;
  }

  /** Keeps the view fresh until the result is disposed of. */
  follow(): Disposable {
    this.#followers += 1;
    if (!this.#looping) {
      this.#looping = true;
      this.#loop = this.#refresh();
    }
    return {
      [Symbol.dispose]: () => {
        this.#followers -= 1;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #refresh(): Promise<void> {
    let pause = this.#intervalMs;
    while (this.#followers > 0 && !this.#stop.signal.aborted) {
      await delay(pause, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
      if (this.#followers === 0 || this.#stop.signal.aborted) break;
      try {
        const jobs = await this.#commands.list();
        this.#view = { asOf: this.#view.asOf + 1, jobs: new Map(jobs.map((job) => [job.id, job])) };
        pause = this.#intervalMs;
      } catch (error) {
        if (!(error instanceof SlurmError)) throw error;
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
    this.#looping = false;
  }
}
