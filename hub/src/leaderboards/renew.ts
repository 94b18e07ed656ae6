import type { Transaction } from '../db/database.ts';
import type { Board } from './boards.ts';
import { noteChange } from './changes.ts';
import { applyRules, putEntry, removeEntries } from './entries.ts';
import { toValues } from './leaves.ts';
import { placeRoots } from './moves.ts';
import { computeColumns, type Values } from './ranking.ts';
import { type BoardEntry, ENTRIES, inParts, type RebuildDependencies } from './rebuild.ts';
import { RULES } from './rules.ts';
import { replaceScores } from './scoring.ts';

/** Scores that the phase has in columns of another board, from before it took this one, go where the keys are the same. */
const CARRY = {
  name: 'board-carry-scores',
  text: `
    update scores c set column_id = n.id
    from phases p
    join leaderboard_columns n on n.leaderboard_id = p.leaderboard_id
    join leaderboard_columns o on o.key = n.key and o.leaderboard_id <> p.leaderboard_id
    join submissions s on s.phase_id = p.id
    where p.id = $1 and c.submission_id = s.id and c.column_id = o.id
      and not exists (select from scores there where there.submission_id = s.id and there.column_id = n.id)`,
};

const SCORES = {
  name: 'board-scores-of-phase',
  text: `
    select c.submission_id::float8 as "submissionId", jsonb_object_agg(c.column_id, c.value) as values
    from scores c join submissions s on s.id = c.submission_id
    where s.phase_id = $1 and c.submission_id > $2 group by c.submission_id order by c.submission_id limit 1000`,
};

const ROOTS = {
  name: 'board-roots-of-phase',
  text: `
    select id::float8 as id from submissions
    where phase_id = $1 and parent_id is null and status = 'Finished' and deleted_at is null order by id`,
};

/**
 * Makes a phase's board anew after its columns or rules have changed: computed columns first, then the entries. An automatic rule is applied to all
 * that was scored, except where an organizer has forced an entry onto the board; under a rule by hand stays what was there, of each person the latest where one alone may
 * stay. Can be repeated.
 */
export async function renewBoard(
  { database, boards, live }: RebuildDependencies,
  phaseId: number,
): Promise<void> {
  boards.forget(phaseId);
  await database.transaction(async (tx) => {
    const board = (await boards.get(tx, [phaseId])).get(phaseId);
    if (!board) return;
    await tx.prepared(CARRY, [phaseId]);
    await computeAgain(tx, board);
    const { automatic } = RULES[board.rule];
    const entries = await tx.prepared<BoardEntry>(ENTRIES, [phaseId]);
    const there = entries.map(({ id }) => id).toSorted((a, b) => a - b);
    const roots = automatic
      ? (await tx.prepared<{ id: number }>(ROOTS, [phaseId])).map(({ id }) => id)
      : there;
    const forced = automatic ? entries.filter(({ isForced }) => isForced).map(({ id }) => id) : [];
    await inParts(there, (ids) => removeEntries(tx, ids));
    await inParts(forced, async (ids) => {
      for (const one of await placeRoots(tx, boards, phaseId, ids))
        await putEntry(tx, one, { isForced: true });
    });
    await inParts(roots, async (ids) => {
      const placed = await placeRoots(tx, boards, phaseId, ids);
      if (automatic) await applyRules(tx, placed);
      else for (const one of placed) await putEntry(tx, one);
    });
    await noteChange(tx, [phaseId]);
    tx.afterCommit(() => live.announce([`leaderboard:${phaseId}`]));
  });
}

/** What is computed is stored with the scores; what belongs to no column any more goes. */
async function computeAgain(tx: Transaction, board: Board): Promise<void> {
  let last = 0;
  for (;;) {
    const rows = await tx.prepared<{ submissionId: number; values: Record<string, number> }>(SCORES, [
      board.phaseId,
      last,
    ]);
    if (rows.length === 0) return;
    const leaves = rows.map(({ submissionId, values }) => {
      const stored = toValues(values);
      return { submissionId, stored, computed: computeColumns(board.columns, stored) };
    });
    const changed = leaves.filter(({ stored, computed }) => !isSame(stored, computed));
    if (changed.length > 0) await replaceScores(tx, changed);
    last = rows.at(-1)!.submissionId;
  }
}

function isSame(stored: Values, computed: Values): boolean {
  return stored.size === computed.size && [...computed].every(([id, value]) => stored.get(id) === value);
}
