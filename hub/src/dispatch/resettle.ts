import type { Database, Statement } from '../db/database.ts';
import type { Boards } from '../leaderboards/boards.ts';
import { boardEffects } from '../leaderboards/scoring.ts';
import type { Topic } from '../live/bus.ts';
import { settleSites } from '../submissions/many-sites/settle.ts';
import { type Leaf, lockParents, settleLeaves, summarise } from './settle.ts';

const LOCK_LEAVES: Statement = {
  name: 'dispatch-resettle-leaves',
  text: `
select s.id::float8 as "leafId", s.parent_id::float8 as "parentId", s.phase_id as "phaseId", s.owner_id as "ownerId" from submissions s
where s.id in (select submission_id from runs where id = any($1) and site_id is not null) order by s.id for no key update`,
};

/**
 * Looks again at the sites of submissions. Scores of several sites may be held back while another site is at work, and wait no longer once that one
 * has lost its lease: it may be offline for days.
 *
 * @param runIds runs that wait again
 */
export async function resettle(
  { database, boards }: { database: Database; boards: Boards },
  runIds: readonly number[],
): Promise<Topic[]> {
  return database.transaction(async (tx) => {
    const leaves = await tx.prepared<Leaf & { [column: string]: unknown }>(LOCK_LEAVES, [runIds]);
    if (leaves.length === 0) return [];
    const phases = new Map(leaves.map(({ leafId, phaseId }) => [leafId, phaseId]));
    const found = await boards.get(tx, phases.values());
    const settled = await settleSites(tx, runIds, (leafId) => found.get(phases.get(leafId) ?? 0));
    const { progress, scored, topics } = summarise(leaves, settled);
    await lockParents(tx, progress);
    const boardTopics = await boardEffects(tx, boards, scored);
    await settleLeaves(tx, progress);
    return [...topics, ...boardTopics];
  });
}
