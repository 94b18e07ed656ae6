import { and, eq } from 'drizzle-orm';
import type { Logger } from 'pino';
import { type Actor, requireUser } from '../accounts/access.ts';
import type { SiteRule } from '../bundles/site-rule.ts';
import { tasks } from '../competitions/schema.ts';
import type { Creations } from '../creations/service.ts';
import type { Database } from '../db/database.ts';
import { decodeIdCursor, mapPage, type Page, toPage } from '../db/page.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { boardsFollow } from '../leaderboards/rebuild.ts';
import type { Resources } from '../resources/service.ts';
import type { ArchiveLimits } from '../storage/archive/index.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import {
  NoSiteDataError,
  NothingToRunError,
  NotYourTaskError,
  PersonMissingError,
  TaskArchiveError,
  TaskInUseError,
  TaskMissingError,
} from './errors.ts';
import { createTaskMaker } from './from-archive.ts';
import { taskShares } from './schema.ts';
import { type ChosenResources, chooseResources, holdResources, isSameSetup, SLOTS } from './setup.ts';
import {
  type FoundTask,
  findPerson,
  findPhasesOf,
  findTask,
  findTaskId,
  keepVersion,
  listTasks,
  lockTask,
  phaseIdsOf,
  setSolutions,
  type TaskScope,
} from './store.ts';
import { findFiles, mayEdit, type TaskCard, type TaskView, toCards, toTaskView } from './view.ts';

export interface NewTask extends ChosenResources {
  readonly name: string;
  readonly description?: string | undefined;
  readonly isPublic?: boolean | undefined;
  readonly ingestionOnlyDuringScoring?: boolean | undefined;
  /** Keys of resources. */
  readonly solutions?: readonly string[] | undefined;
}

/** What is left out stays as it is. */
export interface TaskEdit extends Omit<NewTask, 'name'> {
  readonly name?: string | undefined;
  /** Another dataset, or another version of it, of the sites; only where the task has one. */
  readonly siteDataset?: { readonly name: string; readonly version: string } | undefined;
  /** Which of these sites are asked, and how their scores become one; only where the task has such data. */
  readonly siteRule?: SiteRule | undefined;
  /** Why, for the history. */
  readonly note?: string | undefined;
}

