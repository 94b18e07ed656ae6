import { and, asc, eq, inArray, notInArray, sql } from 'drizzle-orm';
import type { BundleColumn } from '../../bundles/model.ts';
import { boardValues, columnValues } from '../../competitions/board-rows.ts';
import { columns, leaderboards, phases } from '../../competitions/schema.ts';
import type { Queries, Transaction } from '../../db/database.ts';

/** Boards of a competition in their order, their columns by index, and the phases that use them. */
export async function findStoredBoards(queries: Queries, competitionId: number) {
  const boards = await queries
    .select()
    .from(leaderboards)
    .where(eq(leaderboards.competitionId, competitionId))
    .orderBy(asc(leaderboards.index), asc(leaderboards.id));
  const ids = boards.map(({ id }) => id);
  const [ofColumns, ofPhases] = await Promise.all([
    queries.select().from(columns).where(inArray(columns.leaderboardId, ids)).orderBy(asc(columns.index)),
    queries
      .select({ id: phases.id, name: phases.name, leaderboardId: phases.leaderboardId })
      .from(phases)
      .where(inArray(phases.leaderboardId, ids))
      .orderBy(asc(phases.index)),
  ]);
  return boards.map((board) => ({
    board,
    columns: ofColumns.filter(({ leaderboardId }) => leaderboardId === board.id),
    phases: ofPhases.filter(({ leaderboardId }) => leaderboardId === board.id),
  }));
}

/** All boards of the competition, so that no two edits pass each other's checks. */
export async function lockBoards({ queries }: Transaction, competitionId: number): Promise<void> {
  await queries
    .select({ id: leaderboards.id })
    .from(leaderboards)
    .where(eq(leaderboards.competitionId, competitionId))
    .orderBy(asc(leaderboards.id))
    .for('no key update');
}

export async function insertBoard(
  { queries }: Transaction,
  competitionId: number,
  board: Parameters<typeof boardValues>[0],
): Promise<number> {
  const last = sql<number>`(select coalesce(max(${leaderboards.index}) + 1, 0) from ${leaderboards} where ${leaderboards.competitionId} = ${competitionId})`;
  const [row] = await queries
    .insert(leaderboards)
    .values({ ...boardValues(board), competitionId, index: last })
    .returning({ id: leaderboards.id });
  return row!.id;
}

export async function updateBoard(
  { queries }: Transaction,
  id: number,
  board: Parameters<typeof boardValues>[0],
): Promise<void> {
  await queries.update(leaderboards).set(boardValues(board)).where(eq(leaderboards.id, id));
}

/** Columns with an id are kept, and their scores with them; those that are left out go. */
export async function setColumns(
  { queries }: Transaction,
  leaderboardId: number,
  wanted: readonly (BundleColumn & { readonly id: number | null })[],
): Promise<void> {
  const kept = wanted.flatMap(({ id }) => id ?? []);
  const own = eq(columns.leaderboardId, leaderboardId);
  await queries.delete(columns).where(and(own, notInArray(columns.id, kept)));
  // Two may exchange their keys.
  await queries
    .update(columns)
    .set({ key: sql`${columns.id} || ' ' || ${columns.key}` })
    .where(own);
  for (const { id, ...column } of wanted) {
    const values = columnValues(column);
    if (id === null) await queries.insert(columns).values({ ...values, leaderboardId });
    else
      await queries
        .update(columns)
        .set(values)
        .where(and(own, eq(columns.id, id)));
  }
}

export async function hideOutputsOf({ queries }: Transaction, leaderboardId: number): Promise<void> {
  await queries.update(phases).set({ hideOutput: true }).where(eq(phases.leaderboardId, leaderboardId));
}

/** With its columns. */
export async function deleteBoard({ queries }: Transaction, id: number): Promise<void> {
  await queries.delete(leaderboards).where(eq(leaderboards.id, id));
}
