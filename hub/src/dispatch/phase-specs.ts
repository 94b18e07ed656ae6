import { LogLevel } from '@weir/proto/node/v1';
import { and, eq, inArray, isNull, or } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { DEFAULT_SITE_RULE, type SiteRule } from '../bundles/site-rule.ts';
import { columns, competitions, phases, phaseTasks, queues, tasks } from '../competitions/schema.ts';
import type { Database, Queries } from '../db/database.ts';
import { resources } from '../resources/schema.ts';
import { foreignTasks } from '../submissions/schema.ts';
import { type Pool, queuePool } from './pools.ts';
import { toScoreColumn } from './score-columns.ts';

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

export interface TaskSpec {
  readonly id: number;
  readonly key: string;
  readonly scoringProgram: StoredArtifact | null;
  readonly ingestionProgram: StoredArtifact | null;
  readonly inputData: StoredArtifact | null;
  readonly referenceData: StoredArtifact | null;
  readonly siteData: {
    name: string;
    version: string;
    input: boolean;
    reference: boolean;
    rule: SiteRule;
  } | null;
  readonly ingestionOnlyDuringScoring: boolean;
  /** DSSE envelopes, JSON. */
  readonly attestations: readonly Uint8Array[];
}

export interface StoredArtifact {
  readonly digest: string;
  readonly size: number;
}

/** Long enough that a busy phase is not read for each submission, short enough that an edit in another hub process takes effect soon. */
const KEPT_MS = 5_000;

export class PhaseSpecs {
  readonly #database: Database;
  readonly #kept = new Map<number, { spec: Promise<PhaseSpec | null>; until: number }>();

  constructor(database: Database) {
    this.#database = database;
  }

  find(phaseId: number): Promise<PhaseSpec | null> {
    const kept = this.#kept.get(phaseId);
    if (kept && kept.until > performance.now()) return kept.spec;
    const spec = readPhaseSpec(this.#database.queries, phaseId);
    this.#kept.set(phaseId, { spec, until: performance.now() + KEPT_MS });
    spec.catch(() => this.forget(phaseId));
    return spec;
  }

  /** A task of the phase; looked for once more when what is remembered does not have it: another hub process may have added it since. */
  async findTask(phaseId: number, taskId: number): Promise<{ phase: PhaseSpec; task: TaskSpec } | null> {
    for (const isFresh of [false, true]) {
      if (isFresh) this.forget(phaseId);
      const phase = await this.find(phaseId);
      const task = phase?.tasks.get(taskId);
      if (phase && task) return { phase, task };
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
  stepSeconds: number;
  memoryBytes: number | null;
  cpuMillis: number | null;
  diskBytes: number | null;
  gpus: number | null;
}): PhaseLimits {
  return {
    stepSeconds: phase.stepSeconds,
    memoryBytes: phase.memoryBytes === null ? DEFAULT_LIMITS.memoryBytes : BigInt(phase.memoryBytes),
    cpuMillis: phase.cpuMillis ?? DEFAULT_LIMITS.cpuMillis,
    pids: DEFAULT_LIMITS.pids,
    diskBytes: phase.diskBytes === null ? DEFAULT_LIMITS.diskBytes : BigInt(phase.diskBytes),
    gpus: phase.gpus ?? DEFAULT_LIMITS.gpus,
  };
}

async function readTaskSpecs(queries: Queries, phaseId: number): Promise<TaskSpec[]> {
  const scoring = alias(resources, 'scoring_program');
  const ingestion = alias(resources, 'ingestion_program');
  const input = alias(resources, 'input_data');
  const reference = alias(resources, 'reference_data');
  const rows = await queries
    .select({ task: tasks, scoring, ingestion, input, reference })
    .from(tasks)
    .leftJoin(phaseTasks, and(eq(phaseTasks.taskId, tasks.id), eq(phaseTasks.phaseId, phaseId)))
    .leftJoin(scoring, eq(scoring.id, tasks.scoringProgramId))
    .leftJoin(ingestion, eq(ingestion.id, tasks.ingestionProgramId))
    .leftJoin(input, eq(input.id, tasks.inputDataId))
    .leftJoin(reference, eq(reference.id, tasks.referenceDataId))
    .where(inArray(tasks.id, tasksRunIn(queries, phaseId)))
    .orderBy(phaseTasks.index);
  return rows.map(({ task, ...programs }) => ({
    id: task.id,
    key: task.key,
    scoringProgram: stored(programs.scoring),
    ingestionProgram: stored(programs.ingestion),
    inputData: stored(programs.input),
    referenceData: stored(programs.reference),
    siteData:
      task.siteDatasetName && task.siteDatasetVersion
        ? {
            name: task.siteDatasetName,
            version: task.siteDatasetVersion,
            input: task.siteDatasetInput,
            reference: task.siteDatasetReference,
            rule: task.siteRule ?? DEFAULT_SITE_RULE,
          }
        : null,
    ingestionOnlyDuringScoring: task.ingestionOnlyDuringScoring,
    attestations: task.attestations.map((envelope) => Buffer.from(envelope)),
  }));
}

/** Its own tasks, and those of elsewhere that something of it was run on. */
function tasksRunIn(queries: Queries, phaseId: number) {
  return queries
    .select({ taskId: phaseTasks.taskId })
    .from(phaseTasks)
    .where(eq(phaseTasks.phaseId, phaseId))
    .union(
      queries
        .select({ taskId: foreignTasks.taskId })
        .from(foreignTasks)
        .where(eq(foreignTasks.phaseId, phaseId)),
    );
}

function stored(resource: { digest: string | null; size: number | null } | null): StoredArtifact | null {
  return resource?.digest ? { digest: resource.digest, size: resource.size ?? 0 } : null;
}
