import type { Database, Statement } from '../db/database.ts';
import { REHEARSALS_IN_FLIGHT, REHEARSALS_PER_DAY } from '../dispatch/rehearse.ts';

/** Where and how often somebody can rehearse a phase. */
export interface RehearsalOffer {
  readonly sites: readonly { readonly name: string; readonly title: string; readonly online: boolean }[];
  readonly usedToday: number;
  readonly perDay: number;
  readonly inFlight: number;
  readonly atATime: number;
}

const OFFERING: Statement = {
  name: 'rehearsal-offering-sites',
  text: `
select t.name, t.title,
  exists (select from nodes n where n.site_id = t.id and n.revoked_at is null and n.last_seen_at > now() - interval '1 minute') as online
from sites t
where t.id in (
  select d.site_id from phase_tasks p join tasks k on k.id = p.task_id
  join site_datasets d on d.name = k.site_dataset_name and d.version = k.site_dataset_version
  where p.phase_id = $1 and d.has_synthetic and (t.peer_id is null or (
    k.site_rule -> 'sites' ?| (t.former_names || t.name) and exists (
      select from peer_site_uses u join phases f on f.id = p.phase_id and f.competition_id = u.competition_id
      where u.site_id = t.id and u.dataset_name = d.name and u.dataset_version = d.version))))
order by t.title`,
};

const USED: Statement = {
  name: 'rehearsals-used',
  text: `
select
  coalesce((select used_today from rehearsal_usage where user_id = $1 and day = (now() at time zone 'utc')::date), 0) as "usedToday",
  (select count(*)::int from submissions where owner_id = $1 and is_rehearsal and parent_id is null and status < 'Finished') as "inFlight"`,
};

/** Null when no site has synthetic data for a task of the phase. */
export async function findRehearsalOffer(
  database: Pick<Database, 'prepared'>,
  phaseId: number,
  userId: number,
): Promise<RehearsalOffer | null> {
  const sites = await database.prepared<RehearsalOffer['sites'][number] & { [column: string]: unknown }>(
    OFFERING,
    [phaseId],
  );
  if (sites.length === 0) return null;
  const [used] = await database.prepared<{ usedToday: number; inFlight: number }>(USED, [userId]);
  return { sites, ...used!, perDay: REHEARSALS_PER_DAY, atATime: REHEARSALS_IN_FLIGHT };
}
