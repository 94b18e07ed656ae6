import { and, eq, exists, isNull, or, sql } from 'drizzle-orm';
import type { Actor } from '../accounts/access.ts';
import type { ReachedPhase } from '../competitions/gate.ts';
import { competitions, phases, phaseTasks, tasks } from '../competitions/schema.ts';
import type { Database } from '../db/database.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import { taskShares } from '../tasks/schema.ts';
import { UnknownTasksError } from './errors.ts';
import { foreignTasks } from './schema.ts';
import { findPhaseTasks } from './store.ts';

/** Which tasks a submission may be run on again. */
export interface TaskChoice {
  /**
   * One of the phase's own tasks, or of elsewhere: of another phase of the competition, public, shared with the actor, or their own; robots may choose those of every
   * competition that allows robots, and administrators all. One of elsewhere belongs to the phase from then on, for re-runs alone.
   * @throws UnknownTasksError
   */
  choose(
    actor: Actor,
    phase: { readonly phaseId: number; readonly competition: Pick<ReachedPhase['competition'], 'id'> },
    taskKey: string,
  ): Promise<number>;
}

export function createTaskChoice(
  { queries }: Database,
  dispatch: Pick<Dispatch, 'phaseChanged'>,
): TaskChoice {
  return {
    async choose(actor, { phaseId, competition }, taskKey) {
      const key = taskKey.toLowerCase();
      const own = (await findPhaseTasks(queries, phaseId)).find((task) => task.key === key);
      if (own) return own.id;
      const taskId =
        actor.kind === 'user' && isUuid(key) ? await findForeign(actor.user, competition.id, key) : null;
      if (taskId === null) throw new UnknownTasksError();
      await queries.insert(foreignTasks).values({ phaseId, taskId }).onConflictDoNothing();
      dispatch.phaseChanged(phaseId);
      return taskId;
    },
  };

  async function findForeign(
    { id, isAdmin, isRobot }: { id: number; isAdmin: boolean; isRobot: boolean },
    competitionId: number,
    key: string,
  ): Promise<number | null> {
    const usedIn = (condition: ReturnType<typeof eq>) =>
      exists(
        queries
          .select({ one: sql`1` })
          .from(phaseTasks)
          .innerJoin(phases, eq(phases.id, phaseTasks.phaseId))
          .innerJoin(competitions, eq(competitions.id, phases.competitionId))
          .where(and(eq(phaseTasks.taskId, tasks.id), condition)),
      );
    const isOpen = or(
      tasks.isPublic,
      eq(tasks.createdBy, id),
      exists(
        queries
          .select({ one: sql`1` })
          .from(taskShares)
          .where(and(eq(taskShares.taskId, tasks.id), eq(taskShares.userId, id))),
      ),
      usedIn(eq(competitions.id, competitionId)),
      isRobot ? usedIn(eq(competitions.allowRobotSubmissions, true)) : undefined,
    );
    const [row] = await queries
      .select({ id: tasks.id })
      .from(tasks)
      .where(and(eq(tasks.key, key), isNull(tasks.deletedAt), isAdmin ? undefined : isOpen));
    return row?.id ?? null;
  }
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
