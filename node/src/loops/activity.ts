import { rm } from 'node:fs/promises';
import { readFileIfThere, writeAtomically } from '../home/atomic-file.ts';
import type { Ledger } from '../ledger/ledger.ts';

export type ActivityState = 'working' | 'paused' | 'draining';

export interface ActivityOptions {
  /** There while the node is paused, so that it stays so over restarts. */
  readonly file: string;
  readonly ledger: Pick<Ledger, 'append'>;
  /** Called after each change. */
  onChange(): void;
}

/**
 * Whether the node takes new runs, as the people of the site decide. What it has it goes on with in every state.
 *
 *   working <--resume/pause--> paused
 *      |                          |
 *      +---------drain------------+--> draining, for the rest of this life
 *
 * Each decision is in the ledger before it counts.
 */
export class Activity {
  readonly #options: ActivityOptions;
  #paused: boolean;
  #draining = false;

  private constructor(options: ActivityOptions, paused: boolean) {
    this.#options = options;
    this.#paused = paused;
  }

  static async open(options: ActivityOptions): Promise<Activity> {
    return new Activity(options, (await readFileIfThere(options.file)) !== null);
  }

  get state(): ActivityState {
    if (this.#draining) return 'draining';
    return this.#paused ? 'paused' : 'working';
  }

  async pause(by: string): Promise<void> {
    if (this.#paused) return;
    await this.#options.ledger.append({ kind: 'control', what: 'pause', by });
    await writeAtomically(this.#options.file, `${JSON.stringify({ by, at: new Date().toISOString() })}\n`);
    this.#paused = true;
    this.#options.onChange();
  }

  async resume(by: string): Promise<void> {
    if (!this.#paused) return;
    await this.#options.ledger.append({ kind: 'control', what: 'resume', by });
    await rm(this.#options.file, { force: true });
    this.#paused = false;
    this.#options.onChange();
  }

  /** Takes effect at once: a signal does not wait for the disk. */
  async drain(by: string): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    this.#options.onChange();
    await this.#options.ledger.append({ kind: 'control', what: 'drain', by });
  }
}
