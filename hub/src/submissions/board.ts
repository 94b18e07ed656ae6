import { type Actor, requireUser } from '../accounts/access.ts';
import type { Database } from '../db/database.ts';
import type { Boards } from '../leaderboards/boards.ts';
import { electAgain, enterByItself, putOnBoard, takeOffBoard } from '../leaderboards/moves.ts';
import { type Mover, mayPut, mayTakeOff, RULES, type SubmissionRule } from '../leaderboards/rules.ts';
import type { LiveBus } from '../live/bus.ts';
import {
  NotAllowedError,
  NotFinishedError,
  OnBoardError,
  StillRunningError,
  SupersededError,
} from './errors.ts';
import type { ReachedSubmission } from './gate.ts';
import { isOver } from './outcome.ts';
import { submissionChanges } from './schema.ts';
import { isForcedOntoBoard, isOnBoard, lockRoot, markDeleted, markRestored, touch } from './store.ts';

/** Moves of submissions that their board's rule decides about. */
export class BoardMoves {
  readonly #database: Database;
  readonly #boards: Boards;
  readonly #live: LiveBus;

  constructor(database: Database, boards: Boards, live: LiveBus) {
    this.#database = database;
    this.#boards = boards;
    this.#live = live;
  }

  async permissions(
    actor: Actor,
    reached: ReachedSubmission,
    onBoard: boolean,
  ): Promise<{ canPutOnLeaderboard: boolean; canRemoveFromLeaderboard: boolean }> {
    const { submission } = reached;
    const mover = moverOf(actor, reached);
    const isForBoards =
      !submission.isSpecificTaskReRun && !submission.isRehearsal && !submission.isSuperseded;
    if (submission.parentId !== null || !isForBoards || mover === null) {
      return { canPutOnLeaderboard: false, canRemoveFromLeaderboard: false };
    }
    const rule = await this.#ruleOf(submission.phaseId);
    return {
      canPutOnLeaderboard: !onBoard && submission.status === 'Finished' && mayPut(rule, mover),
      canRemoveFromLeaderboard: onBoard && (await this.#mayTakeOff(rule, mover, submission.id)),
    };
  }

  /** @throws NotAllowedError | NotFinishedError | SupersededError */
  async set(actor: Actor, reached: ReachedSubmission, onBoard: boolean): Promise<void> {
    const { id, phaseId, ownerId, parentId } = reached.submission;
    const rule = await this.#ruleOf(phaseId);
    const mover = moverOf(actor, reached);
    const isAllowed =
      mover !== null &&
      parentId === null &&
      (onBoard ? mayPut(rule, mover) : await this.#mayTakeOff(rule, mover, id));
    if (!isAllowed) {
      throw new NotAllowedError(`The board of this phase does not let you do this. ${RULES[rule].sentence}`);
    }
    await this.#database.transaction(async (tx) => {
      const root = await lockRoot(tx, id);
      if (onBoard) {
        if (root?.status !== 'Finished' || !root.isForBoards) throw new NotFinishedError();
        if (root.isSuperseded) throw new SupersededError();
        await putOnBoard(tx, this.#boards, { submissionId: id, phaseId, isForced: true });
      } else {
        const isForced = await isForcedOntoBoard(tx.queries, id);
        await takeOffBoard(tx, id);
        if (isForced) await electAgain(tx, this.#boards, { phaseId, ownerId });
      }
      await touch(tx, id);
      tx.afterCommit(() => this.#announce(id, phaseId, ownerId));
    });
  }

  /**
   * Puts a finished submission on the board whatever its rule says. For organizers, who say why. Under an automatic rule it stays there, whatever is
   * scored or built anew, until an organizer takes it off again; then the rule chooses among all.
   * @throws NotAllowedError | NotFinishedError | SupersededError
   */
  async force(actor: Actor, { submission, access }: ReachedSubmission, reason: string): Promise<void> {
    const { id: changedBy } = requireUser(actor);
    const { id, phaseId, ownerId, parentId } = submission;
    if (!access.canManage || parentId !== null)
      throw new NotAllowedError('Only organizers force submissions onto the board, and only whole ones.');
    await this.#database.transaction(async (tx) => {
      const root = await lockRoot(tx, id);
      if (root?.status !== 'Finished' || !root.isForBoards) throw new NotFinishedError();
      if (root.isSuperseded) throw new SupersededError();
      await putOnBoard(tx, this.#boards, { submissionId: id, phaseId, isForced: true });
      await tx.queries
        .insert(submissionChanges)
        .values({ submissionId: id, kind: 'board', reason, changedBy });
      await touch(tx, id);
      tx.afterCommit(() => this.#announce(id, phaseId, ownerId));
    });
  }

  /**
   * Deletes a root submission. Owners take theirs off the board first; organizers need not, and where one entry stands for all, the
   * next one takes its place.
   * @throws StillRunningError | OnBoardError
   */
  async remove({ submission, access }: ReachedSubmission): Promise<void> {
    const { id, phaseId, ownerId } = submission;
    await this.#database.transaction(async (tx) => {
      const root = await lockRoot(tx, id);
      if (!root) return;
      if (!isOver(root.status)) throw new StillRunningError();
      const onBoard = await isOnBoard(tx.queries, id);
      if (onBoard && !access.canManage) throw new OnBoardError();
      await markDeleted(tx, id);
      if (onBoard) {
        await takeOffBoard(tx, id);
        await electAgain(tx, this.#boards, { phaseId, ownerId });
      }
      tx.afterCommit(() => this.#announce(id, phaseId, ownerId));
    });
  }

  /** Takes back what `remove` did; onto the board it comes as what has just been scored does. */
  async restore({ submission }: ReachedSubmission): Promise<void> {
    const { id, phaseId, ownerId, status } = submission;
    await this.#database.transaction(async (tx) => {
      if (!(await markRestored(tx, id))) return;
      if (status === 'Finished') await enterByItself(tx, this.#boards, { submissionId: id, phaseId });
      tx.afterCommit(() => this.#announce(id, phaseId, ownerId));
    });
  }

  /** What organizers have forced onto an automatic board they may take off again. */
  async #mayTakeOff(rule: SubmissionRule, mover: Mover, submissionId: number): Promise<boolean> {
    if (mayTakeOff(rule, mover)) return true;
    return mover === 'organizer' && isForcedOntoBoard(this.#database.queries, submissionId);
  }

  async #ruleOf(phaseId: number): Promise<SubmissionRule> {
    const board = (await this.#boards.get(this.#database, [phaseId])).get(phaseId);
    if (!board) throw new Error(`phase ${phaseId} has no leaderboard`);
    return board.rule;
  }

  #announce(id: number, phaseId: number, ownerId: number): void {
    this.#live.announce([`submission:${id}`, `phase:${phaseId}:owner:${ownerId}`, `leaderboard:${phaseId}`]);
  }
}

function moverOf(actor: Actor, { access, isOwner }: ReachedSubmission): Mover | null {
  if (actor.kind === 'anonymous') return null;
  if (actor.user.isAdmin) return 'admin';
  if (access.canManage) return 'organizer';
  return isOwner ? 'owner' : null;
}
