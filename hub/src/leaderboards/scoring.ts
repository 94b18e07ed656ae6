import type { Transaction } from '../db/database.ts';
import type { Topic } from '../live/bus.ts';
import type { Board, Boards, Connection } from './boards.ts';
import { applyRules, type Placed } from './entries.ts';
import { scoredLeavesOf } from './leaves.ts';
import { countsOneTask, type Placement, place, placeValues } from './placement.ts';
import { computeColumns, toDecimal, type Values } from './ranking.ts';

/** A leaf submission whose runs are over, and its scores combined over the sites. */
export interface ScoredLeaf {
  readonly submissionId: number;
  readonly phaseId: number;
  /** The submission with several tasks that it is a part of, or null. */
  readonly parentId: number | null;
  /** Column key -> value; keys that are no columns are ignored. */
  readonly values: Readonly<Record<string, number>>;
}

/**
 * Records scores and what they do to the boards. Called inside the transaction that ends the runs: two statements for any number of leaves,
 * one more when some are parts of submissions with several tasks. It replaces the stored scores of the leaves (computed columns included)
 * and applies the boards' rules; doing it twice changes nothing.
 *
 * @param boards what is remembered of board definitions: one for each hub process
 * @returns the topics to announce after the commit
 */
export async function boardEffects(
  tx: Transaction,
  boards: Boards,
  leaves: readonly ScoredLeaf[],
): Promise<Topic[]> {
  const found = await boards.get(
    tx,
    leaves.map(({ phaseId }) => phaseId),
  );
  const scored = leaves.flatMap((leaf) => {
    const board = found.get(leaf.phaseId);
    return board
      ? [{ ...leaf, board, computed: computeColumns(board.columns, byColumn(board, leaf.values)) }]
      : [];
  });
  if (scored.length === 0) return [];
  const stored = replaceScores(tx, scored);
  const alone = scored.filter(({ parentId, board }) => parentId === null && countsOneTask(board));
  const placed: Placed[] = alone.map(({ submissionId, board, computed }) => ({
    submissionId,
    rule: board.rule,
    ...placeValues(board, computed),
  }));
  const wholes = new Map(
    scored
      .filter((leaf) => !alone.includes(leaf))
      .map(({ parentId, submissionId, board }) => [parentId ?? submissionId, board] as const),
  );
  // The scores of parts are read back to place the whole; everything else need not wait for them to be stored.
  if (wholes.size > 0) await stored;
  const entries = [...placed, ...(await placeWholes(tx, wholes))];
  const [changed] = await Promise.all([applyRules(tx, entries), stored]);
  return [...changed].map((phaseId) => `leaderboard:${phaseId}` as const);
}

/**
 * What one submission's scores come to on its board: the rows to store, computed columns included, and its place in the order. Only of boards whose
 * entries stand by the scores of one task.
 */
export function scoresOf(
  board: Board,
  values: Readonly<Record<string, number>>,
): Placement & { stored: { columnId: number; value: string }[] } {
  const computed = computeColumns(board.columns, byColumn(board, values));
  return {
    stored: [...computed].map(([columnId, value]) => ({ columnId, value: toDecimal(value) })),
    ...placeValues(board, computed),
  };
}

function byColumn(board: Board, scores: Readonly<Record<string, number>>): Values {
  const values = new Map<number, number>();
  for (const column of board.columns) {
    const value = scores[column.key];
    if (value !== undefined) values.set(column.id, Number(toDecimal(value)));
  }
  return values;
}

/** Submissions with several tasks stand where the board's rule for tasks puts them. */
async function placeWholes(connection: Connection, wholes: ReadonlyMap<number, Board>): Promise<Placed[]> {
  if (wholes.size === 0) return [];
  const leaves = await scoredLeavesOf(connection, [...wholes.keys()]);
  return [...wholes].flatMap(([submissionId, board]) => {
    const placement = place(board, leaves.get(submissionId) ?? []);
    return placement ? [{ submissionId, rule: board.rule, ...placement }] : [];
  });
}

/** What is stored of these leaves is this and nothing else. */
export async function replaceScores(
  connection: Connection,
  leaves: readonly { submissionId: number; computed: ReadonlyMap<number, number> }[],
): Promise<void> {
  const rows = leaves.flatMap(({ submissionId, computed }) =>
    [...computed].map(([columnId, value]) => ({ submissionId, columnId, value: toDecimal(value) })),
  );
  await connection.prepared(REPLACE_SCORES, [
    leaves.map(({ submissionId }) => submissionId),
    rows.map(({ submissionId }) => submissionId),
    rows.map(({ columnId }) => columnId),
    rows.map(({ value }) => value),
  ]);
}

const REPLACE_SCORES = {
  name: 'scores-replace',
  text: `
    with scored as (
      select * from unnest($2::bigint[], $3::int[], $4::numeric[]) as scored(submission_id, column_id, value)
    ), gone as (
      delete from scores where submission_id = any($1::bigint[])
        and not exists (select from scored where scored.submission_id = scores.submission_id and scored.column_id = scores.column_id)
    )
    insert into scores (submission_id, column_id, value) select submission_id, column_id, value from scored
    on conflict (submission_id, column_id) do update set value = excluded.value`,
};
