import { LogLevel } from '@weir/proto/node/v1';
import { and, eq, isNull, or } from 'drizzle-orm';
import { columns, competitions, phases, queues } from '../competitions/schema.ts';
import type { Database, Queries } from '../db/database.ts';
import { type Pool, queuePool } from './pools.ts';
import { toScoreColumn } from './score-columns.ts';
import { FormerTasks, readTaskSpecs, type TaskSpec } from './task-specs.ts';

/** What dispatch needs to know of a phase in order to make runs and assignments. */
export interface PhaseSpec {
  readonly phaseId: number;
  readonly competitionId: number;
  readonly competitionTitle: string;
  readonly image: string;
  readonly pool: Pool;
  readonly limits: PhaseLimits;
  readonly logLevel: LogLevel;
  readonly keepsReport: boolean;
  /** Columns that a run fills, by index; computed ones are the hub's. */
  readonly scoreColumns: readonly ReturnType<typeof toScoreColumn>[];
  /** Its own, and those of elsewhere that something of it was run on. */
  readonly tasks: ReadonlyMap<number, TaskSpec>;
}

/** What a container may use. Sites set ceilings of their own. */
export interface PhaseLimits {
  readonly stepSeconds: number;
  readonly memoryBytes: bigint;
  readonly cpuMillis: number;
  readonly pids: number;
  readonly diskBytes: bigint;
  readonly gpus: number;
}

const LEVELS = {
  none: LogLevel.NONE,
  codes: LogLevel.CODES,
  scrubbed: LogLevel.SCRUBBED,
  full: LogLevel.FULL,
} as const;

/** Of a phase that does not say. */
const DEFAULT_LIMITS = { memoryBytes: 4n << 30n, cpuMillis: 2000, pids: 512, diskBytes: 10n << 30n, gpus: 0 };

/**
 * The most that a step gets on the hub's own queue, as elsewhere (Codabench gives ten minutes there): real bundles ask for weeks, meaning milliseconds or no
 * limit, and a site refuses a run that asks for more than its policy gives. A queue of the competition's own gets what the phase says.
 */
const LONGEST_STEP_ON_DEFAULT_QUEUE = 24 * 60 * 60;

/** Long enough that a busy phase is not read for each submission, short enough that an edit in another hub process takes effect soon. */
const KEPT_MS = 5_000;

export class PhaseSpecs {
  readonly #database: Database;
  readonly #former: FormerTasks;
  readonly #kept = new Map<number, { spec: Promise<PhaseSpec | null>; until: number }>();

  constructor(database: Database) {
    this.#database = database;
    this.#former = new FormerTasks(database);
  }

  find(phaseId: number): Promise<PhaseSpec | null> {
    const kept = this.#kept.get(phaseId);
    if (kept && kept.until > performance.now()) return kept.spec;
    const spec = readPhaseSpec(this.#database.queries, phaseId);
    this.#kept.set(phaseId, { spec, until: performance.now() + KEPT_MS });
    spec.catch(() => this.forget(phaseId));
    return spec;
  }

  /**
   * A task of the phase, as it was in this version. It is looked for once more when what is remembered does not have it: another hub process may have
   * added or changed it since.
   */
  async findTask(
    phaseId: number,
    taskId: number,
    version: number,
  ): Promise<{ phase: PhaseSpec; task: TaskSpec } | null> {
    for (const isFresh of [false, true]) {
      if (isFresh) this.forget(phaseId);
      const phase = await this.find(phaseId);
      const current = phase?.tasks.get(taskId);
      if (!phase || !current || current.version < version) continue;
      const task = current.version === version ? current : await this.#former.find(current, version);
      return task && { phase, task };
    }
    return null;
  }

  forget(phaseId: number): void {
    this.#kept.delete(phaseId);
  }
}

async function readPhaseSpec(queries: Queries, phaseId: number): Promise<PhaseSpec | null> {
  const [phase] = await queries
    .select({
      competitionId: competitions.id,
      competitionTitle: competitions.title,
      image: competitions.dockerImage,
      logLevel: competitions.logLevel,
      keepsReport: competitions.enableDetailedResults,
      queueId: queues.id,
      isDefaultQueue: queues.isDefault,
      leaderboardId: phases.leaderboardId,
      stepSeconds: phases.executionTimeLimitSeconds,
      memoryBytes: phases.memoryBytes,
      cpuMillis: phases.cpuMillis,
      diskBytes: phases.diskBytes,
      gpus: phases.gpus,
    })
    .from(phases)
    .innerJoin(competitions, eq(competitions.id, phases.competitionId))
    // A competition without a queue of its own waits in the default one.
    .innerJoin(
      queues,
      or(eq(queues.id, competitions.queueId), and(isNull(competitions.queueId), queues.isDefault)),
    )
    .where(and(eq(phases.id, phaseId), isNull(competitions.deletedAt)));
  if (!phase) return null;
  const scoreColumns = await queries
    .select()
    .from(columns)
    .where(and(eq(columns.leaderboardId, phase.leaderboardId), isNull(columns.computation)))
    .orderBy(columns.index);
  return {
    phaseId,
    competitionId: phase.competitionId,
    competitionTitle: phase.competitionTitle,
    image: phase.image,
    pool: queuePool(phase.queueId),
    limits: toLimits(phase),
    logLevel: LEVELS[phase.logLevel],
    keepsReport: phase.keepsReport,
    scoreColumns: scoreColumns.map(toScoreColumn),
    tasks: new Map((await readTaskSpecs(queries, phaseId)).map((task) => [task.id, task])),
  };
}

function toLimits(phase: {
  isDefaultQueue: boolean;
  stepSeconds: number;
  memoryBytes: number | null;
  cpuMillis: number | null;
  diskBytes: number | null;
  gpus: number | null;
}): PhaseLimits {
  return {
    stepSeconds: phase.isDefaultQueue
      ? Math.min(phase.stepSeconds, LONGEST_STEP_ON_DEFAULT_QUEUE)
      : phase.stepSeconds,
    memoryBytes: phase.memoryBytes === null ? DEFAULT_LIMITS.memoryBytes : BigInt(phase.memoryBytes),
    cpuMillis: phase.cpuMillis ?? DEFAULT_LIMITS.cpuMillis,
    pids: DEFAULT_LIMITS.pids,
    diskBytes: phase.diskBytes === null ? DEFAULT_LIMITS.diskBytes : BigInt(phase.diskBytes),
    gpus: phase.gpus ?? DEFAULT_LIMITS.gpus,
  };
}
