import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ANSWER_MS = 30_000;

/** A command of Slurm failed. */
export class SlurmError extends Error {
  override readonly name = 'SlurmError';
  /** Slurm was reached and says no. Otherwise it may answer later, and may or may not have done what it was asked. */
  readonly isRefusal: boolean;

  constructor(command: string, cause: unknown) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
    super(`${command}: ${said || (cause instanceof Error ? cause.message : String(cause))}`, { cause });
    this.isRefusal = isRefusal(said);
  }
}

/** Most of what sbatch fails with begins alike, whether the controller refused the job or could not be reached. */
export function isRefusal(said: string): boolean {
  const unreached = /unable to contact|timed out|temporarily|connect|munge|authentication|communicat/i;
  return /submission failed|invalid|unrecognized/i.test(said) && !unreached.test(said);
}

export interface QueuedJob {
  readonly id: string;
  /** As in `squeue --format=%T`: PENDING, RUNNING, COMPLETING, COMPLETED, OUT_OF_MEMORY, NODE_FAIL, ... */
  readonly state: string;
  /** Why it waits, or how it ended. */
  readonly reason: string;
  readonly name: string;
  readonly comment: string;
}

/** The command line of Slurm, for whose jobs the user of this process is. */
export class SlurmCommands {
  readonly #env: NodeJS.ProcessEnv;

  /** `config`: as SLURM_CONF; null for where Slurm looks by itself. */
  constructor(config: string | null, path: string) {
    this.#env = { PATH: path, ...(config === null ? {} : { SLURM_CONF: config }) };
  }

  /** Resolves with the version when the controller answers. */
  async ping(): Promise<string> {
    const answer = await this.#run('scontrol', ['ping']);
    if (!/\bUP\b/.test(answer)) throw new SlurmError('scontrol ping', new Error(answer.trim()));
    const version = await this.#run('sbatch', ['--version']);
    return version.trim().split(' ').at(-1) ?? '';
  }

  /** Submits a script and resolves with the number of the job. */
  async submit(options: readonly string[], script: string): Promise<string> {
    const answer = await this.#run('sbatch', ['--parsable', ...options], script);
    const [id = ''] = answer.trim().split(';');
    if (!/^\d+$/.test(id)) throw new SlurmError('sbatch', new Error(`it answered ${answer.trim()}`));
    return id;
  }

  /** All jobs of this user that Slurm still knows, ended ones included for as long as it keeps them (MinJobAge). */
  async list(): Promise<QueuedJob[]> {
    const format = '--format=%i|%T|%r|%j|%k';
    const answer = await this.#run('squeue', ['--noheader', '--me', '--states=all', format]);
    return parseQueue(answer);
  }

  /** Ends jobs: SIGTERM at once, SIGKILL later. Jobs that are over are no error. */
  async cancel(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#run('scancel', ['--quiet', ...ids]);
  }

  async #run(command: string, args: readonly string[], input?: string): Promise<string> {
    try {
      const running = run(command, [...args], {
        env: this.#env,
        timeout: ANSWER_MS,
        maxBuffer: 64 * 2 ** 20,
      });
      running.child.stdin?.on('error', () => undefined);
      running.child.stdin?.end(input);
      return (await running).stdout;
    } catch (cause) {
      throw new SlurmError(command, cause);
    }
  }
}

export function parseQueue(answer: string): QueuedJob[] {
  return answer
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [id = '', state = '', reason = '', name = '', comment = ''] = line.split('|');
      return { id, state, reason, name, comment };
    });
}

/** Whether a job is over or about to be, whatever anybody does. */
export function isEnding(state: string): boolean {
  return isOver(state) || state === 'COMPLETING';
}

/** Whether a job has ended for good. COMPLETING jobs still have processes. */
export function isOver(state: string): boolean {
  return /^(BOOT_FAIL|CANCELLED|COMPLETED|DEADLINE|FAILED|NODE_FAIL|OUT_OF_MEMORY|PREEMPTED|REVOKED|TIMEOUT)/.test(
    state,
  );
}
