import type { Transaction } from '../db/database.ts';
import type { Boards, Connection } from './boards.ts';
import { noteChange } from './changes.ts';
import { EntryMissingError } from './errors.ts';
import { electAgain, putOnBoard, takeOffBoard } from './moves.ts';
import { RULES } from './rules.ts';
import type { boardMark } from './schema.ts';

/** What organizers say of an entry. */
export interface Mark {
  readonly submissionId: number;
  readonly isBaseline: boolean;
  readonly mark: (typeof boardMark.enumValues)[number] | null;
  /** For everybody who sees the board; may be empty. */
  readonly note: string;
}

interface Entry {
  readonly phaseId: number;
  readonly ownerId: number;
}

const ENTRY = {
  name: 'board-entry',
  text: `
    select phase_id as "phaseId", owner_id as "ownerId", is_baseline as "isBaseline" from leaderboard_entries where submission_id = $1`,
};

/** @throws EntryMissingError */
export async function findEntry(
  connection: Connection,
  submissionId: number,
): Promise<Entry & { isBaseline: boolean }> {
  const [entry] = await connection.prepared<Entry & { isBaseline: boolean }>(ENTRY, [submissionId]);
  if (!entry) throw new EntryMissingError(submissionId);
  return entry;
}

const MARK = {
  name: 'board-mark',
  text: `
    insert into board_marks (submission_id, is_baseline, mark, note, marked_by) values ($1, $2, $3::board_mark, $4, $5)
    on conflict (submission_id) do update set is_baseline = excluded.is_baseline, mark = excluded.mark, note = excluded.note,
      marked_by = excluded.marked_by, marked_at = now()`,
};

const LOCK = {
  name: 'board-mark-lock',
  text: 'select from submissions where id = $1 for no key update',
};

/** Remembers a mark and gives the entry the place that goes with it. */
export async function markEntry(
  tx: Transaction,
  boards: Boards,
  { phaseId, ownerId, markedBy, ...mark }: Mark & Entry & { readonly markedBy: number },
): Promise<void> {
  const { submissionId, isBaseline } = mark;
  await tx.prepared(LOCK, [submissionId]);
  const entry = await findEntry(tx, submissionId);
  await tx.prepared(MARK, [submissionId, isBaseline, mark.mark, mark.note, markedBy]);
  if (entry.isBaseline === isBaseline) return noteChange(tx, [phaseId]);
  await takeOffBoard(tx, submissionId);
  const board = (await boards.get(tx, [phaseId])).get(phaseId);
  // Where a rule chooses, it chooses again, among all entries of the owner that are no baselines.
  const isChosen = board && RULES[board.rule].automatic !== null && !RULES[board.rule].several;
  if (isBaseline || !isChosen) await putOnBoard(tx, boards, { submissionId, phaseId, isForced: false });
  await electAgain(tx, boards, { phaseId, ownerId });
}

const ANONYMOUS = {
  name: 'board-anonymous',
  text: `
    with changed as (update leaderboards set anonymous = $2 where id = $1 returning id)
    select p.id from phases p join changed c on c.id = p.leaderboard_id`,
};

/** Returns the phases that have the board. */
export async function setAnonymous(
  tx: Transaction,
  leaderboardId: number,
  anonymous: boolean,
): Promise<number[]> {
  const phaseIds = (await tx.prepared<{ id: number }>(ANONYMOUS, [leaderboardId, anonymous])).map(
    ({ id }) => id,
  );
  await noteChange(tx, phaseIds);
  return phaseIds;
}
