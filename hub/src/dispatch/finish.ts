import type { Database, Statement } from '../db/database.ts';
import type { Board, Boards } from '../leaderboards/boards.ts';
import { noteChanges } from '../leaderboards/changes.ts';
import { enterByRule, toArray } from '../leaderboards/entries.ts';
import { countsOneTask } from '../leaderboards/placement.ts';
import { RULES } from '../leaderboards/rules.ts';
import { scoresOf } from '../leaderboards/scoring.ts';
import type { Topic } from '../live/bus.ts';
import { chargesParticipant, isRetried } from './faults.ts';
import { isHolder } from './fencing.ts';
import { HISTORY } from './history.ts';
import { givenBack, takeBack } from './limits.ts';
import { type AttemptEnd, endColumns } from './outcome.ts';

/** What ends for the first time has not been marked. */
const placedBy = (rule: string) => ({
  source: `(select leaf_id as submission_id, sort_key, rank_inputs from current where automatic = '${rule}') as placed`,
  marked: false,
});

/**
 * The usual end of runs in one statement, which is one commit: what `complete` does in several, for runs that are the only one of a submission which is
 * its own root, on boards where the scores of one task say where an entry stands. For those everything that follows is known from the report alone.
 * Runs that are not such, or whose fencing token is no longer good, are left untouched and are missing from the answer.
 *
 * Submissions are locked first, in one order everywhere, then claims.
 */
const FINISH: Statement = {
  name: 'dispatch-finish',
  text: `
with ends as (
  select * from unnest($1::bigint[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::fault[], $7::jsonb[], $8::timestamptz[], $9::text[], $10::bool[], $11::text[], $12::text[], $16::text[], $17::text[])
    as e(run_id, attempt, node_id, outcome, failure_code, fault, scores, started_at, image_digest, refund, automatic, sort_key, receipt, rank_inputs)
), leaves as (
  select r.id as run_id, r.node_id, s.id as leaf_id, s.phase_id, s.owner_id, s.counted_on, s.holds_slot
  from ends e join runs r on r.id = e.run_id and r.site_id is null
  join submissions s on s.id = r.submission_id and s.parent_id is null and s.status < 'Finished'
  order by s.id for no key update of s
), current as (
  select e.*, l.leaf_id, l.phase_id, l.owner_id, l.counted_on, l.holds_slot as frees_slot from leaves l join ends e on e.run_id = l.run_id
  join claims c on c.run_id = e.run_id and c.attempt = e.attempt
  where ${isHolder('e', 'l')}
  order by c.run_id for update of c
), over as (
  delete from claims c using current e where c.run_id = e.run_id
), ${HISTORY}, ended as (
  update runs r set state = e.outcome::run_state, failure_code = e.failure_code, fault = e.fault, scores = e.scores, image_digest = e.image_digest,
    started_at = coalesce(e.started_at, r.started_at), finished_at = now()
  from current e where r.id = e.run_id
), unused as (${givenBack('current')}
), usage as (
  select u.phase_id, u.user_id from submission_usage u join unused f on u.phase_id = f.phase_id and u.user_id = f.owner_id
  order by u.phase_id, u.user_id for no key update of u
), refunded as (
  update submission_usage u set ${takeBack('f')}
  from unused f join usage l on l.phase_id = f.phase_id and l.user_id = f.owner_id
  where u.phase_id = f.phase_id and u.user_id = f.owner_id
), settled as (
  update submissions s set status = case e.outcome when 'finished' then 'Finished' else 'Failed' end::submission_status,
    failure_code = e.failure_code, fault = e.fault, finished_at = now(), version = s.version + 1,
    counted_on = case when not e.refund then s.counted_on end, holds_slot = false
  from current e where s.id = e.leaf_id
), scored as (
  insert into scores (submission_id, column_id, value)
  select e.leaf_id, s.column_id, s.value from unnest($13::bigint[], $14::int[], $15::numeric[]) as s(run_id, column_id, value)
  join current e on e.run_id = s.run_id
), latest as (${enterByRule('latest', placedBy('latest'))}
), best as (${enterByRule('best', placedBy('best'))}
), every_one as (${enterByRule('every', placedBy('every'))}
), boards as (
  select * from latest union all select * from best union all select * from every_one
), noted as (${noteChanges('boards')}
)
select e.run_id::float8 as "runId", e.leaf_id::float8 as "leafId", e.phase_id as "phaseId", e.owner_id as "ownerId",
  exists (select from boards b where b.phase_id = e.phase_id) as "boardChanged"
from current e`,
};

/** A report of a run whose phase this process remembers from having assigned it. */
export interface UsualEnd {
  readonly end: AttemptEnd;
  readonly phaseId: number;
}

/** What is tried again, or cancelled, takes the longer way. */
export function isUsual(end: AttemptEnd): boolean {
  return end.outcome === 'finished' || (end.outcome === 'failed' && !isRetried(end));
}

/** Answers with the runs that it has settled, and whom to tell. */
export async function finish(
  { database, boards }: { database: Database; boards: Boards },
  usual: readonly UsualEnd[],
): Promise<{ settled: Set<number>; topics: Topic[] }> {
  const found = await boards.get(
    database,
    usual.map(({ phaseId }) => phaseId),
  );
  const ends = usual.flatMap(({ end, phaseId }) => {
    const board = found.get(phaseId);
    return board && countsOneTask(board) ? [{ ...end, ...consequences(end, board) }] : [];
  });
  const scores = ends.flatMap(({ runId, stored }) => stored.map((score) => ({ runId, ...score })));
  const rows = await database.prepared<{
    runId: number;
    leafId: number;
    phaseId: number;
    ownerId: number;
    boardChanged: boolean;
  }>(FINISH, [
    ...endColumns(ends),
    ends.map(({ outcome, fault }) => outcome !== 'finished' && !chargesParticipant(fault)),
    ends.map(({ automatic }) => automatic),
    ends.map(({ sortKey }) => sortKey),
    scores.map(({ runId }) => runId),
    scores.map(({ columnId }) => columnId),
    scores.map(({ value }) => value),
    ends.map(({ receipt }) => receipt),
    ends.map(({ rankInputs }) => rankInputs),
  ]);
  return {
    settled: new Set(rows.map(({ runId }) => runId)),
    topics: rows.flatMap(({ leafId, phaseId, ownerId, boardChanged }): Topic[] => [
      `submission:${leafId}`,
      `phase:${phaseId}:owner:${ownerId}`,
      ...(boardChanged ? [`leaderboard:${phaseId}` as const] : []),
    ]),
  };
}

/** The scores to store and where they would stand on the board; nothing of both for a failure. */
function consequences({ scores }: AttemptEnd, board: Board) {
  if (!scores) return { stored: [], automatic: null, sortKey: null, rankInputs: null };
  const { stored, sortKey, rankInputs } = scoresOf(board, scores);
  return {
    stored,
    automatic: RULES[board.rule].automatic,
    sortKey: toArray(sortKey),
    rankInputs: rankInputs && toArray(rankInputs),
  };
}
