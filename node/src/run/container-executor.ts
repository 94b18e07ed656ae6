import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Assignment, type AttemptRef, FailureCode } from '@weir/proto/node/v1';
import type { StepLimits } from '../contract/execute-step.ts';
import type { ContainerRole } from '../engine/engine.ts';
import type { Logger } from '../logging/logger.ts';
import type { LogSender } from '../logs/log-sender.ts';
import { type AttemptKey, attemptKey } from './attempt.ts';
import { AttemptFolder } from './attempt-folder.ts';
import { CapturedLogs } from './captured-logs.ts';
import { ContainerRun, type ContainerRunOptions } from './container-run.ts';
import type { Execution, Executor, RunWatch } from './executor.ts';

export interface ContainerExecutorOptions
  extends Pick<
    ContainerRunOptions,
    | 'nodeId'
    | 'hubUrl'
    | 'hub'
    | 'engine'
    | 'minFreeBytes'
    | 'cache'
    | 'policy'
    | 'registry'
    | 'books'
    | 'budgets'
    | 'bucketEnds'
    | 'desk'
    | 'people'
  > {
  /** Where attempts have their folders. */
  readonly root: string;
  readonly logSender: LogSender;
  readonly logger: Logger;
}

const ROLES: readonly ContainerRole[] = [
  'prediction',
  'prediction-ingestion',
  'scoring',
  'scoring-ingestion',
];

/** Does the work of attempts in containers of an engine, each in a folder of its own. */
export class ContainerExecutor implements Executor {
  readonly #options: ContainerExecutorOptions;
  /** Attempts of an earlier life, which may have containers that nobody has taken up again. */
  readonly #recovered = new Set<AttemptKey>();

  constructor(options: ContainerExecutorOptions) {
    this.#options = options;
  }

  /** Removes what earlier lives of the process left of attempts that are not held any more. */
  async removeLeftovers(held: readonly Pick<AttemptRef, 'runId' | 'attempt'>[]): Promise<void> {
    const { engine, nodeId, root, logger } = this.#options;
    const keys = held.map((attempt) => attemptKey(attempt));
    for (const key of keys) this.#recovered.add(key);
    const kept = keys.flatMap((key) => this.#containersOf(key));
    const removed = await engine.removeLeftovers(nodeId, new Set(kept));
    if (removed.length > 0) logger.info({ containers: removed }, 'containers of an earlier life removed');
    for (const name of await readdir(root)) {
      if (!(this.#recovered as ReadonlySet<string>).has(name)) await this.#removeFolder(join(root, name));
    }
  }

  async execute(assignment: Assignment, watch: RunWatch): Promise<Execution> {
    const { engine, logSender } = this.#options;
    const { runId, attempt } = assignment;
    const logger = this.#options.logger.child({ run: String(runId), attempt });
    const limits = stepLimits(assignment);
    if (!limits || !assignment.submission) {
      logger.error('the assignment has no limits or no submission');
      return { result: { kind: 'failure', code: FailureCode.ASSIGNMENT_INVALID }, imageDigest: '' };
    }
    const folder = await this.#openFolder(assignment);
    const run = new ContainerRun({
      ...this.#options,
      assignment,
      limits,
      folder,
      watch,
      logger,
      engine,
      openLogs: (permission) =>
        CapturedLogs.open(assignment, permission, { path: folder.logs, sender: logSender, logger }),
    });
    return await run.execute();
  }

  async forget(attempt: AttemptRef): Promise<void> {
    const key = attemptKey(attempt);
    this.#options.books.forget(attempt);
    if (this.#recovered.delete(key)) await this.#removeContainers(key);
    await this.#removeFolder(join(this.#options.root, key));
  }

  /** A recovered attempt may have ended before it came to its containers: given up, refused, or failed in preparation. */
  async #removeContainers(key: AttemptKey): Promise<void> {
    const { engine, nodeId, logger } = this.#options;
    try {
      await engine.remove(nodeId, new Set(this.#containersOf(key)));
    } catch (error) {
      logger.error({ err: error, attempt: key }, 'the containers of an attempt could not be removed');
    }
  }

  #containersOf(key: AttemptKey): string[] {
    return ROLES.map((role) => `weir-${this.#options.nodeId}-${key}-${role}`);
  }

  /**
   * Goes on with the folder of an earlier life only where containers outlive the node: they may still be writing there. Otherwise a step
   * was cut off in the middle, and its program must not find what it left; artifacts come from the cache again.
   */
  async #openFolder(assignment: Assignment): Promise<AttemptFolder> {
    const { engine, root } = this.#options;
    const folder = await AttemptFolder.open(join(root, attemptKey(assignment)), engine.user);
    const { prepared } = await folder.readProgress();
    return prepared && engine.outlivesNode ? folder : folder.restart();
  }

  async #removeFolder(path: string): Promise<void> {
    try {
      const folder = await AttemptFolder.open(path, this.#options.engine.user);
      await folder.remove();
    } catch (error) {
      this.#options.logger.error({ err: error, path }, 'the folder of an attempt could not be removed');
    }
  }
}

function stepLimits({ limits }: Assignment): StepLimits | null {
  if (!limits || limits.stepSeconds === 0 || limits.memoryBytes === 0n) return null;
  return {
    stepSeconds: limits.stepSeconds,
    memoryBytes: Number(limits.memoryBytes),
    cpuMillis: limits.cpuMillis,
    pids: limits.pids,
    gpus: limits.gpus,
    diskBytes: Number(limits.diskBytes),
  };
}
