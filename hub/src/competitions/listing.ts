import { type Actor, isAdmin } from '../accounts/access.ts';
import { containing } from '../db/containing.ts';
import type { Database } from '../db/database.ts';
import { decodeIdCursor, type Page, toPage } from '../db/page.ts';
import type { ParticipantStatus } from './access.ts';
import type { CompetitionState } from './state.ts';

export interface CompetitionFilter {
  readonly search?: string | undefined;
  readonly state?: CompetitionState | 'all' | undefined;
  readonly type?: 'competition' | 'benchmark' | undefined;
  /** Those that the actor organizes. */
  readonly mine?: boolean | undefined;
  /** Those in which the actor takes part, or asked to. */
  readonly joined?: boolean | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export interface CompetitionCard {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly type: 'competition' | 'benchmark';
  readonly logoUrl: string | null;
  /** Display name, or else username, of who made it. */
  readonly organizer: string;
  readonly createdBy: string;
  readonly reward: string | null;
  readonly state: CompetitionState;
  readonly currentPhase: { readonly name: string; readonly endsAt: Date | null } | null;
  /** When the next phase starts. */
  readonly nextStart: Date | null;
  readonly participantCount: number;
  readonly submissionCount: number;
  readonly createdAt: Date;
  readonly myStatus: ParticipantStatus | null;
  readonly mine: boolean;
}

/** State of a competition `c`, in a statement: a phase includes the moment at which it starts, and not the one at which it ends. */
export const STATE = `case
    when not c.published then 'draft'
    when exists (select from phases h where h.competition_id = c.id and h.starts_at <= now() and (h.ends_at is null or h.ends_at > now())) then 'open'
    when exists (select from phases h where h.competition_id = c.id and h.starts_at > now()) then 'upcoming'
    else 'closed'
  end`;

/** Of a competition `c`: what its card says beside its own columns and its current phase. */
export const FIGURES = `(select min(h.starts_at) from phases h where h.competition_id = c.id and h.starts_at > now()) as "nextStart",
  (select count(*)::int from participants a where a.competition_id = c.id and a.status = 'approved') as "participantCount",
  (select count(*)::int from submissions s join phases h on h.id = s.phase_id
    where h.competition_id = c.id and s.parent_id is null and s.deleted_at is null) as "submissionCount"`;

/** The phase of a competition `c` that is open now, the first of several, as `current`. */
export const CURRENT_PHASE = `left join lateral (
    select h.name, h.ends_at from phases h
    where h.competition_id = c.id and h.starts_at <= now() and (h.ends_at is null or h.ends_at > now())
    order by h.index limit 1
  ) current on true`;

const LIST = {
  name: 'competitions-list',
  text: `
    with visible as (
      select c.*, p.status as my_status, c.created_by = $1 or k.user_id is not null as mine,
        ${STATE} as state
      from competitions c
      left join participants p on p.competition_id = c.id and p.user_id = $1
      left join collaborators k on k.competition_id = c.id and k.user_id = $1
      where c.deleted_at is null
        and (c.published or $2 or c.created_by = $1 or k.user_id is not null or p.status in ('pending', 'approved'))
        and ($3::text is null or c.title ilike $3 or c.description ilike $3)
        and ($4::competition_type is null or c.type = $4)
        and (not $5 or c.created_by = $1 or k.user_id is not null)
        and (not $6 or p.status in ('pending', 'approved'))
        and ($7::int is null or c.id < $7)
    ), page as (
      select * from visible where $8::text is null or state = $8 order by id desc limit $9
    )
    select c.id, c.title, c.description, c.type, case when c.logo_digest is not null then '/media/logo/' || c.id end as "logoUrl",
      coalesce(nullif(u.display_name, ''), u.username) as organizer, u.username as "createdBy", c.reward, c.state, c.created_at as "createdAt",
      current.name as "phaseName", current.ends_at as "phaseEndsAt",
      ${FIGURES},
      c.my_status as "myStatus", c.mine
    from page c
    join users u on u.id = c.created_by
    ${CURRENT_PHASE}
    order by c.id desc`,
};

type Row = Omit<CompetitionCard, 'currentPhase'> & { phaseName: string | null; phaseEndsAt: Date | null };

/** Newest first: published competitions, the actor's own, those they have joined; for administrators, all. */
export async function listCompetitions(
  database: Database,
  actor: Actor,
  filter: CompetitionFilter,
): Promise<Page<CompetitionCard>> {
  const limit = filter.limit ?? 20;
  const state = filter.state === 'all' ? null : filter.state;
  const rows = await database.prepared<Row>(LIST, [
    actor.kind === 'user' ? actor.user.id : null,
    isAdmin(actor),
    filter.search ? containing(filter.search) : null,
    filter.type ?? null,
    filter.mine ?? false,
    filter.joined ?? false,
    decodeIdCursor(filter.cursor),
    state ?? null,
    limit + 1,
  ]);
  const cards = rows.map(({ phaseName, phaseEndsAt, ...card }) => ({
    ...card,
    mine: card.mine ?? false,
    currentPhase: phaseName === null ? null : { name: phaseName, endsAt: phaseEndsAt },
  }));
  return toPage(cards, limit, ({ id }) => id);
}