export interface TaskListFilter {
  readonly scope?: TaskScope | undefined;
  readonly search?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

/**
 * Tasks by themselves: made, changed, shared and put to use in phases of any competition. To change what is run makes a new version. What has been
 * admitted stays on the version that it was admitted with, and of the scores of former versions the boards say so, or leave them out.
 */
export interface Tasks {
  /** Newest first: the actor's own, those shared with them, public ones, all of these, or (for administrators) everybody's. */
  list(actor: Actor, filter: TaskListFilter): Promise<Page<TaskCard> & { total: number }>;
  /** By id or key. @throws TaskMissingError */
  get(actor: Actor, task: number | string): Promise<TaskView>;
  /** @throws NothingToRunError and what resources throw */
  create(actor: Actor, task: NewTask): Promise<TaskView>;
  /** From an upload (a zip with a `task.yaml`), which is gone afterwards; or only what is wrong with it. The work happens in the background: see `Creations`. */
  fromArchive(
    actor: Actor,
    archive: { readonly resourceKey: string; readonly checkOnly: boolean },
  ): Promise<{ creationId: number }>;
  /** The same here and now, for those who wait. @throws TaskArchiveError with all that is wrong with it */
  fromArchiveNow(actor: Actor, resourceKey: string, signal: AbortSignal): Promise<TaskView>;
  /** The job's handler. */
  makeTask(creationId: number, signal: AbortSignal): Promise<void>;
  /** By its owner and administrators. `version` of the answer says whether there is a new one. @throws TaskMissingError | NotYourTaskError */
  edit(actor: Actor, id: number, edit: TaskEdit): Promise<TaskView>;
  /** By their owner and administrators, once no phase has them: all, or none. @throws TaskMissingError | NotYourTaskError | TaskInUseError */
  remove(actor: Actor, ...ids: number[]): Promise<void>;
  /** Lets somebody use it, or no longer; in what they have made of it so far it stays. @throws PersonMissingError */
  share(actor: Actor, id: number, username: string, isShared: boolean): Promise<TaskView>;
}

export interface TasksDependencies {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly resources: Resources;
  readonly creations: Creations;
  readonly dispatch: Pick<Dispatch, 'phaseChanged'>;
  readonly jobs: Pick<Jobs, 'enqueue'>;
  readonly archives: ArchiveLimits;
  readonly log: Logger;
}

export function createTasks(dependencies: TasksDependencies): Tasks {
  const { database, resources, creations, dispatch, jobs, log } = dependencies;
  const { queries } = database;
  const makeTask = createTaskMaker(dependencies);

  async function reach(actor: Actor, id: number): Promise<FoundTask> {
    const user = requireUser(actor);
    const task = await findTask(queries, id, user.id);
    if (!task || !(mayEdit(user, task) || task.isPublic || task.isShared || task.isOrganized))
      throw new TaskMissingError();
    return task;
  }

  async function reachOwn(actor: Actor, id: number): Promise<FoundTask> {
    const task = await reach(actor, id);
    if (!mayEdit(requireUser(actor), task)) throw new NotYourTaskError();
    return task;
  }

  async function show(actor: Actor, id: number): Promise<TaskView> {
    return toTaskView(queries, actor, await reach(actor, id));
  }

  async function solutionIds(actor: Actor, keys: readonly string[]): Promise<number[]> {
    const found = await Promise.all(keys.map((key) => resources.getUsable(actor, key, ['solution'])));
    return found.map(({ id }) => id);
  }

  return {
    async list(actor, { scope = 'mine', search, cursor, limit = 25 }) {
      const user = requireUser(actor);
      // Administrators alone see those of everybody; for the others it is all that they may use.
      const seen = scope === 'all' && !user.isAdmin ? 'usable' : scope;
      const before = decodeIdCursor(cursor);
      const { rows, total } = await listTasks(queries, user.id, {
        scope: seen,
        search,
        before,
        limit: limit + 1,
      });
      const page = toPage(rows, limit, ({ id }) => id);
      const cards = new Map((await toCards(queries, actor, page.items)).map((card) => [card.id, card]));
      return { ...mapPage(page, ({ id }) => cards.get(id)!), total };
    },

    async get(actor, task) {
      requireUser(actor);
      const id = typeof task === 'number' ? task : await findTaskId(queries, task);
      if (id === null) throw new TaskMissingError();
      return show(actor, id);
    },

    async create(actor, task) {
      const { id: createdBy } = requireUser(actor);
      const chosen = await chooseResources(resources, actor, task, new Map());
      if (!chosen.scoringProgramId && !chosen.ingestionProgramId) throw new NothingToRunError();
      const solved = await solutionIds(actor, task.solutions ?? []);
      const id = await database.transaction(async (tx) => {
        await holdResources(tx, [...Object.values(chosen), ...solved]);
        const [inserted] = await tx.queries
          .insert(tasks)
          .values({
            ...chosen,
            name: task.name,
            description: task.description ?? '',
            isPublic: task.isPublic ?? false,
            ingestionOnlyDuringScoring: task.ingestionOnlyDuringScoring ?? false,
            createdBy,
          })
          .returning({ id: tasks.id });
        await setSolutions(tx, inserted!.id, solved);
        return inserted!.id;
      });
      log.info({ taskId: id }, 'task made');
      return show(actor, id);
    },

    fromArchive: (actor, archive) => creations.begin(actor, { kind: 'task', ...archive }),
    makeTask,

    async fromArchiveNow(actor, resourceKey, signal) {
      const { creationId } = await creations.begin(actor, { kind: 'task', resourceKey, checkOnly: false });
      // Rather than when its job's turn comes. Whichever of the two is first makes it.
      await makeTask(creationId, signal);
      const { taskId, problems } = await creations.get(actor, creationId);
      if (taskId === null) throw new TaskArchiveError(problems);
      return show(actor, taskId);
    },

    async edit(actor, id, edit) {
      const { id: changedBy } = requireUser(actor);
      const known = await reachOwn(actor, id);
      const files = await findFiles(
        queries,
        SLOTS.map((slot) => known[`${slot}Id`]),
      );
      const current = new Map([...files].map(([resourceId, { key }]) => [key, resourceId]));
      const chosen = await chooseResources(resources, actor, edit, current);
      const solved = edit.solutions && (await solutionIds(actor, edit.solutions));
      if ((edit.siteDataset || edit.siteRule) && known.siteDatasetName === null) throw new NoSiteDataError();
      await database.transaction(async (tx) => {
        const before = await lockTask(tx, id);
        if (!before) throw new TaskMissingError();
        const after = {
          ...before,
          ...chosen,
          ...(edit.name !== undefined && { name: edit.name }),
          ...(edit.description !== undefined && { description: edit.description }),
          ...(edit.isPublic !== undefined && { isPublic: edit.isPublic }),
          ...(edit.ingestionOnlyDuringScoring !== undefined && {
            ingestionOnlyDuringScoring: edit.ingestionOnlyDuringScoring,
          }),
          ...(edit.siteDataset && {
            siteDatasetName: edit.siteDataset.name,
            siteDatasetVersion: edit.siteDataset.version,
          }),
          ...(edit.siteRule && { siteRule: edit.siteRule }),
        };
        if (!after.scoringProgramId && !after.ingestionProgramId) throw new NothingToRunError();
        await holdResources(tx, [...Object.values(chosen), ...(solved ?? [])]);
        if (solved) await setSolutions(tx, id, solved);
        const { id: _, ...changed } = after;
        if (isSameSetup(before, after)) {
          await tx.queries.update(tasks).set(changed).where(eq(tasks.id, id));
          return;
        }
        await keepVersion(tx, before);
        const version = before.version + 1;
        const note = edit.note ?? '';
        await tx.queries
          .update(tasks)
          .set({ ...changed, version, changedBy, changedAt: new Date(), changeNote: note })
          .where(eq(tasks.id, id));
        const phases = await phaseIdsOf(tx.queries, id);
        await boardsFollow(jobs, tx, phases.own);
        tx.afterCommit(() => {
          for (const phaseId of phases.all) dispatch.phaseChanged(phaseId);
          log.info({ taskId: id, version }, 'task changed');
        });
      });
      return show(actor, id);
    },

    async remove(actor, ...ids) {
      const user = requireUser(actor);
      const inOrder = [...new Set(ids)].toSorted((a, b) => a - b);
      const found = await Promise.all(inOrder.map((id) => reachOwn(actor, id)));
      await database.transaction(async (tx) => {
        for (const { id, name } of found) {
          if (!(await lockTask(tx, id))) continue;
          const { own } = await phaseIdsOf(tx.queries, id);
          const named = await findPhasesOf(tx.queries, [id], { ...user, isAdmin: true });
          // In phases of deleted competitions it stays, for the records, and hinders nobody.
          if (named.length > 0)
            throw new TaskInUseError(
              name,
              named.map(({ competitionTitle, phaseName }) => `"${competitionTitle}: ${phaseName}"`),
            );
          await tx.queries.update(tasks).set({ deletedAt: new Date() }).where(eq(tasks.id, id));
          tx.afterCommit(() => {
            for (const phaseId of own) dispatch.phaseChanged(phaseId);
          });
        }
      });
    },

    async share(actor, id, username, isShared) {
      await reachOwn(actor, id);
      const userId = await findPerson(queries, username);
      if (userId === null) throw new PersonMissingError(username);
      if (isShared) await queries.insert(taskShares).values({ taskId: id, userId }).onConflictDoNothing();
      else
        await queries.delete(taskShares).where(and(eq(taskShares.taskId, id), eq(taskShares.userId, userId)));
      return show(actor, id);
    },
  };
}
