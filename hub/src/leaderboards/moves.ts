import type { Transaction } from '../db/database.ts';
import type { Boards } from './boards.ts';
import { applyRules, type Placed, putEntry, removeEntry } from './entries.ts';
import { scoredLeavesOf } from './leaves.ts';
import { place } from './placement.ts';
import { RULES } from './rules.ts';

/**
 * Puts a finished root submission on its board by hand. Whether somebody may do so is decided before.
 * @param isForced an automatic rule leaves it there, until it is taken off
 */
export async function putOnBoard(
  tx: Transaction,
  boards: Boards,
  { submissionId, phaseId, isForced }: { submissionId: number; phaseId: number; isForced: boolean },
): Promise<void> {
  const [placed] = await placeRoots(tx, boards, phaseId, [submissionId]);
  if (placed) await putEntry(tx, placed, { isForced });
}

/** Applies the board's rule to a root submission with the scores that it has: under a rule by hand, nothing comes of it. */
export async function enterByItself(
  tx: Transaction,
  boards: Boards,
  { submissionId, phaseId }: { submissionId: number; phaseId: number },
): Promise<void> {
  await applyRules(tx, await placeRoots(tx, boards, phaseId, [submissionId]));
}

/** Takes a root submission off its board, if it is there. */
export async function takeOffBoard(tx: Transaction, submissionId: number): Promise<void> {
  await removeEntry(tx, submissionId);
}

const FINISHED_ROOTS = {
  name: 'board-finished-roots',
  text: `
    select id::float8 as id from submissions
    where phase_id = $1 and owner_id = $2 and parent_id is null and status = 'Finished' and deleted_at is null`,
};

/** Where one entry of an owner stands for all (the latest, the best), another takes its place once it is gone. */
export async function electAgain(
  tx: Transaction,
  boards: Boards,
  { phaseId, ownerId }: { phaseId: number; ownerId: number },
): Promise<void> {
  const board = (await boards.get(tx, [phaseId])).get(phaseId);
  if (!board || RULES[board.rule].automatic === null || RULES[board.rule].several) return;
  const roots = await tx.prepared<{ id: number }>(FINISHED_ROOTS, [phaseId, ownerId]);
  await applyRules(
    tx,
    await placeRoots(
      tx,
      boards,
      phaseId,
      roots.map(({ id }) => id),
    ),
  );
}

/** Where root submissions of a phase stand with the scores that they have; those that have none are left out. */
export async function placeRoots(
  tx: Transaction,
  boards: Boards,
  phaseId: number,
  rootIds: readonly number[],
): Promise<Placed[]> {
  const board = (await boards.get(tx, [phaseId])).get(phaseId);
  if (!board || rootIds.length === 0) return [];
  const leaves = await scoredLeavesOf(tx, rootIds);
  return rootIds.flatMap((submissionId) => {
    const placement = place(board, leaves.get(submissionId) ?? []);
    return placement ? [{ submissionId, rule: board.rule, ...placement }] : [];
  });
}
