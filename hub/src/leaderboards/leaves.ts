import type { Connection } from './boards.ts';
import type { TaskValues } from './placement.ts';

const SCORED_LEAVES = {
  name: 'board-scored-leaves',
  text: `
      select root.id as "rootId", leaf.task_id as "taskId",
        coalesce(jsonb_object_agg(score.column_id, score.value) filter (where score.column_id is not null), '{}') as values
      from unnest($1::bigint[]) as root(id)
      join submissions leaf on leaf.id = root.id or leaf.parent_id = root.id
      left join scores score on score.submission_id = leaf.id
      where leaf.task_id is not null and leaf.deleted_at is null and (leaf.status = 'Finished' or score.submission_id is not null)
      group by root.id, leaf.id
      order by leaf.id`,
};

/**
 * The stored scores of each root's leaves, by root id: the root itself, or its children. Leaves that have finished without any score in
 * a column of the board are empty maps.
 */
export async function scoredLeavesOf(
  connection: Connection,
  rootIds: readonly number[],
): Promise<Map<number, TaskValues[]>> {
  const rows = await connection.prepared<{
    rootId: string;
    taskId: number;
    values: Record<string, number>;
  }>(SCORED_LEAVES, [rootIds]);
  const leaves = new Map<number, TaskValues[]>();
  for (const { rootId, taskId, values } of rows) {
    const list = leaves.get(Number(rootId)) ?? [];
    list.push({ taskId, values: toValues(values) });
    leaves.set(Number(rootId), list);
  }
  return leaves;
}

/** From column ids as JSON has them. */
export function toValues(values: Readonly<Record<string, number>>): Map<number, number> {
  return new Map(Object.entries(values).map(([columnId, value]) => [Number(columnId), value]));
}
