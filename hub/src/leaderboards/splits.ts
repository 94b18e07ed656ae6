import type { BoardSplit } from '../bundles/model.ts';
import type { Transaction } from '../db/database.ts';
import { noteChange } from './changes.ts';
import { SplitMissingError } from './errors.ts';

export interface SplitOpening extends Pick<BoardSplit, 'key' | 'visibility' | 'visibleFrom'> {
  readonly phaseId: number;
}

const OPEN = {
  name: 'board-open-split',
  text: `
    with changed as (
      update leaderboards set splits = (
        select jsonb_agg(case when split ->> 'key' = $2::text
          then split || jsonb_build_object('visibility', $3::text, 'visibleFrom', $4::text) else split end order by place)
        from jsonb_array_elements(splits) with ordinality as one(split, place)
      )
      where id = $1 and splits @> jsonb_build_array(jsonb_build_object('key', $2::text))
      returning id
    )
    select p.id from phases p join changed c on c.id = p.leaderboard_id`,
};

/** Returns the phases that have the board. @throws SplitMissingError */
export async function openSplit(
  tx: Transaction,
  leaderboardId: number,
  { key, visibility, visibleFrom }: Omit<SplitOpening, 'phaseId'>,
): Promise<number[]> {
  const phases = await tx.prepared<{ id: number }>(OPEN, [leaderboardId, key, visibility, visibleFrom]);
  if (phases.length === 0) throw new SplitMissingError(key);
  const phaseIds = phases.map(({ id }) => id);
  await noteChange(tx, phaseIds);
  return phaseIds;
}
