import { type Actor, isAdmin } from '../../accounts/access.ts';
import type { ParticipantStatus } from '../../competitions/access.ts';
import { CURRENT_PHASE, FIGURES, STATE } from '../../competitions/listing.ts';
import type { CompetitionState } from '../../competitions/state.ts';
import { containing } from '../../db/containing.ts';
import type { Database } from '../../db/database.ts';
import { decodeCursor, type Page, toPage } from '../../db/page.ts';
import type { Descriptor } from './descriptor.ts';

export interface CatalogueFilter {
  readonly search?: string | undefined;
  readonly state?: CompetitionState | undefined;
  readonly type?: 'competition' | 'benchmark' | undefined;
  /** Name of a hub, this one or a peer. */
  readonly hub?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

/** Where a competition of another hub comes from, and how old what is known of it is. */
export interface Origin {
  readonly hub: string;
  readonly address: string;
  /** When the peer's catalogue was last read to its end; null when it never was. */
  readonly asOf: Date | null;
  /** Not seen again since the peer's catalogue is read anew: the last that is known. */
  readonly isStale: boolean;
  /** Since when it does not answer. */
  readonly unreachableSince: Date | null;
}

export interface CatalogueCard {
  /** The number it has at its own hub. */
  readonly id: number;
  /** Null for this hub's own. */
  readonly origin: Origin | null;
  readonly title: string;
  readonly description: string;
  readonly type: 'competition' | 'benchmark';
  readonly logoUrl: string | null;
  readonly organizer: string;
  readonly reward: string | null;
  readonly state: CompetitionState;
  readonly currentPhase: { readonly name: string; readonly endsAt: Date | null } | null;
  readonly nextStart: Date | null;
  /** Null for those of other hubs. */
  readonly participantCount: number | null;
  readonly submissionCount: number | null;
  readonly myStatus: ParticipantStatus | null;
}

export interface CatalogueFacets {
  /** This hub first, then peers by name; with the other filters as they are. */
  readonly hubs: { name: string; isOwn: boolean; count: number }[];
  readonly states: { state: CompetitionState; count: number }[];
}

/** Peers whose competitions are shown: also while they are paused, or do not answer. */
export const SHOWN_PEERS = `p.state in ('active', 'paused', 'identity_changed') and 'list' = any(p.scopes_got)`;

export const STATE_OF_PEERS = `case when r.open_during @> now() then 'open' when r.open_during && tstzrange(now(), null) then 'upcoming' else 'closed' end`;

/** $1 who asks, $2 whether as an administrator, $3 words, $4 type. Own competitions are those of the hub 0. */
const FOUND = `
  own as (
    select 0 as peer_id, c.id, date_trunc('milliseconds', c.created_at) as listed_at,
      ${STATE} as state
    from competitions c
    where c.deleted_at is null
      and (c.published or $2 or c.created_by = $1
        or exists (select from collaborators k where k.competition_id = c.id and k.user_id = $1)
        or exists (select from participants a where a.competition_id = c.id and a.user_id = $1 and a.status in ('pending', 'approved')))
      and ($3::text is null or c.title ilike $3 or c.description ilike $3)
      and ($4::competition_type is null or c.type = $4)
  ), theirs as (
    select r.peer_id, r.competition_id as id, r.listed_at, ${STATE_OF_PEERS} as state
    from peer_competitions r join peers p on p.id = r.peer_id
    where ${SHOWN_PEERS}
      and ($3::text is null or r.title ilike $3 or r.description ilike $3)
      and ($4::competition_type is null or r.type = $4)
  ), found as (select * from own union all select * from theirs)`;

const PAGE = {
  name: 'catalogue-list',
  text: `
    with ${FOUND}, page as (
      select * from found
      where ($5::text is null or state = $5) and ($6::int is null or peer_id = $6)
        and ($7::timestamptz is null or (listed_at, peer_id, id) < ($7, $8::int, $9::int))
      order by listed_at desc, peer_id desc, id desc
      limit $10
    )
    select f.peer_id as "peerId", f.id, f.listed_at as "listedAt", f.state,
      coalesce(c.title, r.title) as title, coalesce(c.description, r.description) as description, coalesce(c.type, r.type) as type,
      case when c.logo_digest is not null then '/media/logo/' || c.id end as "logoUrl",
      coalesce(nullif(u.display_name, ''), u.username) as organizer, c.reward, m.status as "myStatus",
      current.name as "phaseName", current.ends_at as "phaseEndsAt",
      ${FIGURES},
      r.descriptor, p.name as "peerName", p.address as "peerAddress", y.read_at as "readAt", r.generation <> y.generation as "isStale",
      e.unreachable_since as "unreachableSince"
    from page f
    left join competitions c on f.peer_id = 0 and c.id = f.id
    left join users u on u.id = c.created_by
    left join participants m on m.competition_id = c.id and m.user_id = $1
    ${CURRENT_PHASE}
    left join peer_competitions r on r.peer_id = f.peer_id and r.competition_id = f.id
    left join peers p on p.id = f.peer_id
    left join catalogue_replicas y on y.peer_id = f.peer_id
    left join peer_health e on e.peer_id = f.peer_id
    order by f.listed_at desc, f.peer_id desc, f.id desc`,
};

const COUNTS = {
  name: 'catalogue-counts',
  text: `
    with ${FOUND}
    select f.peer_id as "peerId", p.name as "peerName", f.state, count(*)::int as count
    from found f left join peers p on p.id = f.peer_id
    group by f.peer_id, p.name, f.state`,
};

interface Row {
  peerId: number;
  id: number;
  listedAt: Date;
  state: CompetitionState;
  title: string;
  description: string;
  type: 'competition' | 'benchmark';
  logoUrl: string | null;
  organizer: string | null;
  reward: string | null;
  myStatus: ParticipantStatus | null;
  phaseName: string | null;
  phaseEndsAt: Date | null;
  nextStart: Date | null;
  participantCount: number;
  submissionCount: number;
  descriptor: Descriptor | null;
  peerName: string | null;
  peerAddress: string | null;
  readAt: Date | null;
  isStale: boolean | null;
  unreachableSince: Date | null;
}

interface Count {
  peerId: number;
  peerName: string | null;
  state: CompetitionState;
  count: number;
}

/** This hub's competitions as far as the actor may see them, and those of peers; newest first. */
export async function searchCatalogue(
  database: Database,
  ownName: string,
  actor: Actor,
  filter: CatalogueFilter,
): Promise<Page<CatalogueCard> & { facets: CatalogueFacets }> {
  const limit = filter.limit ?? 24;
  const cursor = decodeCursor(filter.cursor, isCursor);
  const found = [
    actor.kind === 'user' ? actor.user.id : null,
    isAdmin(actor),
    filter.search ? containing(filter.search) : null,
    filter.type ?? null,
  ];
  const counts = await database.prepared<Count & Record<string, unknown>>(COUNTS, found);
  const peerId = await idOfHub(database, ownName, filter.hub);
  const rows = await database.prepared<Row & Record<string, unknown>>(PAGE, [
    ...found,
    filter.state ?? null,
    peerId,
    ...(cursor ?? [null, null, null]),
    limit + 1,
  ]);
  const page = toPage(rows, limit, (row): Cursor => [row.listedAt.toISOString(), row.peerId, row.id]);
  return {
    items: page.items.map((row) => toCard(row, new Date())),
    nextCursor: page.nextCursor,
    facets: toFacets(counts, ownName, filter),
  };
}

/** A hub that is not known has nothing. */
async function idOfHub(database: Database, ownName: string, hub: string | undefined): Promise<number | null> {
  if (hub === undefined) return null;
  if (hub === ownName) return 0;
  const statement = { name: 'catalogue-hub', text: 'select id from peers where name = $1' };
  const [peer] = await database.prepared<{ id: number }>(statement, [hub]);
  return peer?.id ?? -1;
}

function toFacets(counts: readonly Count[], ownName: string, filter: CatalogueFilter): CatalogueFacets {
  const hubs = new Map<string, { name: string; isOwn: boolean; count: number }>();
  const states = new Map<CompetitionState, number>();
  for (const { peerId, peerName, state, count } of counts) {
    const name = peerName ?? ownName;
    const hub = hubs.get(name) ?? { name, isOwn: peerId === 0, count: 0 };
    if (!filter.state || filter.state === state) hub.count += count;
    hubs.set(name, hub);
    if (!filter.hub || filter.hub === name) states.set(state, (states.get(state) ?? 0) + count);
  }
  return {
    hubs: [...hubs.values()].sort(
      (a, b) => Number(b.isOwn) - Number(a.isOwn) || a.name.localeCompare(b.name),
    ),
    states: [...states].map(([state, count]) => ({ state, count })),
  };
}

function toCard(row: Row, now: Date): CatalogueCard {
  const { id, state, title, description, type } = row;
  if (row.descriptor && row.peerName !== null && row.peerAddress !== null) {
    return {
      ...{ id, state, title, description, type },
      origin: {
        hub: row.peerName,
        address: row.peerAddress,
        asOf: row.readAt,
        isStale: row.isStale ?? true,
        unreachableSince: row.unreachableSince,
      },
      logoUrl: null,
      organizer: row.descriptor.organizer,
      reward: row.descriptor.reward,
      ...timesOf(row.descriptor, now),
      participantCount: null,
      submissionCount: null,
      myStatus: null,
    };
  }
  const { logoUrl, organizer, reward, phaseName, phaseEndsAt, nextStart, participantCount, submissionCount } =
    row;
  return {
    ...{ id, state, title, description, type, logoUrl, reward, nextStart, participantCount, submissionCount },
    origin: null,
    organizer: organizer ?? '',
    currentPhase: phaseName === null ? null : { name: phaseName, endsAt: phaseEndsAt },
    myStatus: row.myStatus,
  };
}

/** What is on now and what comes next, of a competition of a peer. */
function timesOf({ phases }: Descriptor, now: Date): Pick<CatalogueCard, 'currentPhase' | 'nextStart'> {
  const times = phases.map(({ name, startsAt, endsAt }) => ({
    name,
    startsAt: new Date(startsAt),
    endsAt: endsAt === null ? null : new Date(endsAt),
  }));
  const current = times.find(({ startsAt, endsAt }) => startsAt <= now && (!endsAt || endsAt > now));
  const next = times.map(({ startsAt }) => startsAt).filter((start) => start > now);
  return {
    currentPhase: current ? { name: current.name, endsAt: current.endsAt } : null,
    nextStart: next.length > 0 ? new Date(Math.min(...next.map(Number))) : null,
  };
}

type Cursor = [listedAt: string, peerId: number, id: number];

function isCursor(value: unknown): value is Cursor {
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    typeof value[0] === 'string' &&
    !Number.isNaN(Date.parse(value[0])) &&
    Number.isSafeInteger(value[1]) &&
    Number.isSafeInteger(value[2])
  );
}
