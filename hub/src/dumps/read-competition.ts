import { asc, eq, inArray, sql } from 'drizzle-orm';
import {
  collaborators,
  columns,
  competitions,
  leaderboards,
  pages,
  phases,
  phaseTasks,
  queues,
  solutions,
  tasks,
} from '../competitions/schema.ts';
import type { Database } from '../db/database.ts';
import { resources } from '../resources/schema.ts';

export type StoredCompetition = Awaited<ReturnType<typeof readCompetition>>;
export type StoredResource = typeof resources.$inferSelect;
export type StoredTask = typeof tasks.$inferSelect;

/** Everything that a competition consists of, as it was at one moment. */
export function readCompetition(database: Database, competitionId: number) {
  return database.transaction(async ({ queries }) => {
    await queries.execute(sql`set transaction isolation level repeatable read, read only`);
    const [found] = await queries
      .select({ competition: competitions, queueKey: queues.key })
      .from(competitions)
      .leftJoin(queues, eq(queues.id, competitions.queueId))
      .where(eq(competitions.id, competitionId));
    if (!found) throw new Error(`there is no competition ${competitionId} to dump`);
    const ofCompetition = { leaderboards, pages, phases };
    const mine = <Name extends keyof typeof ofCompetition>(name: Name) =>
      eq(ofCompetition[name].competitionId, competitionId);
    const storedPages = await queries.select().from(pages).where(mine('pages')).orderBy(asc(pages.index));
    const storedPhases = await queries.select().from(phases).where(mine('phases')).orderBy(asc(phases.index));
    const boards = await queries
      .select()
      .from(leaderboards)
      .where(mine('leaderboards'))
      .orderBy(asc(leaderboards.index), asc(leaderboards.id));
    const storedColumns = await queries
      .select()
      .from(columns)
      .where(inArray(columns.leaderboardId, idsOf(boards)))
      .orderBy(asc(columns.id));
    const links = await queries
      .select()
      .from(phaseTasks)
      .where(inArray(phaseTasks.phaseId, idsOf(storedPhases)))
      .orderBy(asc(phaseTasks.phaseId), asc(phaseTasks.index));
    const taskIds = links.map(({ taskId }) => taskId);
    const storedTasks = await queries
      .select()
      .from(tasks)
      .where(inArray(tasks.id, taskIds))
      .orderBy(asc(tasks.id));
    const storedSolutions = await queries
      .select()
      .from(solutions)
      .where(inArray(solutions.taskId, taskIds))
      .orderBy(asc(solutions.resourceId), asc(solutions.taskId));
    const files = await queries
      .select()
      .from(resources)
      .where(inArray(resources.id, resourceIds(storedPhases, storedTasks, storedSolutions)));
    const others = await queries
      .select({ userId: collaborators.userId })
      .from(collaborators)
      .where(eq(collaborators.competitionId, competitionId));
    return {
      ...found,
      pages: storedPages,
      phases: storedPhases,
      leaderboards: boards,
      columns: storedColumns,
      phaseTasks: links,
      tasks: storedTasks,
      solutions: storedSolutions,
      resources: new Map(files.map((file) => [file.id, file])),
      organizers: new Set([found.competition.createdBy, ...others.map(({ userId }) => userId)]),
    };
  });
}

const idsOf = (rows: readonly { id: number }[]) => rows.map(({ id }) => id);

function resourceIds(
  ofPhases: readonly (typeof phases.$inferSelect)[],
  ofTasks: readonly StoredTask[],
  ofSolutions: readonly (typeof solutions.$inferSelect)[],
): number[] {
  return [
    ...ofPhases.flatMap(({ publicDataId, startingKitId }) => [publicDataId, startingKitId]),
    ...ofTasks.flatMap((task) => [
      task.scoringProgramId,
      task.ingestionProgramId,
      task.inputDataId,
      task.referenceDataId,
    ]),
    ...ofSolutions.map(({ resourceId }) => resourceId),
  ].filter((id) => id !== null);
}
