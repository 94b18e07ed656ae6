import type { Connection } from './boards.ts';
import { noteChanges } from './changes.ts';
import type { Placement } from './placement.ts';
import { type Automatic, RULES, type SubmissionRule } from './rules.ts';

/** A root submission and its place in the order of its board. */
export interface Placed extends Placement {
  readonly submissionId: number;
  readonly rule: SubmissionRule;
}

interface Candidates {
  /** Entries of one owner with the same slot replace each other. */
  readonly slot: string;
  /** The first in this order has the slot. */
  readonly preference: string;
  /** A relation `placed(submission_id, sort_key as text, rank_inputs as text)`. */
  readonly source: string;
  /** By an organizer, to stay. */
  readonly forced?: boolean;
  /** Whether some may have been marked as baselines, which have slots of their own. */
  readonly marked: boolean;
}

/**
 * Root submissions of the batch, one for each slot: the one that the rule prefers. Deleted ones, rehearsals, re-runs on one task and what former versions
 * of tasks scored never enter.
 * What follows is the conflict's condition.
 */
function candidates({ slot, preference, source, marked, forced = false }: Candidates): string {
  const isBaseline = marked ? 'coalesce(m.is_baseline, false)' : 'false';
  const ownSlot = marked ? `case when ${isBaseline} then s.id else ${slot} end` : slot;
  return `
  with candidate as (
    select distinct on (s.phase_id, s.owner_id, ${ownSlot})
      s.phase_id, s.owner_id, ${ownSlot} as slot, s.id as submission_id, placed.sort_key::numeric[] as sort_key,
      placed.rank_inputs::numeric[] as rank_inputs, s.created_at as submitted_at, ${isBaseline} as is_baseline
    from ${source}
    join submissions s on s.id = placed.submission_id
    ${marked ? 'left join board_marks m on m.submission_id = s.id' : ''}
    where s.deleted_at is null and not s.is_specific_task_re_run and not s.is_rehearsal and not s.is_superseded
    order by s.phase_id, s.owner_id, ${ownSlot}, ${preference}
  )
  insert into leaderboard_entries as entry (phase_id, owner_id, slot, submission_id, sort_key, rank_inputs, submitted_at, is_baseline, is_forced)
  select phase_id, owner_id, slot, submission_id, sort_key, rank_inputs, submitted_at, is_baseline, ${forced} from candidate
  order by phase_id, owner_id, slot
  on conflict (phase_id, owner_id, slot) do update
  set submission_id = excluded.submission_id, sort_key = excluded.sort_key, rank_inputs = excluded.rank_inputs,
    submitted_at = excluded.submitted_at, is_baseline = excluded.is_baseline, is_forced = ${forced ? 'true' : 'entry.is_forced'}`;
}

/** Of a row that was updated the old version is locked, which shows in the new one. */
const CHANGED = 'returning phase_id, (xmax = 0)::int as added';

const ONE_SLOT = '0::bigint';
const OWN_SLOT = 's.id';

/**
 * What an automatic rule does with scored root submissions. The conflict clause decides on the row as it is by then, locked: two submissions
 * of one owner that are scored at the same moment leave the right one on the board, in whichever order they commit. Gives `phase_id` and `added`
 * of each entry that changed.
 */
export function enterByRule(rule: Automatic, from: Pick<Candidates, 'source' | 'marked'>): string {
  switch (rule) {
    case 'latest':
      return `${candidates({ ...from, slot: ONE_SLOT, preference: 's.created_at desc, s.id desc' })}
    where excluded.submission_id = entry.submission_id
      or (not entry.is_forced and (excluded.submitted_at, excluded.submission_id) > (entry.submitted_at, entry.submission_id))
    ${CHANGED}`;
    case 'best':
      return `${candidates({ ...from, slot: ONE_SLOT, preference: 'placed.sort_key::numeric[], s.created_at, s.id' })}
    where excluded.submission_id = entry.submission_id
      or (not entry.is_forced
        and (excluded.sort_key, excluded.submitted_at, excluded.submission_id) < (entry.sort_key, entry.submitted_at, entry.submission_id))
    ${CHANGED}`;
    case 'every':
      return `${candidates({ ...from, slot: OWN_SLOT, preference: 's.id' })} ${CHANGED}`;
    default:
      return rule satisfies never;
  }
}

