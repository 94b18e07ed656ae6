import { and, eq, inArray } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { DEFAULT_SITE_RULE, type SiteRule } from '../bundles/site-rule.ts';
import { phaseTasks, tasks } from '../competitions/schema.ts';
import type { Database, Queries } from '../db/database.ts';
import { resources } from '../resources/schema.ts';
import { foreignTasks } from '../submissions/schema.ts';
import { taskVersions } from '../tasks/schema.ts';

export interface TaskSpec {
  readonly id: number;
  readonly key: string;
  readonly version: number;
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

const scoring = alias(resources, 'scoring_program');
const ingestion = alias(resources, 'ingestion_program');
const input = alias(resources, 'input_data');
const reference = alias(resources, 'reference_data');

type Setup = Omit<typeof taskVersions.$inferSelect, 'taskId' | 'createdBy' | 'createdAt' | 'note'>;
type Programs = Readonly<Record<'scoring' | 'ingestion' | 'input' | 'reference', StoredResource | null>>;
type StoredResource = { readonly digest: string | null; readonly size: number | null };

/** The current versions of all that is run in a phase. */
export async function readTaskSpecs(queries: Queries, phaseId: number): Promise<TaskSpec[]> {
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
  return rows.map(({ task, ...programs }) => toTaskSpec(task, task, programs));
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

const MOST_REMEMBERED = 200;

/** What tasks were before: for what was admitted then and is run only now. A former version never changes. */
export class FormerTasks {
  readonly #database: Database;
  readonly #remembered = new Map<string, TaskSpec>();

  constructor(database: Database) {
    this.#database = database;
  }

  async find(current: TaskSpec, version: number): Promise<TaskSpec | null> {
    const name = `${current.id}@${version}`;
    const remembered = this.#remembered.get(name);
    if (remembered) return remembered;
    const [row] = await this.#database.queries
      .select({ setup: taskVersions, scoring, ingestion, input, reference })
      .from(taskVersions)
      .leftJoin(scoring, eq(scoring.id, taskVersions.scoringProgramId))
      .leftJoin(ingestion, eq(ingestion.id, taskVersions.ingestionProgramId))
      .leftJoin(input, eq(input.id, taskVersions.inputDataId))
      .leftJoin(reference, eq(reference.id, taskVersions.referenceDataId))
      .where(and(eq(taskVersions.taskId, current.id), eq(taskVersions.version, version)));
    if (!row) return null;
    const { setup, ...programs } = row;
    const spec = toTaskSpec(current, setup, programs);
    this.#remembered.set(name, spec);
    if (this.#remembered.size > MOST_REMEMBERED)
      for (const oldest of this.#remembered.keys()) {
        this.#remembered.delete(oldest);
        break;
      }
    return spec;
  }
}

function toTaskSpec(
  { id, key }: { readonly id: number; readonly key: string },
  setup: Setup,
  programs: Programs,
): TaskSpec {
  return {
    id,
    key,
    version: setup.version,
    scoringProgram: stored(programs.scoring),
    ingestionProgram: stored(programs.ingestion),
    inputData: stored(programs.input),
    referenceData: stored(programs.reference),
    siteData:
      setup.siteDatasetName && setup.siteDatasetVersion
        ? {
            name: setup.siteDatasetName,
            version: setup.siteDatasetVersion,
            input: setup.siteDatasetInput,
            reference: setup.siteDatasetReference,
            rule: setup.siteRule ?? DEFAULT_SITE_RULE,
          }
        : null,
    ingestionOnlyDuringScoring: setup.ingestionOnlyDuringScoring,
    attestations: setup.attestations.map((envelope) => Buffer.from(envelope)),
  };
}

function stored(resource: StoredResource | null): StoredArtifact | null {
  return resource?.digest ? { digest: resource.digest, size: resource.size ?? 0 } : null;
}
