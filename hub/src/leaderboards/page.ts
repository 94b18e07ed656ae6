import { decodeCursor, toPage } from '../db/page.ts';
import type { Board, Connection } from './boards.ts';
import { termsOf } from './by-rank.ts';
import { isByRank } from './ranking.ts';
import type { ReachedBoard } from './reach.ts';
import { type BoardRow, toRow } from './row.ts';
import { combinationOf, type Shown, scoreOrder } from './shown.ts';
import { findStandings, isStandingCursor, type StandingCursor, type StandingsRequest } from './standings.ts';
import { tieGroups } from './ties.ts';

/** In which order a board is read; without, its own. */
export interface BoardOrder {
  /** Key of a column: its best first. Without, or by a column that the actor does not see, the board's own order. */
  readonly sort?: string | undefined;
  /** Sorts by the column's score in this task of the phase. */
  readonly task?: number | undefined;
  /** The worst first; what is missing stays last. */
  readonly reversed?: boolean | undefined;
}

/** Rows from a cursor on, with what the board counts at that moment. */
export async function readPage(
  connection: Connection,
  { board, shown }: ReachedBoard,
  request: BoardOrder & {
    after: StandingCursor | null;
    limit: number;
    isSnapshot?: boolean;
  },
) {
  const { split, columns } = shown;
  const found = await findStandings(connection, {
    phaseId: board.phaseId,
    after: request.after,
    limit: request.limit + 1,
    terms: termsOf(board),
    isSnapshot: request.isSnapshot ?? false,
    split: split && {
      columns: columns.map((column) => scoreOrder(board, column)),
      over: combinationOf(board),
    },
    ownerId: shown.onlyOwn ? (shown.userId ?? 0) : null,
    sort: sortOf(board, shown, request),
  });
  const all = found.standings.map((standing) => ({ standing, row: toRow(board, standing, shown) }));
  const primary = columns.find(({ index }) => index === board.primaryIndex);
  const isRanking = split === null && request.sort === undefined && primary !== undefined;
  const ties = tieGroups(
    all.map(({ row }) => row),
    isRanking ? primary.key : '',
    request.after?.tie ?? null,
  );
  const { items, nextCursor } = toPage(
    all.map((one, place) => ({ ...one, tie: ties[place]! })),
    request.limit,
    ({ standing: { orderKey, submittedAtText, submissionId }, tie }): StandingCursor => ({
      orderKey,
      submittedAt: submittedAtText,
      submissionId,
      ...(tie.last && { tie: tie.last }),
    }),
  );
  const { total, version } = found;
  const rows = items.map(({ row, tie }) => ({
    ...row,
    tieGroup: tie.belongs ? (tie.last?.group ?? null) : null,
  }));
  return { total, version, rows, nextCursor };
}

/** By a place of the sort key where the column has one, else by its stored scores. */
function sortOf(
  board: Board,
  { columns, places }: Shown,
  { sort, task, reversed = false }: BoardOrder,
): StandingsRequest['sort'] {
  const column = columns.find(({ key }) => key === sort);
  if (!column) return null;
  const inTask = board.tasks.length > 1 ? board.taskIds.find((id) => id === task) : undefined;
  if (isByRank(column) && inTask !== undefined) return null;
  const place = inTask === undefined ? places.get(column.key) : undefined;
  return { by: place ?? scoreOrder(board, column, inTask), reversed };
}

/** Rows of one statement while a whole board is read. */
const AT_ONCE = 1_000;

/** All of them, in the board's order, read as they are used. For a transaction that sees one moment. */
export async function* readRows(snapshot: Connection, reached: ReachedBoard): AsyncGenerator<BoardRow> {
  let after: StandingCursor | null = null;
  do {
    const { rows, nextCursor } = await readPage(snapshot, reached, {
      after,
      limit: AT_ONCE,
      isSnapshot: true,
    });
    yield* rows;
    after = decodeCursor(nextCursor, isStandingCursor);
  } while (after !== null);
}
