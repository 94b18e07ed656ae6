import type { Connection } from './boards.ts';
import { type Automatic, RULES, type SubmissionRule } from './rules.ts';

/** A root submission and its place in the order of its board. */
export interface Placed {
  readonly submissionId: number;
  readonly rule: SubmissionRule;
  readonly sortKey: readonly string[];
}

/** Root submissions of the batch, one for each slot: the one that the rule prefers. Deleted ones, rehearsals and re-runs on one task never enter. */
const candidates = (slot: string, preference: string, source: string) => `
  with candidate as (
    select distinct on (s.phase_id, s.owner_id, ${slot})
      s.phase_id, s.owner_id, ${slot} as slot, s.id as submission_id, placed.sort_key::numeric[] as sort_key, s.created_at as submitted_at
    from ${source}
    join submissions s on s.id = placed.submission_id
    where s.deleted_at is null and not s.is_specific_task_re_run and not s.is_rehearsal
    order by s.phase_id, s.owner_id, ${slot}, ${preference}
  )
  insert into leaderboard_entries as entry (phase_id, owner_id, slot, submission_id, sort_key, submitted_at)
  select phase_id, owner_id, slot, submission_id, sort_key, submitted_at from candidate order by phase_id, owner_id, slot
  on conflict (phase_id, owner_id, slot) do update
  set submission_id = excluded.submission_id, sort_key = excluded.sort_key, submitted_at = excluded.submitted_at,
    version = excluded.version`;

const ONE_SLOT = '0::bigint';
const OWN_SLOT = 's.id';

const GIVEN = 'unnest($1::bigint[], $2::text[]) as placed(submission_id, sort_key)';

/**
 * What an automatic rule does with scored root submissions. The conflict clause decides on the row as it is by then, locked: two submissions
 * of one owner that are scored at the same moment leave the right one on the board, in whichever order they commit.
 *
 * @param source a relation `placed(submission_id, sort_key as text)`
 */
export function enterByRule(rule: Automatic, source: string): string {
  switch (rule) {
    case 'latest':
      return `${candidates(ONE_SLOT, 's.created_at desc, s.id desc', source)}
    where (excluded.submitted_at, excluded.submission_id) >= (entry.submitted_at, entry.submission_id)
    returning phase_id as "phaseId"`;
    case 'best':
      return `${candidates(ONE_SLOT, 'placed.sort_key::numeric[], s.created_at, s.id', source)}
    where excluded.submission_id = entry.submission_id
      or (excluded.sort_key, excluded.submitted_at, excluded.submission_id) < (entry.sort_key, entry.submitted_at, entry.submission_id)
    returning phase_id as "phaseId"`;
    case 'every':
      return `${candidates(OWN_SLOT, 's.id', source)} returning phase_id as "phaseId"`;
    default:
      return rule satisfies never;
  }
}

const STATEMENTS: Readonly<Record<Automatic | 'byHand', string>> = {
  latest: enterByRule('latest', GIVEN),
  best: enterByRule('best', GIVEN),
  every: enterByRule('every', GIVEN),
  // Nothing enters by itself, but what is on the board moves when its score changes.
  byHand: `
    update leaderboard_entries entry
    set sort_key = placed.sort_key::numeric[], version = nextval('board_versions')
    from unnest($1::bigint[], $2::text[]) as placed(submission_id, sort_key)
    where entry.submission_id = placed.submission_id
    returning entry.phase_id as "phaseId"`,
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

/** Puts one on the board whatever the rule says; it takes the place of the owner's other one where the rule allows one alone. */
export async function putEntry(connection: Connection, placed: Placed): Promise<void> {
  const { several } = RULES[placed.rule];
  await connection.prepared(
    {
      name: several ? 'board-put' : 'board-put-instead',
      text: candidates(several ? OWN_SLOT : ONE_SLOT, 's.id', GIVEN),
    },
    arraysOf([placed]),
  );
}

/** Another entry of the board is marked as changed in its place, so that the board's version grows. */
export async function removeEntry(connection: Connection, submissionId: number): Promise<void> {
  await connection.prepared(REMOVE, [submissionId]);
}

const REMOVE = {
  name: 'board-remove',
  text: `
      with gone as (delete from leaderboard_entries where submission_id = $1 returning phase_id)
      update leaderboard_entries set version = nextval('board_versions')
      where submission_id = (
        select e.submission_id from leaderboard_entries e join gone on gone.phase_id = e.phase_id
        where e.submission_id <> $1 order by e.version desc limit 1
      )`,
};

function arraysOf(placed: readonly Placed[]): [number[], string[]] {
  return [
    placed.map(({ submissionId }) => submissionId),
    placed.map(({ sortKey }) => `{${sortKey.join(',')}}`),
  ];
}
