import type { Logger } from 'pino';
import { type Actor, requireUser } from '../accounts/access.ts';
import type { Competitions } from '../competitions/service.ts';
import type { Database } from '../db/database.ts';
import { decodeIdCursor, mapPage, type Page, toPage } from '../db/page.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Boards } from '../leaderboards/boards.ts';
import type { LiveBus } from '../live/bus.ts';
import type { Resources } from '../resources/service.ts';
import { type Batches, createBatches } from './batches/service.ts';
import { BoardMoves } from './board.ts';
import { type ChangeOfCompetition, type LimitChange, listChanges, listLimitChanges } from './changes.ts';
import { editSubmission, mayPublish, type SubmissionEdit } from './editing.ts';
import { type Allowance, Entering, type RehearsalRequest, type SubmissionRequest } from './entering.ts';
import { NotAllowedError, SubmissionMissingError } from './errors.ts';
import { createExports, type Exports } from './exports.ts';
import { createSubmissionFiles, type SubmissionFile, type SubmissionFiles } from './files.ts';
import { createSubmissionGate, type ReachedSubmission } from './gate.ts';
import { createSubmissionLogs, type SubmissionLogs } from './logs.ts';
import { doToMany, type ManyDone } from './many.ts';
import type { SubmissionStatus } from './outcome.ts';
import { createLimitsOfPersons, type LimitsOfPersons } from './person-limits.ts';
import { type ScoreEdit, ScoreEdits } from './score-edits.ts';
import { findTaskIds, listRoots, type SubmissionFilter, type SubmissionKind } from './store.ts';
import { createTaskChoice } from './task-choice.ts';
import { readSubmissions, type SubmissionView } from './view.ts';

export interface SubmissionDetail extends SubmissionView {
  readonly files: SubmissionFile[];
  readonly canManage: boolean;
  readonly canPutOnLeaderboard: boolean;
  readonly canRemoveFromLeaderboard: boolean;
  /** The competition's questions, with what was answered when it was submitted. */
  readonly factSheet: { readonly key: string; readonly title: string; readonly answer: unknown }[];
  /** What it says of itself. */
  readonly canEdit: boolean;
  readonly canPublish: boolean;
  /** Columns in which organizers may write another score; none for others. */
  readonly editableColumns: { readonly key: string; readonly title: string }[];
}

interface Paging {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export interface Submissions extends Pick<SubmissionFiles, 'fileFor' | 'reportFor' | 'reportOf'> {
  readonly logs: SubmissionLogs;
  /** Whole phases run again, and taken over into the next. */
  readonly batches: Batches;
  /** What organizers let one person do. */
  readonly limits: LimitsOfPersons;
  /** What `all` lists, as files. */
  readonly exports: Exports;

