import type { Board, Connection } from './boards.ts';
import { compareSortKeys, sortKey, type Values } from './ranking.ts';

const SCORED_LEAVES = {
  name: 'board-scored-leaves',
  text: `
      select root.id as "rootId", coalesce(jsonb_object_agg(score.column_id, score.value) filter (where score.column_id is not null), '{}') as values
      from unnest($1::bigint[]) as root(id)
      join submissions leaf on leaf.id = root.id or leaf.parent_id = root.id
      left join scores score on score.submission_id = leaf.id
      where leaf.task_id is not null and (leaf.status = 'Finished' or score.submission_id is not null)
      group by root.id, leaf.id`,
};

/**
 * The stored scores of each root's leaves, by root id: the root itself, or its children. Leaves that have finished without any score in
 * a column of the board are empty maps.
 */
export async function scoredLeavesOf(
  connection: Connection,
  rootIds: readonly number[],
): Promise<Map<number, Values[]>> {
  const rows = await connection.prepared<{ rootId: string; values: Record<string, number> }>(SCORED_LEAVES, [
    rootIds,
  ]);
  const leaves = new Map<number, Values[]>();
  for (const { rootId, values } of rows) {
    const list = leaves.get(Number(rootId)) ?? [];
    list.push(new Map(Object.entries(values).map(([columnId, value]) => [Number(columnId), value])));
    leaves.set(Number(rootId), list);
  }
  return leaves;
}

/** Null when no leaf has scores. */
export function bestSortKey(board: Board, leaves: readonly Values[]): string[] | null {
  const keys = leaves.map((values) => sortKey(board.columns, board.primaryIndex, values));
  return keys.toSorted(compareSortKeys)[0] ?? null;
}
