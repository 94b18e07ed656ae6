import { eq, inArray, or } from 'drizzle-orm';
import { users } from '../accounts/schema.ts';
import type { Queries } from '../db/database.ts';
import { resources } from '../resources/schema.ts';
import type { ResourceType } from '../resources/service.ts';
import { filesAreOut } from './detail.ts';
import type { ReachedCompetition } from './gate.ts';
import { collaborators, pages, phases, phaseTasks, solutions, tasks } from './schema.ts';

/** What organizers wrote and uploaded, beside what pages show of it: for programs that take a competition apart. */
export interface WrittenCompetition {
  /** Markdown or HTML, as it was uploaded. */
  readonly terms: string;
  /** As the terms, by the page's id. */
  readonly pages: ReadonlyMap<number, string>;
  /** Who organizes it beside whoever made it. */
  readonly collaborators: readonly { readonly id: number; readonly username: string }[];
  /** Numbers of the phases' files, by their keys. */
  readonly phaseFiles: ReadonlyMap<string, number>;
  /** By the task's id. */
  readonly tasks: ReadonlyMap<number, WrittenTask>;
}

export interface WrittenTask {
  readonly createdAt: Date;
  /** Programs and data that the asker may download. */
  readonly files: readonly OpenFile[];
  /** For organizers. */
  readonly solutions: readonly OpenFile[];
}

export interface OpenFile {
  readonly id: number;
  readonly key: string;
  readonly type: ResourceType;
  readonly name: string;
  readonly description: string;
  readonly fileName: string;
  readonly size: number | null;
  readonly md5: string | null;
  readonly isPublic: boolean;
  readonly owner: string;
  readonly createdAt: Date;
}

export async function readWritten(
  queries: Queries,
  { competition, access }: ReachedCompetition,
): Promise<WrittenCompetition> {
  const [sources, organizers, phaseFiles, rows] = await Promise.all([
    queries
      .select({ id: pages.id, source: pages.source })
      .from(pages)
      .where(eq(pages.competitionId, competition.id)),
    queries
      .select({ id: users.id, username: users.username })
      .from(collaborators)
      .innerJoin(users, eq(users.id, collaborators.userId))
      .where(eq(collaborators.competitionId, competition.id))
      .orderBy(users.username),
    queries
      .select({ id: resources.id, key: resources.key })
      .from(phases)
      .innerJoin(resources, or(eq(resources.id, phases.publicDataId), eq(resources.id, phases.startingKitId)))
      .where(eq(phases.competitionId, competition.id)),
    queries
      .select({ task: tasks, startsAt: phases.startsAt, endsAt: phases.endsAt })
      .from(phases)
      .innerJoin(phaseTasks, eq(phaseTasks.phaseId, phases.id))
      .innerJoin(tasks, eq(tasks.id, phaseTasks.taskId))
      .where(eq(phases.competitionId, competition.id)),
  ]);
  const takesPart = access.canManage || access.participantStatus === 'approved';
  const found = new Map(rows.map(({ task }) => [task.id, task]));
  const begun = new Set(rows.filter((phase) => filesAreOut(phase, access)).map(({ task }) => task.id));
  const solved = access.canManage ? await findSolutions(queries, [...found.keys()]) : [];
  const idsOf = (task: typeof tasks.$inferSelect) =>
    takesPart && begun.has(task.id) ? openIds(task, competition, access) : [];
  const files = await findFiles(queries, [
    ...[...found.values()].flatMap(idsOf),
    ...solved.map(({ resourceId }) => resourceId),
  ]);
  const pick = (ids: readonly (number | null)[]) => ids.flatMap((id) => files.get(id ?? 0) ?? []);
  return {
    terms: competition.termsSource,
    pages: new Map(sources.map(({ id, source }) => [id, source])),
    collaborators: organizers,
    phaseFiles: new Map(phaseFiles.map(({ id, key }) => [key, id])),
    tasks: new Map(
      [...found].map(([id, task]) => [
        id,
        {
          createdAt: task.createdAt,
          files: pick(idsOf(task)),
          solutions: pick(solved.filter(({ taskId }) => taskId === id).map(({ resourceId }) => resourceId)),
        },
      ]),
    ),
  };
}

/** Reference data are nobody's but the organizers'. */
function openIds(
  task: typeof tasks.$inferSelect,
  { makeProgramsAvailable, makeInputDataAvailable }: ReachedCompetition['competition'],
  { canManage }: ReachedCompetition['access'],
): (number | null)[] {
  return [
    ...(canManage || makeInputDataAvailable ? [task.inputDataId] : []),
    ...(canManage ? [task.referenceDataId] : []),
    ...(canManage || makeProgramsAvailable ? [task.ingestionProgramId, task.scoringProgramId] : []),
  ];
}

function findSolutions(queries: Queries, taskIds: readonly number[]) {
  return queries
    .select()
    .from(solutions)
    .where(inArray(solutions.taskId, [...taskIds]))
    .orderBy(solutions.taskId, solutions.resourceId);
}

async function findFiles(queries: Queries, ids: readonly (number | null)[]): Promise<Map<number, OpenFile>> {
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  if (wanted.length === 0) return new Map();
  const rows = await queries
    .select({
      id: resources.id,
      key: resources.key,
      type: resources.type,
      name: resources.name,
      description: resources.description,
      fileName: resources.fileName,
      size: resources.size,
      md5: resources.md5,
      isPublic: resources.isPublic,
      owner: users.username,
      createdAt: resources.createdAt,
    })
    .from(resources)
    .innerJoin(users, eq(users.id, resources.createdBy))
    .where(inArray(resources.id, wanted));
  return new Map(rows.map((row) => [row.id, row]));
}
