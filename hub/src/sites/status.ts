import type { Database, Statement } from '../db/database.ts';
import type { RunState } from '../submissions/outcome.ts';

/** What anybody may see of a hub's sites, nodes and queue: the shape of the portal's status page. */
export interface HubStatus {
  readonly queue: {
    readonly waiting: number;
    readonly running: number;
    readonly oldestWaitingSince: string | null;
    readonly finishedLastHour: number;
  };
  readonly sites: readonly SiteStatus[];
  readonly recentRuns: readonly RecentRun[];
}

export interface SiteStatus {
  readonly name: string;
  readonly title: string;
  /** Name of the hub that it is enrolled with; null for this one. Of another hub’s nodes nothing is known here. */
  readonly hub: string | null;
  readonly paused: boolean;
  /** Its scores may be shown as its own. */
  readonly sharesScores: boolean;
  readonly online: boolean;
  readonly waiting: number;
  readonly running: number;
  readonly datasets: readonly { name: string; version: string; counts: Record<string, number> }[];
  readonly nodes: readonly NodeStatus[];
}

export interface NodeStatus {
  readonly id: string;
  readonly name: string;
  readonly online: boolean;
  readonly engine: string | null;
  readonly engineVersion: string | null;
  readonly softwareVersion: string | null;
  readonly slots: number;
  readonly busy: number;
  readonly lastSeenAt: string | null;
  readonly connectedAt: string | null;
  readonly certificateExpiresAt: string;
}

export interface RecentRun {
  readonly id: number;
  readonly competitionTitle: string;
  readonly site: string | null;
  readonly state: RunState;
  readonly waitingSeconds: number;
  readonly runningSeconds: number;
}

const QUEUE: Statement = {
  name: 'status-queue',
  text: `
select count(*) filter (where c.node_id is null)::int as waiting, count(*) filter (where c.node_id is not null)::int as running,
  min(r.created_at) filter (where c.node_id is null) as "oldestWaitingSince",
  (select count(*)::int from attempts where outcome = 'finished' and ended_at > now() - interval '1 hour') as "finishedLastHour"
from claims c join runs r on r.id = c.run_id`,
};

/** Nodes come with their site as one row each; a site without nodes is one row too. */
const NODES: Statement = {
  name: 'status-nodes',
  text: `
select s.id as "siteId", s.name as site, s.title, p.name as hub, s.paused, s.shares_scores as "sharesScores",
  (select count(*)::int from claims c where c.pool = 'site:' || s.id and c.node_id is null) as waiting,
  n.id, n.name, n.engine, n.engine_version as "engineVersion", n.software_version as "softwareVersion", n.slots,
  n.last_seen_at as "lastSeenAt", n.connected_at as "connectedAt", n.certificate_expires_at as "certificateExpiresAt",
  coalesce(n.last_seen_at > now() - $1 * interval '1 millisecond', false) as online,
  (select count(*)::int from claims c where c.node_id = n.id) as busy
from sites s left join peers p on p.id = s.peer_id left join nodes n on n.site_id = s.id and n.revoked_at is null
order by s.title, n.name`,
};

const DATASETS: Statement = {
  name: 'status-datasets',
  text: `select site_id as "siteId", name, version, counts from site_datasets order by name, version`,
};

/** Only of published competitions: the page is public. */
const RECENT: Statement = {
  name: 'status-recent',
  text: `
select r.id::float8 as id, c.title as "competitionTitle", t.title as site, r.state,
  extract(epoch from coalesce(r.started_at, r.finished_at, now()) - r.created_at)::float8 as "waitingSeconds",
  coalesce(extract(epoch from coalesce(r.finished_at, now()) - r.started_at), 0)::float8 as "runningSeconds"
from (select * from runs order by id desc limit 200) r
join submissions s on s.id = r.submission_id join phases p on p.id = s.phase_id
join competitions c on c.id = p.competition_id and c.published and c.deleted_at is null
left join nodes n on n.id = r.node_id left join sites t on t.id = coalesce(r.site_id, n.site_id)
order by r.id desc limit 20`,
};

interface NodeRow extends Omit<NodeStatus, 'id' | 'lastSeenAt' | 'connectedAt' | 'certificateExpiresAt'> {
  readonly siteId: number;
  readonly site: string;
  readonly title: string;
  readonly hub: string | null;
  readonly paused: boolean;
  readonly sharesScores: boolean;
  readonly waiting: number;
  readonly id: string | null;
  readonly lastSeenAt: Date | null;
  readonly connectedAt: Date | null;
  readonly certificateExpiresAt: Date;
}

/** @param quietMs a node that has not been heard of for so long counts as offline */
export async function readStatus(database: Database, quietMs: number): Promise<HubStatus> {
  const [[queue], nodes, datasets, recentRuns] = await Promise.all([
    database.prepared<{
      waiting: number;
      running: number;
      oldestWaitingSince: Date | null;
      finishedLastHour: number;
    }>(QUEUE, []),
    database.prepared<NodeRow & { [column: string]: unknown }>(NODES, [quietMs]),
    database.prepared<{ siteId: number; name: string; version: string; counts: Record<string, number> }>(
      DATASETS,
      [],
    ),
    database.prepared<RecentRun & { [column: string]: unknown }>(RECENT, []),
  ]);
  const bySite = Map.groupBy(nodes, ({ siteId }) => siteId);
  return {
    queue: { ...queue!, oldestWaitingSince: queue!.oldestWaitingSince?.toISOString() ?? null },
    sites: [...bySite].map(([siteId, rows]) => ({
      name: rows[0]!.site,
      title: rows[0]!.title,
      hub: rows[0]!.hub,
      paused: rows[0]!.paused,
      sharesScores: rows[0]!.sharesScores,
      online: rows.some(({ online }) => online),
      waiting: rows[0]!.waiting,
      running: rows.reduce((sum, { busy }) => sum + busy, 0),
      datasets: datasets
        .filter((dataset) => dataset.siteId === siteId)
        .map(({ siteId: _, ...dataset }) => dataset),
      nodes: rows[0]!.hub === null ? rows.flatMap(toNodeStatus) : [],
    })),
    recentRuns,
  };
}

function toNodeStatus(row: NodeRow): NodeStatus[] {
  const { id, name, online, engine, engineVersion, softwareVersion, slots, busy } = row;
  if (id === null) return [];
  return [
    {
      id,
      name,
      online,
      engine,
      engineVersion,
      softwareVersion,
      slots,
      busy,
      lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
      connectedAt: row.connectedAt?.toISOString() ?? null,
      certificateExpiresAt: row.certificateExpiresAt.toISOString(),
    },
  ];
}
