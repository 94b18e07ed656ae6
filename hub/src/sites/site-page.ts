import type { Database, Statement } from '../db/database.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import type { RunState } from '../submissions/outcome.ts';
import { type WaitReasonName, waitSentence } from '../submissions/waits.ts';

/** What stewards and administrators see of a site. */
export interface SitePage {
  readonly name: string;
  readonly title: string;
  readonly paused: boolean;
  readonly sharesScores: boolean;
  readonly nodes: readonly SiteNodeDetail[];
  readonly datasets: readonly SiteDatasetDetail[];
  readonly runs: readonly SiteRun[];
  /** Beyond those in `runs`. */
  readonly moreWaiting: number;
  readonly stewards: readonly { readonly username: string; readonly displayName: string }[];
}

export interface SiteNodeDetail {
  readonly id: string;
  readonly name: string;
  readonly online: boolean;
  readonly paused: boolean;
  readonly draining: boolean;
  readonly drainRequestedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly softwareVersion: string | null;
  readonly engine: string | null;
  readonly engineVersion: string | null;
  readonly slots: number;
  readonly gpus: number;
  readonly busy: number;
  readonly awaitingPeople: number;
  /** Empty: the node has none in force, and runs nothing. */
  readonly policyDigest: string;
  /** With which it signs receipts, the one that it showed last first. */
  readonly receiptKeys: readonly {
    readonly id: string;
    readonly firstSeenAt: string;
    /** When the next key took its place; null for the key in use. */
    readonly replacedAt: string | null;
  }[];
  readonly certificateSerial: string;
  readonly certificateIssuedAt: Date;
  readonly certificateExpiresAt: Date;
  readonly lastSeenAt: Date | null;
  readonly connectedAt: Date | null;
  readonly createdAt: Date;
}

export interface SiteDatasetDetail {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly hasInput: boolean;
  readonly hasReference: boolean;
  readonly hasSynthetic: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly seenAt: Date;
}

export interface SiteRun {
  readonly id: number;
  readonly competitionId: number;
  readonly competitionTitle: string;
  /** Name of the hub that has handed the run over; null for runs of this one. Its competitions have numbers of their own. */
  readonly hub: string | null;
  readonly submitter: string;
  readonly isRehearsal: boolean;
  readonly state: RunState;
  readonly attempt: number;
  readonly node: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  /** Why it waits; null when it does not. */
  readonly waiting: string | null;
}

const MOST_RUNS = 50;

const SITE: Statement = {
  name: 'site-page-site',
  text: `
select t.name, t.title, t.paused, t.shares_scores as "sharesScores",
  coalesce((select jsonb_agg(jsonb_build_object('username', u.username, 'displayName', u.display_name) order by u.username)
    from site_stewards s join users u on u.id = s.user_id where s.site_id = t.id and u.deleted_at is null), '[]') as stewards,
  (select count(*)::int from claims c where c.pool = 'site:' || t.id and c.node_id is null) as waiting
from sites t where t.id = $1`,
};

const NODES: Statement = {
  name: 'site-page-nodes',
  text: `
select n.id, n.name, n.paused, n.draining, n.drain_requested_at as "drainRequestedAt", n.revoked_at as "revokedAt",
  n.software_version as "softwareVersion", n.engine, n.engine_version as "engineVersion", n.slots, n.gpus,
  (select count(*)::int from claims c where c.node_id = n.id) as busy,
  n.awaiting_people as "awaitingPeople", n.policy_digest as "policyDigest",
  coalesce((select jsonb_agg(jsonb_build_object('id', k.key_id, 'firstSeenAt', k.first_seen_at, 'replacedAt', k.replaced_at)
    order by k.replaced_at desc nulls first, k.last_seen_at desc, k.key_id)
    from node_keys k where k.node_id = n.id), '[]') as "receiptKeys",
  n.certificate_serial as "certificateSerial", n.certificate_issued_at as "certificateIssuedAt", n.certificate_expires_at as "certificateExpiresAt",
  n.last_seen_at as "lastSeenAt", n.connected_at as "connectedAt", n.created_at as "createdAt",
  n.revoked_at is null and coalesce(n.last_seen_at > now() - $2 * interval '1 millisecond', false) as online
from nodes n where n.site_id = $1 order by n.revoked_at nulls first, n.name`,
};

const DATASETS: Statement = {
  name: 'site-page-datasets',
  text: `
select name, version, digest, has_input as "hasInput", has_reference as "hasReference", has_synthetic as "hasSynthetic", counts, seen_at as "seenAt"
from site_datasets where site_id = $1 order by name, version`,
};

/** What its nodes have, from the queue as well, then what waits for the site. */
const RUNS: Statement = {
  name: 'site-page-runs',
  text: `
select r.id::float8 as id, coalesce(m.id, g.competition_id) as "competitionId", coalesce(m.title, 'Competition ' || g.competition_id) as "competitionTitle",
  p.name as hub, coalesce(u.username, '') as submitter, coalesce(s.is_rehearsal, g.is_rehearsal, false) as "isRehearsal",
  r.state, r.attempt, n.name as node, r.created_at as "createdAt", r.started_at as "startedAt", r.waits_for as "waitsFor", r.waits_until as "waitsUntil"
from (
  (select c.* from nodes h join claims c on c.node_id = h.id where h.site_id = $1)
  union
  (select c.* from claims c where c.node_id is null and c.pool = 'site:' || $1::int order by c.priority desc, c.run_id limit $2)
) c
join runs r on r.id = c.run_id
left join submissions s on s.id = r.submission_id left join users u on u.id = s.owner_id
left join phases f on f.id = s.phase_id left join competitions m on m.id = f.competition_id
left join guest_runs g on g.run_id = r.id left join peers p on p.id = g.peer_id
left join nodes n on n.id = c.node_id
order by c.node_id is null, c.priority desc, c.run_id limit $2`,
};

interface RunRow extends Omit<SiteRun, 'waiting'> {
  readonly waitsFor: WaitReasonName | null;
  readonly waitsUntil: Date | null;
}

type Row<T> = T & { [column: string]: unknown };

/** @param quietMs a node that has not been heard of for so long counts as offline */
export async function readSitePage(
  database: Pick<Database, 'prepared'>,
  dispatch: Pick<Dispatch, 'waitingReasons'>,
  siteId: number,
  quietMs: number,
): Promise<SitePage> {
  const [[site], nodes, datasets, rows] = await Promise.all([
    database.prepared<
      Row<Pick<SitePage, 'name' | 'title' | 'paused' | 'sharesScores' | 'stewards'>> & { waiting: number }
    >(SITE, [siteId]),
    database.prepared<Row<SiteNodeDetail>>(NODES, [siteId, quietMs]),
    database.prepared<Row<SiteDatasetDetail>>(DATASETS, [siteId]),
    database.prepared<Row<RunRow>>(RUNS, [siteId, MOST_RUNS]),
  ]);
  const { waiting, ...shown } = site!;
  const queued = rows.filter(({ state }) => state === 'queued').map(({ id }) => id);
  const reasons = await dispatch.waitingReasons(queued);
  const runs = rows.map(
    ({ waitsFor, waitsUntil, ...run }): SiteRun => ({
      ...run,
      waiting:
        waitSentence({ ...run, waitsFor, waitsUntil, site: shown.title }) ?? reasons.get(run.id) ?? null,
    }),
  );
  return { ...shown, nodes, datasets, runs, moreWaiting: Math.max(0, waiting - queued.length) };
}
