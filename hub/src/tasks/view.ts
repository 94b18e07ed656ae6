import { eq, inArray } from 'drizzle-orm';
import { type ActingUser, type Actor, requireUser } from '../accounts/access.ts';
import { users } from '../accounts/schema.ts';
import { DEFAULT_SITE_RULE, type SiteRule } from '../bundles/site-rule.ts';
import { solutions } from '../competitions/schema.ts';
import type { Queries } from '../db/database.ts';
import { resources } from '../resources/schema.ts';
import type { ResourceType } from '../resources/service.ts';
import { SLOTS, type Slot, type TaskSetup } from './setup.ts';
import {
  countOutdated,
  type FoundTask,
  findPhasesOf,
  findShares,
  findVersions,
  type TaskRow,
} from './store.ts';

/** A task in a list. */
export interface TaskCard {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly isMine: boolean;
  readonly isPublic: boolean;
  readonly version: number;
  readonly createdAt: Date;
  readonly changedAt: Date | null;
  readonly ingestionOnlyDuringScoring: boolean;
  /** Runs at sites, on this data of theirs: NAME@VERSION. */
  readonly siteDataset: string | null;
  /** Published ones, and those that the actor organizes. */
  readonly competitions: { readonly id: number; readonly title: string }[];
}

export interface TaskView extends TaskCard {
  readonly files: TaskFiles;
  /** Null without data of sites. */
  readonly siteRule: SiteRule | null;
  readonly solutions: TaskFile[];
  readonly canEdit: boolean;
  /** Newest first; the first is what is run now. */
  readonly versions: TaskVersionView[];
  readonly phases: TaskPhase[];
  /** Who else may use it; null for whom that does not concern. */
  readonly shares: { readonly username: string; readonly name: string }[] | null;
}

export type TaskFiles = Readonly<Record<Slot, TaskFile | null>>;

export interface TaskFile {
  readonly key: string;
  readonly type: ResourceType;
  readonly name: string;
  readonly fileName: string;
  readonly size: number | null;
  readonly isPublic: boolean;
}

export interface TaskVersionView {
  readonly version: number;
  readonly by: string;
  readonly at: Date;
  readonly note: string;
  readonly files: TaskFiles;
  readonly ingestionOnlyDuringScoring: boolean;
  readonly siteDataset: string | null;
  readonly siteRule: SiteRule | null;
}

/** Where the task is used, as far as the actor may know. */
export interface TaskPhase {
  readonly competitionId: number;
  readonly competitionTitle: string;
  readonly phaseId: number;
  readonly phaseName: string;
  readonly canManage: boolean;
  /** What former versions scored stays on the board, marked. */
  readonly keepFormerVersions: boolean;
  /** Files of participants whose latest score is from a former version: what running the phase again brings up to date. For its organizers. */
  readonly outdated: number;
}

export async function toCards(
  queries: Queries,
  actor: Actor,
  rows: readonly (TaskRow & { owner: string })[],
): Promise<TaskCard[]> {
  const viewer = requireUser(actor);
  const phases =
    rows.length > 0
      ? await findPhasesOf(
          queries,
          rows.map(({ id }) => id),
          viewer,
        )
      : [];
  return rows.map((row) => {
    const used = phases.filter(({ taskId }) => taskId === row.id);
    const titles = new Map(
      used.map(({ competitionId, competitionTitle }) => [competitionId, competitionTitle]),
    );
    return {
      id: row.id,
      key: row.key,
      name: row.name,
      description: row.description,
      owner: row.owner,
      isMine: row.createdBy === viewer.id,
      isPublic: row.isPublic,
      version: row.version,
      createdAt: row.createdAt,
      changedAt: row.changedAt,
      ingestionOnlyDuringScoring: row.ingestionOnlyDuringScoring,
      siteDataset: siteDatasetOf(row),
      competitions: [...titles].map(([id, title]) => ({ id, title })),
    };
  });
}

