import type { Connection } from './boards.ts';

/** @param changed a relation with `phase_id` and `added` of each changed entry */
export function noteChanges(changed: string): string {
  return `insert into board_changes (phase_id, entries) select phase_id, sum(added) from ${changed} group by phase_id`;
}

/** Something of the board has changed that is not in its entries. */
export async function noteChange(connection: Connection, phaseIds: readonly number[]): Promise<void> {
  await connection.prepared(NOTE, [phaseIds]);
}

const NOTE = {
  name: 'board-note-change',
  text: 'insert into board_changes (phase_id, entries) select phase_id, 0 from unnest($1::int[]) as changed(phase_id)',
};

const VERSION = {
  name: 'board-version',
  text: `
    select coalesce(sum(changes), 0)::float8 as version, count(*)::int as pieces from board_changes where phase_id = $1`,
};

/** Grows with each change of the board. */
export async function findVersion(connection: Connection, phaseId: number): Promise<number> {
  const [row] = await connection.prepared<{ version: number; pieces: number }>(VERSION, [phaseId]);
  await foldChanges(connection, phaseId, row!.pieces);
  return row!.version;
}

/** Whoever reads more than so many changes of a board makes one of them. */
const MOST_PIECES = 64;

/** Its sums stay what they are for every reader: what another one folds at the same moment is gone from here, and what was not committed is not seen. */
const FOLD = {
  name: 'board-fold-changes',
  text: `
    with gone as (delete from board_changes where phase_id = $1 returning entries, changes)
    insert into board_changes (phase_id, entries, changes) select $1::int, sum(entries), sum(changes) from gone having count(*) > 0`,
};

/** @param pieces that were read */
export async function foldChanges(connection: Connection, phaseId: number, pieces: number): Promise<void> {
  if (pieces > MOST_PIECES) await connection.prepared(FOLD, [phaseId]);
}
