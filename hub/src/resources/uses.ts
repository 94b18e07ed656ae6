import type { Transaction } from '../db/database.ts';

type Connection = Pick<Transaction, 'prepared'>;

/** What a resource is needed for. As long as there is something, the resource cannot be deleted. */
export interface ResourceUse {
  readonly kind: 'task' | 'former_version' | 'solution' | 'phase' | 'submission' | 'dump' | 'creation';
  /** For people: the name of what uses it. */
  readonly title: string;
  readonly taskId: number | null;
  readonly competitionId: number | null;
}

/** Submissions are looked for among those of whom the resource belongs to: nobody submits what is somebody else's. */
const USES = {
  name: 'resource-uses',
  text: `
    select r.id as "resourceId", u.* from resources r cross join lateral (
      select 'task' as kind, t.name as title, t.id as "taskId", null::int as "competitionId" from tasks t
      where t.deleted_at is null and r.id in (t.scoring_program_id, t.ingestion_program_id, t.input_data_id, t.reference_data_id)
      union all
      select 'former_version', t.name || ', version ' || v.version, t.id, null from task_versions v join tasks t on t.id = v.task_id
      where t.deleted_at is null and r.id in (v.scoring_program_id, v.ingestion_program_id, v.input_data_id, v.reference_data_id)
      union all
      select 'solution', t.name, t.id, null from solutions s join tasks t on t.id = s.task_id where s.resource_id = r.id and t.deleted_at is null
      union all
      select 'phase', c.title || ': ' || p.name, null, c.id from phases p join competitions c on c.id = p.competition_id
      where c.deleted_at is null and r.id in (p.public_data_id, p.starting_kit_id)
      union all
      select 'dump', c.title, null, c.id from competition_dumps d join competitions c on c.id = d.competition_id
      where d.resource_id = r.id and c.deleted_at is null
      union all
      select 'creation', r.file_name, null, null from creations n where n.resource_id = r.id and n.status = 'Starting'
      union all
      select distinct 'submission', c.title || ': ' || p.name, null::int, c.id
      from submissions s join phases p on p.id = s.phase_id join competitions c on c.id = p.competition_id
      where s.owner_id = r.created_by and s.resource_id = r.id and s.parent_id is null and s.deleted_at is null and c.deleted_at is null
    ) u
    where r.id = any($1::int[]) order by r.id, u.kind, u.title`,
};

/** By resource id; those that nothing uses are left out. */
export async function findUses(
  connection: Connection,
  resourceIds: readonly number[],
): Promise<Map<number, ResourceUse[]>> {
  if (resourceIds.length === 0) return new Map();
  const rows = await connection.prepared<ResourceUse & { resourceId: number }>(USES, [resourceIds]);
  const uses = new Map<number, ResourceUse[]>();
  for (const { resourceId, kind, title, taskId, competitionId } of rows)
    uses.set(resourceId, [...(uses.get(resourceId) ?? []), { kind, title, taskId, competitionId }]);
  return uses;
}

const OPENED = {
  name: 'resource-opened-to',
  text: `
    select exists (
      select from phases p
      join competitions c on c.id = p.competition_id and c.deleted_at is null
      cross join lateral (
        select array(select user_id from collaborators k where k.competition_id = c.id) || c.created_by as organizers
      ) o
      cross join lateral (
        select $2 = any(o.organizers) as organizes,
          p.starts_at <= now() and exists (
            select from participants m where m.competition_id = c.id and m.user_id = $2 and m.status = 'approved'
          ) as takes_part
      ) me
      where (me.organizes or me.takes_part) and (
        $1 in (p.public_data_id, p.starting_kit_id)
        or exists (
          select from phase_tasks pt join tasks t on t.id = pt.task_id where pt.phase_id = p.id and (
            c.make_programs_available and $1 in (t.scoring_program_id, t.ingestion_program_id)
            or c.make_input_data_available and $1 = t.input_data_id
            or me.organizes and $3 = any(o.organizers) and (
              $1 in (t.scoring_program_id, t.ingestion_program_id, t.input_data_id, t.reference_data_id)
              or exists (select from solutions s where s.task_id = t.id and s.resource_id = $1)
            )
          )
        )
      )
    ) as opened`,
};

/**
 * Whether a competition opens the resource to somebody: to organizers what their phases and tasks use and one of them has uploaded; to participants, once
 * the phase has begun, its public data and starting kit, and the programs and input data that the competition makes available.
 */
export async function isOpenedTo(
  connection: Connection,
  resource: { readonly id: number; readonly createdBy: number },
  userId: number,
): Promise<boolean> {
  const [row] = await connection.prepared<{ opened: boolean }>(OPENED, [
    resource.id,
    userId,
    resource.createdBy,
  ]);
  return row?.opened ?? false;
}
