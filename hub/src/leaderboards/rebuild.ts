import type { Database, Transaction } from '../db/database.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { LiveBus } from '../live/bus.ts';
import type { Boards } from './boards.ts';
import { noteChange } from './changes.ts';
import { applyRules, placeAgain, removeEntries } from './entries.ts';
import { placeRoots } from './moves.ts';
import { RULES } from './rules.ts';

/** Other hub processes remember a board and its tasks for less: what they admitted or scored by what they remembered is found the second time. */
const AGAIN_AFTER_MS = 15_000;

/**
 * What a board is made by has changed (its tasks, its columns, its rules): it is built anew as soon as the change is committed, and once more when no
 * hub process can know the former state any more.
 * @param anew columns or rules have changed, see `renewBoard`
 */
export async function boardsFollow(
  jobs: Pick<Jobs, 'enqueue'>,
  tx: Transaction,
  phaseIds: readonly number[],
  { anew = false }: { anew?: boolean } = {},
): Promise<void> {
  const runAt = new Date(Date.now() + AGAIN_AFTER_MS);
  for (const phaseId of phaseIds) {
    const queue = `board:${phaseId}`;
    const key = anew ? `${queue}:anew` : queue;
    await jobs.enqueue(tx, 'rebuild-board', { phaseId, anew }, key, { queue });
    await jobs.enqueue(tx, 'rebuild-board', { phaseId, anew }, `${key}:again`, { queue, runAt });
  }
}

/**
 * Says of each root submission whether a task of it has been changed since, in a phase that does not keep such on its board. What waits for an organizer
 * to start it is run on the tasks as they are by then.
 */
const SUPERSEDE = {
  name: 'board-supersede',
  text: `
    with entered as (
      select coalesce(leaf.parent_id, leaf.id) as id, bool_or(leaf.task_version < t.version) as is_former
      from submissions leaf
      join phase_tasks pt on pt.phase_id = leaf.phase_id and pt.task_id = leaf.task_id
      join tasks t on t.id = leaf.task_id
      where leaf.phase_id = $1 group by 1
    ), changed as (
      select s.id, e.is_former and not p.keep_former_versions as is_superseded
      from entered e join submissions s on s.id = e.id join phases p on p.id = s.phase_id
      where s.status <> 'Submitting' and s.is_superseded <> (e.is_former and not p.keep_former_versions)
      order by s.id for no key update of s
    )
    update submissions s set is_superseded = c.is_superseded, version = s.version + 1 from changed c where s.id = c.id
    returning s.id::float8 as id, s.owner_id as "ownerId", s.is_superseded as "isSuperseded"`,
};

export const ENTRIES = {
  name: 'board-entries',
  text: `
    select submission_id::float8 as id, owner_id as "ownerId", is_baseline as "isBaseline", is_forced as "isForced"
    from leaderboard_entries
    where phase_id = $1 order by owner_id, slot for no key update`,
};

export interface BoardEntry {
  readonly id: number;
  readonly ownerId: number;
  readonly isBaseline: boolean;
  readonly isForced: boolean;
}

const ROOTS_OF = {
  name: 'board-roots-of-owners',
  text: `
    select id::float8 as id from submissions
    where phase_id = $1 and owner_id = any($2::int[]) and parent_id is null and status = 'Finished' and deleted_at is null order by id`,
};

/** Placed with one statement. */
const AT_ONCE = 1_000;

export interface RebuildDependencies {
  readonly database: Database;
  readonly boards: Boards;
  readonly live: LiveBus;
}

/**
 * Puts every entry of a phase's board where it belongs by the tasks, columns and rules as they are now. What former versions of tasks scored leaves the
 * board, unless the phase keeps it; where the latest or the best stands for all, another one of the same owner takes its place. Nobody who is not on
 * the board comes onto it, but for whom the phase keeps former versions again. Can be repeated, and run beside scores that arrive.
 */
export async function rebuildBoard(
  { database, boards, live }: RebuildDependencies,
  phaseId: number,
): Promise<void> {
  boards.forget(phaseId);
  await database.transaction(async (tx) => {
    const flagged = await tx.prepared<{ id: number; ownerId: number; isSuperseded: boolean }>(SUPERSEDE, [
      phaseId,
    ]);
    const board = (await boards.get(tx, [phaseId])).get(phaseId);
    if (!board) return;
    const entries = await tx.prepared<BoardEntry>(ENTRIES, [phaseId]);
    const gone = new Set(flagged.flatMap(({ id, isSuperseded }) => (isSuperseded ? [id] : [])));
    const back = flagged.filter(({ isSuperseded }) => !isSuperseded);
    const { automatic, several } = RULES[board.rule];
    const stay = entries.filter(({ id }) => !gone.has(id));
    const isElected = automatic !== null && !several;
    // Of those that a rule elects all go, and are elected anew.
    const leave = isElected
      ? entries.filter(({ isBaseline, isForced, id }) => !(isBaseline || isForced) || gone.has(id))
      : entries;
    await removeEntries(
      tx,
      leave.map(({ id }) => id).filter((id) => isElected || gone.has(id)),
    );
    await inParts(
      stay.map(({ id }) => id),
      async (ids) => placeAgain(tx, await placeRoots(tx, boards, phaseId, ids)),
    );
    if (automatic !== null) {
      const owners = [...new Set([...entries, ...back].map(({ ownerId }) => ownerId))];
      const roots = isElected ? await tx.prepared<{ id: number }>(ROOTS_OF, [phaseId, owners]) : back;
      await inParts(
        roots.map(({ id }) => id),
        async (ids) => applyRules(tx, await placeRoots(tx, boards, phaseId, ids)),
      );
    }
    await noteChange(tx, [phaseId]);
    tx.afterCommit(() =>
      live.announce([
        `leaderboard:${phaseId}`,
        ...flagged.map(({ id }) => `submission:${id}` as const),
        ...new Set(flagged.map(({ ownerId }) => `phase:${phaseId}:owner:${ownerId}` as const)),
      ]),
    );
  });
}

export async function inParts(
  ids: readonly number[],
  act: (ids: number[]) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < ids.length; start += AT_ONCE) await act(ids.slice(start, start + AT_ONCE));
}
