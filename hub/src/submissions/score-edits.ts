import { and, eq, sql } from 'drizzle-orm';
import { type Actor, requireUser } from '../accounts/access.ts';
import type { Database, Transaction } from '../db/database.ts';
import { claims, runs } from '../dispatch/schema.ts';
import type { Boards } from '../leaderboards/boards.ts';
import { electAgain, takeOffBoard } from '../leaderboards/moves.ts';
import { RULES } from '../leaderboards/rules.ts';
import { boardEffects } from '../leaderboards/scoring.ts';
import type { LiveBus } from '../live/bus.ts';
import { NotAllowedError, NotEditableError, UnknownColumnError } from './errors.ts';
import type { ReachedSubmission } from './gate.ts';
import { scores, submissionChanges, submissions } from './schema.ts';
import { isForcedOntoBoard, isOnBoard, touch } from './store.ts';

export interface ScoreEdit {
  readonly columnKey: string;
  readonly value: number;
  readonly reason: string;
}

/**
 * Puts another score in place of one, on the word of an organizer: who, when, why, and both values are kept, and shown with the score from then on. The
 * receipt stays what the site signed, and no longer says what the board does. Computed columns and the board follow.
 */
export class ScoreEdits {
  readonly #database: Database;
  readonly #boards: Boards;
  readonly #live: LiveBus;

  constructor(database: Database, boards: Boards, live: LiveBus) {
    this.#database = database;
    this.#boards = boards;
    this.#live = live;
  }

  /** @throws NotAllowedError | NotEditableError | UnknownColumnError */
  async edit(actor: Actor, { submission, access }: ReachedSubmission, edit: ScoreEdit): Promise<void> {
    const { id: changedBy } = requireUser(actor);
    if (!access.canManage) throw new NotAllowedError('Only organizers edit scores.');
    const { id, parentId, phaseId, ownerId } = submission;
    await this.#database.transaction(async (tx) => {
      await lockLeaf(tx, id);
      const board = (await this.#boards.get(tx, [phaseId])).get(phaseId);
      const column = board?.columns.find(({ key }) => key === edit.columnKey);
      if (!board || !column || column.computation !== null) throw new UnknownColumnError(edit.columnKey);
      const stored = await tx.queries
        .select({ columnId: scores.columnId, value: scores.value })
        .from(scores)
        .where(eq(scores.submissionId, id));
      const oldValue = stored.find(({ columnId }) => columnId === column.id)?.value ?? null;
      await tx.queries.insert(submissionChanges).values({
        submissionId: id,
        kind: 'score',
        columnId: column.id,
        oldValue,
        newValue: edit.value.toFixed(10),
        reason: edit.reason,
        changedBy,
      });
      const byId = new Map(stored.map(({ columnId, value }) => [columnId, Number(value)]));
      const kept = board.columns.flatMap(({ id, key, computation }) => {
        const value = byId.get(id);
        return value === undefined || computation !== null ? [] : [[key, value] as const];
      });
      const values = { ...Object.fromEntries(kept), [edit.columnKey]: edit.value };
      if (parentId !== null) await lock(tx, parentId);
      const topics = await boardEffects(tx, this.#boards, [{ submissionId: id, phaseId, parentId, values }]);
      await this.#elect(tx, parentId ?? id, { phaseId, ownerId });
      for (const changed of [id, ...(parentId === null ? [] : [parentId])]) await touch(tx, changed);
      tx.afterCommit(() =>
        this.#live.announce([
          ...topics,
          `submission:${parentId ?? id}`,
          `phase:${phaseId}:owner:${ownerId}`,
          `leaderboard:${phaseId}`,
        ]),
      );
    });
  }

  /** Where the best stands for all, it may be another one now. */
  async #elect(tx: Transaction, rootId: number, owner: { phaseId: number; ownerId: number }): Promise<void> {
    const board = (await this.#boards.get(tx, [owner.phaseId])).get(owner.phaseId);
    if (!board || RULES[board.rule].automatic !== 'best' || !(await isOnBoard(tx.queries, rootId))) return;
    if (await isForcedOntoBoard(tx.queries, rootId)) return;
    await takeOffBoard(tx, rootId);
    await electAgain(tx, this.#boards, owner);
  }
}

/** @throws NotEditableError */
async function lockLeaf(tx: Transaction, id: number): Promise<void> {
  const [leaf] = await lock(tx, id);
  if (leaf?.status !== 'Finished' || leaf.taskId === null || leaf.isRehearsal)
    throw new NotEditableError('not_scored');
  const open = await tx.queries
    .select({ id: runs.id })
    .from(runs)
    .innerJoin(claims, eq(claims.runId, runs.id))
    .where(eq(runs.submissionId, id))
    .limit(1);
  // The score of a late site would be combined with the others, and take the place of the edited one.
  if (open.length > 0) throw new NotEditableError('sites_at_work');
}

function lock(tx: Transaction, id: number) {
  return tx.queries
    .select({ status: submissions.status, taskId: submissions.taskId, isRehearsal: submissions.isRehearsal })
    .from(submissions)
    .where(and(eq(submissions.id, id), sql`${submissions.deletedAt} is null`))
    .for('no key update');
}
