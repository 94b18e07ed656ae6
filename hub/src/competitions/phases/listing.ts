import type { Queries } from '../../db/database.ts';
import { findFilesOf, findPhaseRows, findTasksOf, type PhaseRow } from './store.ts';

/** What organizers set of a phase. Limits: null is none. */
export type PhaseSettings = Pick<
  PhaseRow,
  | 'name'
  | 'description'
  | 'startsAt'
  | 'endsAt'
  | 'maxSubmissionsPerDay'
  | 'maxSubmissionsPerMonth'
  | 'maxSubmissionsPerPerson'
  | 'maxConcurrentSubmissions'
  | 'executionTimeLimitSeconds'
  | 'autoMigrateToThisPhase'
  | 'hideOutput'
  | 'hidePredictionOutput'
  | 'hideScoreOutput'
  | 'keepFormerVersions'
>;

export interface EditablePhase extends PhaseSettings {
  readonly id: number;
  readonly index: number;
  /** In the order in which they are run and shown. */
  readonly tasks: { readonly id: number; readonly name: string }[];
  readonly leaderboardId: number;
  readonly publicData: PhaseFile | null;
  readonly startingKit: PhaseFile | null;
}

export interface PhaseFile {
  readonly key: string;
  readonly name: string;
}

/** In order. */
export async function listPhases(queries: Queries, competitionId: number): Promise<EditablePhase[]> {
  const rows = await findPhaseRows(queries, competitionId);
  const tasks = await findTasksOf(
    queries,
    rows.map(({ id }) => id),
  );
  const files = await findFilesOf(queries, rows);
  const fileOf = (id: number | null) => (id === null ? null : (files.get(id) ?? null));
  return rows.map((row) => ({
    ...settingsOf(row),
    id: row.id,
    index: row.index,
    tasks: tasks.filter(({ phaseId }) => phaseId === row.id).map(({ id, name }) => ({ id, name })),
    leaderboardId: row.leaderboardId,
    publicData: fileOf(row.publicDataId),
    startingKit: fileOf(row.startingKitId),
  }));
}

function settingsOf(row: PhaseRow): PhaseSettings {
  return {
    name: row.name,
    description: row.description,
    startsAt: row.startsAt,
    endsAt: row.endsAt,
    maxSubmissionsPerDay: row.maxSubmissionsPerDay,
    maxSubmissionsPerMonth: row.maxSubmissionsPerMonth,
    maxSubmissionsPerPerson: row.maxSubmissionsPerPerson,
    maxConcurrentSubmissions: row.maxConcurrentSubmissions,
    executionTimeLimitSeconds: row.executionTimeLimitSeconds,
    autoMigrateToThisPhase: row.autoMigrateToThisPhase,
    hideOutput: row.hideOutput,
    hidePredictionOutput: row.hidePredictionOutput,
    hideScoreOutput: row.hideScoreOutput,
    keepFormerVersions: row.keepFormerVersions,
  };
}