const noted = (entering: string) => `
  with changed as (${entering}), noted as (${noteChanges('changed')})
  select distinct phase_id as "phaseId" from changed`;

const GIVEN = {
  source: 'unnest($1::bigint[], $2::text[], $3::text[]) as placed(submission_id, sort_key, rank_inputs)',
  marked: true,
};

const STATEMENTS: Readonly<Record<Automatic | 'byHand', string>> = {
  latest: noted(enterByRule('latest', GIVEN)),
  best: noted(enterByRule('best', GIVEN)),
  every: noted(enterByRule('every', GIVEN)),
  // Nothing enters by itself, but what is on the board moves when its score changes.
  byHand: noted(`
    update leaderboard_entries entry set sort_key = placed.sort_key::numeric[], rank_inputs = placed.rank_inputs::numeric[]
    from ${GIVEN.source}
    where entry.submission_id = placed.submission_id
    returning entry.phase_id, 0 as added`),
};

const EFFECTS = ['latest', 'best', 'every', 'byHand'] as const;

/** Applies each submission's rule. Returns the phases whose boards changed. */
export async function applyRules(connection: Connection, placed: readonly Placed[]): Promise<Set<number>> {
  const changed = new Set<number>();
  const byEffect = Map.groupBy(placed, ({ rule }) => RULES[rule].automatic ?? 'byHand');
  // In one order everywhere, since each locks entries.
  for (const effect of EFFECTS) {
    const batch = byEffect.get(effect);
    if (!batch) continue;
    const rows = await connection.prepared<{ phaseId: number }>(
      { name: `board-${effect}`, text: STATEMENTS[effect] },
      arraysOf(batch),
    );
    for (const { phaseId } of rows) changed.add(phaseId);
  }
  return changed;
}

/**
 * Puts one on the board whatever the rule says; it takes the place of the owner's other one where the rule allows one alone.
 * @param isForced an automatic rule leaves it there
 */
export async function putEntry(
  connection: Connection,
  placed: Placed,
  { isForced = false }: { isForced?: boolean } = {},
): Promise<void> {
  const { several, automatic } = RULES[placed.rule];
  const slot = several ? OWN_SLOT : ONE_SLOT;
  const forced = isForced && automatic !== null;
  await connection.prepared(
    {
      name: `board-${forced ? 'force' : 'put'}${several ? '' : '-instead'}`,
      text: noted(`${candidates({ ...GIVEN, slot, preference: 's.id', forced })} ${CHANGED}`),
    },
    arraysOf([placed]),
  );
}

/** Whether it was there. */
export async function removeEntry(connection: Connection, submissionId: number): Promise<boolean> {
  return (await removeEntries(connection, [submissionId])) > 0;
}

/** How many of them were there. */
export async function removeEntries(
  connection: Connection,
  submissionIds: readonly number[],
): Promise<number> {
  return (await connection.prepared(REMOVE, [submissionIds])).length;
}

/** Moves those that are on the board to where their scores put them now; nothing enters. */
export async function placeAgain(connection: Connection, placed: readonly Placed[]): Promise<void> {
  await connection.prepared({ name: 'board-byHand', text: STATEMENTS.byHand }, arraysOf(placed));
}

const REMOVE = {
  name: 'board-remove',
  text: noted(
    'delete from leaderboard_entries where submission_id = any($1::bigint[]) returning phase_id, -1 as added',
  ),
};

function arraysOf(placed: readonly Placed[]): [number[], string[], (string | null)[]] {
  return [
    placed.map(({ submissionId }) => submissionId),
    placed.map(({ sortKey }) => toArray(sortKey)),
    placed.map(({ rankInputs }) => rankInputs && toArray(rankInputs)),
  ];
}

/** As PostgreSQL reads arrays. */
export function toArray(values: readonly string[]): string {
  return `{${values.join(',')}}`;
}