export async function toTaskView(queries: Queries, actor: Actor, task: FoundTask): Promise<TaskView> {
  const viewer = requireUser(actor);
  const canEdit = mayEdit(viewer, task);
  const [[card], former, phases, shares, solved] = await Promise.all([
    toCards(queries, actor, [task]),
    findVersions(queries, task.id),
    findPhasesOf(queries, [task.id], viewer),
    canEdit ? findShares(queries, task.id) : null,
    queries
      .select({ resourceId: solutions.resourceId })
      .from(solutions)
      .where(eq(solutions.taskId, task.id))
      .orderBy(solutions.resourceId),
  ]);
  const managed = phases.filter(({ canManage }) => canManage).map(({ phaseId }) => phaseId);
  const [outdated, files, changer] = await Promise.all([
    countOutdated(queries, task, managed),
    findFiles(queries, [
      ...[task, ...former].flatMap((version) => SLOTS.map((slot) => version[`${slot}Id`])),
      ...solved.map(({ resourceId }) => resourceId),
    ]),
    findUsername(queries, task.changedBy),
  ]);
  const current = { ...task, by: changer ?? task.owner, createdAt: task.changedAt ?? task.createdAt };
  return {
    ...card!,
    files: filesOf(task, files),
    siteRule: siteRuleOf(task),
    solutions: solved.flatMap(({ resourceId }) => files.get(resourceId) ?? []),
    canEdit,
    versions: [{ ...current, note: task.changeNote }, ...former].map((version) => ({
      version: version.version,
      by: version.by,
      at: version.createdAt,
      note: version.note,
      files: filesOf(version, files),
      ingestionOnlyDuringScoring: version.ingestionOnlyDuringScoring,
      siteDataset: siteDatasetOf(version),
      siteRule: siteRuleOf(version),
    })),
    phases: phases.map(({ taskId: _, ...phase }) => ({
      ...phase,
      outdated: outdated.get(phase.phaseId) ?? 0,
    })),
    shares,
  };
}

export function mayEdit(user: ActingUser, task: Pick<TaskRow, 'createdBy'>): boolean {
  return user.isAdmin || task.createdBy === user.id;
}

function siteDatasetOf({ siteDatasetName, siteDatasetVersion }: Omit<TaskSetup, `${Slot}Id`>): string | null {
  return siteDatasetName && siteDatasetVersion ? `${siteDatasetName}@${siteDatasetVersion}` : null;
}

function siteRuleOf({ siteDatasetName, siteRule }: Pick<TaskSetup, 'siteDatasetName' | 'siteRule'>) {
  return siteDatasetName === null ? null : (siteRule ?? DEFAULT_SITE_RULE);
}

async function findUsername(queries: Queries, id: number | null): Promise<string | null> {
  if (id === null) return null;
  const [user] = await queries.select({ username: users.username }).from(users).where(eq(users.id, id));
  return user?.username ?? null;
}

/** By resource id. */
export async function findFiles(
  queries: Queries,
  ids: readonly (number | null)[],
): Promise<Map<number, TaskFile>> {
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  if (wanted.length === 0) return new Map();
  const rows = await queries
    .select({
      id: resources.id,
      key: resources.key,
      type: resources.type,
      name: resources.name,
      fileName: resources.fileName,
      size: resources.size,
      isPublic: resources.isPublic,
    })
    .from(resources)
    .where(inArray(resources.id, wanted));
  return new Map(rows.map(({ id, ...file }) => [id, file]));
}

function filesOf(setup: Pick<TaskSetup, `${Slot}Id`>, files: ReadonlyMap<number, TaskFile>): TaskFiles {
  const of = (slot: Slot) => {
    const id = setup[`${slot}Id`];
    return id === null ? null : (files.get(id) ?? null);
  };
  return {
    scoringProgram: of('scoringProgram'),
    ingestionProgram: of('ingestionProgram'),
    inputData: of('inputData'),
    referenceData: of('referenceData'),
  };
}