  allowance(actor: Actor, phaseId: number): Promise<Allowance>;
  /**
   * Enters a phase. Resolves once the submission and its runs are committed.
   * @throws NotParticipantError | TermsOutdatedError | PhaseNotOpenError | LimitReachedError | FactSheetError | UnknownTasksError and what
   * dispatch and resources throw
   */
  create(actor: Actor, request: SubmissionRequest): Promise<SubmissionView>;
  /**
   * Runs on the synthetic data of sites, to see that it runs there at all: with full logs, beside the limits, and on no board.
   * @throws what create throws | RehearsalNotOfferedError | RehearsalLimitError
   */
  rehearse(actor: Actor, request: RehearsalRequest): Promise<SubmissionView>;
  /** @throws SubmissionMissingError */
  get(actor: Actor, id: number): Promise<SubmissionDetail>;
  /** As `get` without what only its page shows: for those that follow it live. @throws SubmissionMissingError */
  peek(actor: Actor, id: number): Promise<SubmissionView>;
  /** The actor's own root submissions, newest first. */
  mine(
    actor: Actor,
    filter: Paging & {
      phaseId?: number | undefined;
      competitionId?: number | undefined;
      kind?: SubmissionKind | undefined;
    },
  ): Promise<Page<SubmissionView>>;
  /**
   * Newest first. Of a phase or a competition everybody's, for its organizers and for robots where they are allowed; the actor's own
   * otherwise. Of all competitions: the actor's own and those of competitions that they organize; for administrators all, for robots those
   * of competitions that allow robots.
   */
  inReach(
    actor: Actor,
    filter: Paging & {
      phaseId?: number | undefined;
      competitionId?: number | undefined;
      status?: SubmissionStatus | undefined;
      search?: string | undefined;
    },
  ): Promise<Page<SubmissionView>>;
  /** For organizers: everybody's, newest first. */
  all(
    actor: Actor,
    filter: Paging & {
      competitionId: number;
      phaseId?: number | undefined;
      status?: SubmissionStatus | undefined;
      kind?: SubmissionKind | undefined;
      owner?: string | undefined;
      onLeaderboard?: boolean | undefined;
      byHand?: boolean | undefined;
      isPublic?: boolean | undefined;
      search?: string | undefined;
      ids?: readonly number[] | undefined;
    },
  ): Promise<Page<SubmissionView>>;
  /** What organizers changed by hand of a competition's submissions, newest first. For organizers. */
  changes(actor: Actor, filter: Paging & { competitionId: number }): Promise<Page<ChangeOfCompetition>>;
  /** What organizers changed of people's limits, newest first. For organizers. */
  limitChanges(actor: Actor, filter: Paging & { competitionId: number }): Promise<Page<LimitChange>>;
  /** Finished ones that were made public, newest first: for whoever sees the competition. */
  published(
    actor: Actor,
    filter: Paging & { competitionId: number; phaseId?: number | undefined },
  ): Promise<Page<SubmissionView>>;
  /** What was deleted of a competition, newest first. For organizers. */
  deleted(actor: Actor, filter: Paging & { competitionId: number }): Promise<Page<SubmissionView>>;
  /**
   * Takes a deletion back, with all that belongs to it. Where the board's rule puts entries, it puts this one where it belongs; by hand nothing comes
   * back onto a board. For organizers.
   */
  restore(actor: Actor, id: number): Promise<SubmissionView>;
  /** As their owners see them, in the order of the ids: for whoever has found out already that those may be told of them. */
  asOwnersSee(ids: readonly number[]): Promise<SubmissionView[]>;
  /** Starts one that waits for an organizer. For organizers. */
  start(actor: Actor, id: number): Promise<SubmissionView>;
  /** Its owner or organizers. Of a part, cancels the whole; what is over stays as it is. */
  cancel(actor: Actor, id: number): Promise<SubmissionView>;
  /**
   * Enters the same data again for the same owner, beside the limits: a new submission. For organizers and robots. On one task alone
   * (by its key, of the phase or of elsewhere; or of a part) it never appears on a board.
   * @throws UnknownTasksError
   */
  rerun(actor: Actor, id: number, taskKey?: string): Promise<SubmissionView>;
  /** Its owner, when it is over and not on a board; organizers, when it is over. */
  remove(actor: Actor, id: number): Promise<void>;
  /** @throws NotAllowedError under the rule of the board | NotFinishedError */
  setOnLeaderboard(actor: Actor, id: number, onLeaderboard: boolean): Promise<SubmissionView>;
  /** Whatever the rule of the board says, with the reason kept. For organizers. @throws NotAllowedError | NotFinishedError */
  forceOntoLeaderboard(actor: Actor, id: number, reason: string): Promise<SubmissionView>;
  /** @throws NotAllowedError | NotPublishableError */
  edit(actor: Actor, id: number, edit: SubmissionEdit): Promise<SubmissionView>;
  /** Of a leaf; see `ScoreEdits`. For organizers. @throws NotAllowedError | NotEditableError | UnknownColumnError */
  editScore(actor: Actor, id: number, edit: ScoreEdit): Promise<SubmissionView>;
  /** As each of them alone; what is refused is told, and holds up no other. */
  startMany(actor: Actor, ids: readonly number[]): Promise<ManyDone>;
  cancelMany(actor: Actor, ids: readonly number[]): Promise<ManyDone>;
  removeMany(actor: Actor, ids: readonly number[]): Promise<ManyDone>;
  rerunMany(actor: Actor, ids: readonly number[], taskKey?: string): Promise<ManyDone>;
  forceManyOntoLeaderboard(actor: Actor, ids: readonly number[], reason: string): Promise<ManyDone>;
  setManyOnLeaderboard(actor: Actor, ids: readonly number[], onLeaderboard: boolean): Promise<ManyDone>;
  editMany(actor: Actor, ids: readonly number[], edit: SubmissionEdit): Promise<ManyDone>;
}

export interface SubmissionsDependencies {
  readonly database: Database;
  readonly dispatch: Dispatch;
  readonly resources: Resources;
  readonly competitions: Competitions;
  readonly boards: Boards;
  readonly jobs: Jobs;
  readonly live: LiveBus;
  readonly log: Logger;
}

export function createSubmissions({
  database,
  dispatch,
  resources,
  competitions,
  boards,
  jobs,
  live,
  log,
}: SubmissionsDependencies): Submissions {
  const { queries } = database;
  const gate = createSubmissionGate(queries, competitions.gate);
  const files = createSubmissionFiles(queries, gate);
  const moves = new BoardMoves(database, boards, live);
  const entering = new Entering(database, competitions.gate, resources, dispatch);
  const scoreEdits = new ScoreEdits(database, boards, live);
  const tasks = createTaskChoice(database, dispatch);
  const batches = createBatches({
    database,
    competitions: competitions.gate,
    dispatch,
    tasks,
    jobs,
    live,
    log,
  });

  async function show({ submission, access }: ReachedSubmission): Promise<SubmissionView> {
    return showOne(submission.id, access.canManage);
  }

  async function showOne(id: number, seesHidden: boolean): Promise<SubmissionView> {
    const [view] = await readSubmissions(queries, dispatch, [id], { seesHidden: () => seesHidden });
    if (!view) throw new SubmissionMissingError();
    return view;
  }

  async function page(filter: Paging & Omit<SubmissionFilter, 'before' | 'limit'>, seesHidden: boolean) {
    const limit = filter.limit ?? 25;
    const ids = await listRoots(queries, {
      ...filter,
      before: decodeIdCursor(filter.cursor),
      limit: limit + 1,
    });
    const found = toPage(ids, limit, (id) => id);
    const views = await readSubmissions(queries, dispatch, found.items, {
      seesHidden: () => seesHidden,
      seesDeleted: filter.isDeleted ?? false,
    });
    const byId = new Map(views.map((view) => [view.id, view]));
    const shown = { ...found, items: found.items.filter((id) => byId.has(id)) };
    return mapPage(shown, (id) => byId.get(id)!);
  }

  async function editableColumns(phaseId: number): Promise<SubmissionDetail['editableColumns']> {
    const board = (await boards.get(database, [phaseId])).get(phaseId);
    return (board?.columns ?? []).flatMap(({ key, title, computation }) =>
      computation === null ? [{ key, title }] : [],
    );
  }

  const submissions: Submissions = {
    logs: createSubmissionLogs(queries, gate),
    batches,
    limits: createLimitsOfPersons(database, competitions.gate, live),
    exports: createExports(database, (actor, filter) => submissions.all(actor, filter)),
    fileFor: files.fileFor,
    reportFor: files.reportFor,
    reportOf: files.reportOf,
    allowance: (actor, phaseId) => entering.allowance(actor, phaseId),

    async create(actor, request) {
      const { id, access } = await entering.enter(actor, request);
      return showOne(id, access.canManage);
    },

    async rehearse(actor, request) {
      const { id, access } = await entering.rehearse(actor, request);
      return showOne(id, access.canManage);
    },

    async get(actor, id) {
      const reached = await gate.view(actor, id);
      const view = await show(reached);
      return {
        ...view,
        files: await files.list(reached),
        canManage: reached.access.canManage,
        factSheet: (reached.competition.factSheet ?? []).flatMap(({ key, title }) =>
          view.factSheetAnswers ? [{ key, title, answer: view.factSheetAnswers[key] ?? null }] : [],
        ),
        canEdit: reached.isOwner || reached.access.canManage,
        canPublish: mayPublish(reached),
        editableColumns: reached.access.canManage ? await editableColumns(reached.submission.phaseId) : [],
        ...(await moves.permissions(actor, reached, view.onLeaderboard)),
      };
    },

    async peek(actor, id) {
      return show(await gate.view(actor, id));
    },

    async mine(actor, filter) {
      const { id: ownerId } = requireUser(actor);
      return page({ ...filter, ownerId }, false);
    },

    async inReach(actor, filter) {
      const { id, isAdmin, isRobot } = requireUser(actor);
      const { phaseId, competitionId } = filter;
      if (phaseId !== undefined || competitionId !== undefined) {
        const { access } =
          phaseId === undefined
            ? await competitions.gate.view(actor, competitionId!)
            : await competitions.gate.viewPhase(actor, phaseId);
        const seesAll = access.canManage || access.isUnlimited;
        return page({ ...filter, ...(seesAll ? {} : { ownerId: id }) }, access.canManage);
      }
      if (isAdmin) return page(filter, true);
      return page({ ...filter, ...(isRobot ? { robotId: id } : { organizerId: id }) }, false);
    },

    async all(actor, filter) {
      await competitions.gate.manage(actor, filter.competitionId);
      return page(filter, true);
    },

    async changes(actor, { competitionId, cursor, limit = 50 }) {
      await competitions.gate.manage(actor, competitionId);
      const filter = { competitionId, before: decodeIdCursor(cursor), limit: limit + 1 };
      return toPage(await listChanges(queries, filter), limit, ({ id }) => id);
    },

    async limitChanges(actor, { competitionId, cursor, limit = 50 }) {
      await competitions.gate.manage(actor, competitionId);
      const filter = { competitionId, before: decodeIdCursor(cursor), limit: limit + 1 };
      return toPage(await listLimitChanges(queries, filter), limit, ({ id }) => id);
    },

    async published(actor, filter) {
      const { access } = await competitions.gate.view(actor, filter.competitionId);
      return page({ ...filter, isPublic: true, status: 'Finished', kind: 'submission' }, access.canManage);
    },

    async deleted(actor, filter) {
      await competitions.gate.manage(actor, filter.competitionId);
      return page({ ...filter, isDeleted: true }, true);
    },

    async restore(actor, id) {
      const reached = await gate.findDeleted(actor, id);
      await moves.restore(reached);
      log.info({ submissionId: id }, 'submission restored');
      return showOne(id, true);
    },

    asOwnersSee: (ids) => readSubmissions(queries, dispatch, ids, { seesHidden: () => false }),

    async start(actor, id) {
      const reached = await gate.use(actor, id);
      if (!reached.access.canManage) throw new NotAllowedError('Only organizers start submissions.');
      await dispatch.release(reached.submission.parentId ?? id);
      return show(reached);
    },

    async cancel(actor, id) {
      const reached = await gate.use(actor, id);
      const { isOwner, access } = reached;
      if (!isOwner && !access.canManage)
        throw new NotAllowedError('Only its owner and organizers cancel it.');
      await dispatch.cancel(reached.submission.parentId ?? id);
      return show(reached);
    },

    async rerun(actor, id, taskKey) {
      requireUser(actor);
      const { submission, access, competition } = await gate.use(actor, id);
      if (!access.canManage && !access.isUnlimited) {
        throw new NotAllowedError('Only organizers and robots run submissions again.');
      }
      if (submission.isRehearsal) {
        throw new NotAllowedError('A rehearsal is not run again: rehearse anew, or submit the same file.');
      }
      const again =
        taskKey === undefined
          ? await findTaskIds(queries, id)
          : [await tasks.choose(actor, { phaseId: submission.phaseId, competition }, taskKey)];
      const { submissionId } = await dispatch.admit({
        phaseId: submission.phaseId,
        ownerId: submission.ownerId,
        resourceId: submission.resourceId,
        name: submission.name,
        description: submission.description,
        fileName: submission.fileName,
        factSheetAnswers: submission.factSheetAnswers,
        taskIds: again,
        limited: false,
        isSpecificTaskReRun:
          taskKey !== undefined || submission.parentId !== null || submission.isSpecificTaskReRun,
        start: true,
      });
      log.info({ submissionId, of: id }, 'submission run again');
      return showOne(submissionId, access.canManage);
    },

    async remove(actor, id) {
      const reached = await gate.use(actor, id);
      const { isOwner, access, submission } = reached;
      if (submission.parentId !== null || (!isOwner && !access.canManage)) {
        throw new NotAllowedError('Only its owner and organizers delete a submission, and only as a whole.');
      }
      await moves.remove(reached);
      // Nobody waits for its late sites any more.
      await dispatch.cancel(id);
    },

    async setOnLeaderboard(actor, id, onLeaderboard) {
      const reached = await gate.use(actor, id);
      await moves.set(actor, reached, onLeaderboard);
      return show(reached);
    },

    async forceOntoLeaderboard(actor, id, reason) {
      const reached = await gate.use(actor, id);
      await moves.force(actor, reached, reason);
      return show(reached);
    },

    async edit(actor, id, edit) {
      const reached = await gate.use(actor, id);
      await editSubmission(database, live, reached, edit);
      return show(reached);
    },

    async editScore(actor, id, edit) {
      const reached = await gate.use(actor, id);
      await scoreEdits.edit(actor, reached, edit);
      return show(reached);
    },

    startMany: (actor, ids) => doToMany(ids, (id) => submissions.start(actor, id)),
    cancelMany: (actor, ids) => doToMany(ids, (id) => submissions.cancel(actor, id)),
    removeMany: (actor, ids) => doToMany(ids, (id) => submissions.remove(actor, id)),
    rerunMany: (actor, ids, taskKey) => doToMany(ids, (id) => submissions.rerun(actor, id, taskKey)),
    forceManyOntoLeaderboard: (actor, ids, reason) =>
      doToMany(ids, (id) => submissions.forceOntoLeaderboard(actor, id, reason)),
    setManyOnLeaderboard: (actor, ids, onLeaderboard) =>
      doToMany(ids, (id) => submissions.setOnLeaderboard(actor, id, onLeaderboard)),
    editMany: (actor, ids, edit) => doToMany(ids, (id) => submissions.edit(actor, id, edit)),
  };
  return submissions;
}
