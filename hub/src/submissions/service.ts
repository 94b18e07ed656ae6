import type { Logger } from 'pino';
import { type Actor, requireUser } from '../accounts/access.ts';
import type { Competitions } from '../competitions/service.ts';
import type { Database } from '../db/database.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Boards } from '../leaderboards/boards.ts';
import type { LiveBus } from '../live/bus.ts';
import type { Resources } from '../resources/service.ts';
import { type Batches, createBatches } from './batches/service.ts';
import { BoardMoves } from './board.ts';
import { type SubmissionDetail, toDetail } from './detail.ts';
import { editSubmission, type SubmissionEdit } from './editing.ts';
import { type Allowance, Entering, type RehearsalRequest, type SubmissionRequest } from './entering.ts';
import { NotAllowedError, SubmissionMissingError } from './errors.ts';
import { createExports, type Exports } from './exports.ts';
import { createSubmissionFiles, type SubmissionFiles } from './files.ts';
import { createSubmissionGate, type ReachedSubmission } from './gate.ts';
import { createSubmissionLists, type SubmissionLists } from './listing.ts';
import { createSubmissionLogs, type SubmissionLogs } from './logs.ts';
import { createManySubmissions, type ManySubmissions } from './many.ts';
import { createLimitsOfPersons, type LimitsOfPersons } from './person-limits.ts';
import { enterAgain } from './rerunning.ts';
import { type ScoreEdit, ScoreEdits } from './score-edits.ts';
import { createTaskChoice } from './task-choice.ts';
import { readSubmissions, type SubmissionView } from './view.ts';

export interface Submissions
  extends SubmissionLists,
    Pick<SubmissionFiles, 'fileFor' | 'reportFor' | 'reportOf'> {
  readonly logs: SubmissionLogs;
  /** Whole phases run again, and taken over into the next. */
  readonly batches: Batches;
  /** What organizers let one person do. */
  readonly limits: LimitsOfPersons;
  /** What `all` lists, as files. */
  readonly exports: Exports;
  readonly many: ManySubmissions;

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
  const lists = createSubmissionLists(database, competitions.gate, dispatch);
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

  const submissions: Omit<Submissions, 'many'> = {
    logs: createSubmissionLogs(queries, gate),
    batches,
    limits: createLimitsOfPersons(database, competitions.gate, live),
    exports: createExports(database, lists.all),
    fileFor: files.fileFor,
    reportFor: files.reportFor,
    reportOf: files.reportOf,
    ...lists,
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
      return toDetail({ database, boards, files, moves }, actor, reached, await show(reached));
    },

    async peek(actor, id) {
      return show(await gate.view(actor, id));
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
      const reached = await gate.use(actor, id);
      const submissionId = await enterAgain({ database, dispatch, tasks }, actor, reached, taskKey);
      log.info({ submissionId, of: id }, 'submission run again');
      return showOne(submissionId, reached.access.canManage);
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
  };
  return { ...submissions, many: createManySubmissions(submissions) };
}
