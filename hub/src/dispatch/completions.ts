import type { Database } from '../db/database.ts';
import type { Boards } from '../leaderboards/boards.ts';
import type { LiveBus } from '../live/bus.ts';
import type { AssignedPhases } from './assigned-phases.ts';
import { complete, type Settlement } from './complete.ts';
import { finish, isUsual } from './finish.ts';
import { GroupCommit } from './group-commit.ts';
import { endGuests } from './guests/store.ts';
import type { AttemptEnd } from './outcome.ts';

interface Dependencies {
  readonly database: Database;
  readonly boards: Boards;
  readonly live: LiveBus;
  readonly phases: AssignedPhases;
  readonly maxAttempts: number;
}

/** Records how attempts end, many at a time: the usual ones in one statement, the others in a transaction that looks closer. */
export function completions(deps: Dependencies): GroupCommit<AttemptEnd, Settlement> {
  return new GroupCommit((ends) => record(deps, ends), {
    // Two reports on one run are settled one after the other.
    excludes: ({ runId }) => String(runId),
  });
}

async function record(deps: Dependencies, ends: readonly AttemptEnd[]): Promise<Settlement[]> {
  const { live, phases } = deps;
  const usual = ends.flatMap((end) => {
    const phaseId = phases.find(end.runId);
    return phaseId !== undefined && isUsual(end) ? [{ end, phaseId }] : [];
  });
  const { settled, topics } =
    usual.length > 0 ? await finish(deps, usual) : { settled: new Set<number>(), topics: [] };
  live.announce(topics);
  phases.forget(settled);

  await recordGuests(deps, ends, settled);
  const others = ends.filter(({ runId }) => !settled.has(runId));
  if (others.length === 0) return ends.map(() => 'accepted');
  const looked = await complete(deps, others);
  live.announce(looked.topics);
  const settlements = new Map(others.map(({ runId }, index) => [runId, looked.settlements[index]!]));
  return ends.map(({ runId }) => settlements.get(runId) ?? 'accepted');
}

/** Runs of other hubs, which this process cannot tell from those that another process has assigned. */
async function recordGuests(
  { database, live, phases }: Dependencies,
  ends: readonly AttemptEnd[],
  settled: Set<number>,
): Promise<void> {
  const unknown = ends.filter(({ runId }) => !settled.has(runId) && phases.find(runId) === undefined);
  if (unknown.length === 0) return;
  const guests = await endGuests(database, unknown);
  if (guests.size > 0) live.announce(['guests']);
  for (const runId of guests) settled.add(runId);
}
