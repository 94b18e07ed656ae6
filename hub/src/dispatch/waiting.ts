import type { Database, Statement } from '../db/database.ts';

/** For each run that waits: who could take it, and how much is before it; of one that waits at another hub, what that hub says. */
const WAITING: Statement = {
  name: 'dispatch-waiting',
  text: `
select c.run_id::float8 as "runId", c.pool, c.not_before as "notBefore", c.attempt,
  t.title as site, coalesce(t.paused, false) as paused,
  (select count(*)::int from (select from claims b where b.pool = c.pool and b.node_id is null and (b.priority, -b.run_id) > (c.priority, -c.run_id) limit 1000) before) as ahead,
  n.online, n."lastSeenAt", n.known, n.resting, p.name as hub, h.waiting as "toldBy"
from claims c
left join runs r on r.id = c.run_id
left join sites t on t.id = r.site_id left join peers p on p.id = t.peer_id
left join handed_runs h on h.run_id = c.run_id and h.attempt = c.attempt
cross join lateral (
  select count(*) filter (where n.last_seen_at > now() - $2 * interval '1 millisecond')::int as online, max(n.last_seen_at) as "lastSeenAt", count(*)::int as known,
    count(*) filter (where n.last_seen_at > now() - $2 * interval '1 millisecond' and (n.paused or n.draining or n.drain_requested_at is not null))::int as resting
  from nodes n
  where n.revoked_at is null and (
    n.site_id = r.site_id or (r.site_id is null and exists (
      select from site_queues q where q.site_id = n.site_id and 'queue:' || q.queue_id = c.pool)))
) n
where c.run_id = any($1) and (c.node_id is null or h.waiting is not null)`,
};

interface WaitingRow {
  readonly runId: number;
  readonly pool: string;
  readonly notBefore: Date | null;
  readonly attempt: number;
  readonly site: string | null;
  readonly paused: boolean;
  readonly ahead: number;
  readonly online: number;
  readonly lastSeenAt: Date | null;
  readonly known: number;
  /** Of those online, the ones that are handed nothing: paused or draining. */
  readonly resting: number;
  /** That the site is enrolled with; null for this one. */
  readonly hub: string | null;
  /** Why it waits there. */
  readonly toldBy: string | null;
}

/** @param quietMs a node that has not been heard of for so long counts as offline */
export async function waitingReasons(
  database: Database,
  runIds: readonly number[],
  quietMs: number,
): Promise<Map<number, string>> {
  if (runIds.length === 0) return new Map();
  const rows = await database.prepared<WaitingRow & { [column: string]: unknown }>(WAITING, [
    runIds,
    quietMs,
  ]);
  return new Map(rows.map((row) => [row.runId, sentence(row)]));
}

function sentence({
  site,
  paused,
  online,
  known,
  resting,
  lastSeenAt,
  notBefore,
  ahead,
  attempt,
  hub,
  toldBy,
}: WaitingRow): string {
  const who = site ?? 'a node of the queue';
  if (hub && toldBy) return `At hub ${hub}: ${toldBy}`;
  if (hub && online === 0)
    return `Waiting for ${who}: hub ${hub} does not answer${lastSeenAt ? ` since ${inWords(lastSeenAt)}` : ''}`;
  if (known === 0) return `Waiting for ${who}: no node has been set up for it yet`;
  if (paused) return `Waiting for ${who}: the site is paused`;
  if (online === 0) {
    return `Waiting for ${who}: no node is connected${lastSeenAt ? ` since ${inWords(lastSeenAt)}` : ''}`;
  }
  if (resting === online) {
    return online === 1
      ? `Waiting for ${who}: the site has paused its node`
      : `Waiting for ${who}: the site has paused its nodes`;
  }
  if (notBefore && notBefore > new Date())
    return `Attempt ${attempt} did not work out at ${who}; it is tried again shortly`;
  return ahead === 0
    ? `Next in line for ${who}: all of its nodes are busy`
    : `Waiting for ${who}: ${ahead} ${ahead === 1 ? 'run' : 'runs'} ahead`;
}

function inWords(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
