import type { Database, Transaction } from '../../db/database.ts';
import type { KeyRing } from '../../keys/ring.ts';
import { PROTOCOLS } from '../hub-document.ts';
import { type Audience, isNobody, NOBODY, without } from './audience.ts';
import { type Descriptor, MOST } from './descriptor.ts';
import { signEntry } from './entry.ts';
import { catalogueEntries } from './schema.ts';

/** Competitions that are compared in one transaction, by their numbers: a pass over many looks at each once. */
const IN_ONE_TRANSACTION = 500;
const NO_END = 2 ** 31 - 1;

/** The first competition of the next stretch. */
const NEXT_STRETCH = {
  name: 'catalogue-next-stretch',
  text: 'select id from competitions where id > $1 order by id offset $2 limit 1',
};

const UTC = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;
const utc = (column: string) => `to_char(${column} at time zone 'UTC', ${UTC})`;

/**
 * Competitions of which the catalogue says something else than is so now, with what it should say. What is to be told is put together and compared where the
 * data is: of 50,000 competitions that have not changed, none leaves the database.
 */
const DIFFERENCES = {
  name: 'catalogue-differences',
  text: `
    with wanted as (
      select c.id, coalesce(a.visibility, 'all') <> 'chosen' as everyone_but,
        case when a.visibility = 'chosen' then a.peer_ids else '{}' end as peer_ids,
        jsonb_build_object(
          'id', c.id,
          'title', left(c.title, ${MOST.title}),
          'description', left(c.description, ${MOST.description}),
          'type', c.type,
          'organizer', left(coalesce(nullif(u.display_name, ''), u.username), ${MOST.organizer}),
          'reward', left(c.reward, ${MOST.reward}),
          'registration', case when c.registration_auto_approve then 'open' else 'approval' end,
          'requires', coalesce((select jsonb_agg(left(r.value ->> 'name', ${MOST.tag}) order by r.value ->> 'name')
            from jsonb_array_elements(case when jsonb_typeof(c.required_attributes) = 'array'
              then c.required_attributes else '[]' end) r), '[]'),
          'tags', '[]'::jsonb,
          'phases', coalesce((
            select jsonb_agg(jsonb_build_object('id', h.id, 'name', left(h.name, ${MOST.phaseName}),
              'startsAt', ${utc('h.starts_at')}, 'endsAt', ${utc('h.ends_at')}) order by h.index)
            from (select * from phases where competition_id = c.id order by index limit ${MOST.phases}) h), '[]'),
          'sites', (
            select jsonb_build_object('count', count(distinct d.site_id),
              'datasets', coalesce(jsonb_agg(distinct left(t.site_dataset_name || '@' || t.site_dataset_version, ${MOST.datasetName}))
                filter (where t.site_dataset_name is not null), '[]'))
            from phases h join phase_tasks pt on pt.phase_id = h.id join tasks t on t.id = pt.task_id
            left join site_datasets d on d.name = t.site_dataset_name and d.version = t.site_dataset_version
            where h.competition_id = c.id),
          'createdAt', ${utc('c.created_at')}
        ) as content
      from competitions c
      join users u on u.id = c.created_by
      left join catalogue_audiences a on a.competition_id = c.id
      where c.id > $3 and c.id <= $4 and c.published and c.deleted_at is null and coalesce(a.visibility, 'all') <> 'none'
    ), last as (
      select distinct on (competition_id) competition_id, kind, everyone_but, peer_ids, content_digest, key_id
      from catalogue_entries where competition_id > $3 and competition_id <= $4 order by competition_id, sequence desc
    )
    select coalesce(w.id, l.competition_id) as id, w.content, md5($2::text || w.content::text) as digest,
      w.everyone_but as "wantedBut", w.peer_ids as "wantedIds",
      coalesce(l.kind <> 'withdraw', false) as "isListed", l.everyone_but as "listedBut", l.peer_ids as "listedIds"
    from wanted w
    full join last l on l.competition_id = w.id
    where case
      when l.kind is null or l.kind = 'withdraw' then w.id is not null and (w.everyone_but or w.peer_ids <> '{}')
      else w.id is null or md5($2::text || w.content::text) <> l.content_digest or w.everyone_but <> l.everyone_but or w.peer_ids <> l.peer_ids
        or not l.key_id = any($1)
      end
    order by 1`,
};

interface Difference {
  id: number;
  content: Descriptor | null;
  digest: string | null;
  wantedBut: boolean | null;
  wantedIds: number[] | null;
  isListed: boolean;
  listedBut: boolean | null;
  listedIds: number[] | null;
}

/**
 * Brings the catalogue up to date by comparing what it says with what is so. Nothing that changes a competition has to know of the catalogue, and nothing that
 * is forgotten there is missed here: dates, sites, attributes, the hub's address, a key that is no more. What should show at once asks for it with a job in its
 * own transaction; each minute it happens anyway.
 */
export class Publisher {
  readonly #database: Database;
  readonly #keys: KeyRing;
  readonly #origin: string;

  constructor(parts: { readonly database: Database; readonly keys: KeyRing; readonly origin: string }) {
    this.#database = parts.database;
    this.#keys = parts.keys;
    this.#origin = parts.origin;
  }

  /** @returns how many entries were added */
  async publish(signal?: AbortSignal): Promise<number> {
    let added = 0;
    let after: number | null = 0;
    while (after !== null && !signal?.aborted) {
      const stretch: Stretch = await this.#publishAfter(after);
      added += stretch.entries;
      after = stretch.last;
    }
    return added;
  }

  #publishAfter(after: number): Promise<Stretch> {
    return this.#database.transaction((tx) => this.#publishStretch(tx, after));
  }

  async #publishStretch(tx: Transaction, after: number): Promise<Stretch> {
    // Entries are numbered in the order in which they can be seen.
    await tx.prepared({ name: 'catalogue-lock', text: 'select pg_advisory_xact_lock(7340512004)' }, []);
    const keyIds = this.#keys.chain.map(({ id }) => id);
    const about = `${PROTOCOLS.at(-1)} ${this.#keys.rootId} ${this.#origin} `;
    const [next] = await tx.prepared<{ id: number }>(NEXT_STRETCH, [after, IN_ONE_TRANSACTION]);
    const last = next ? next.id - 1 : null;
    const found = await tx.prepared<Difference>(DIFFERENCES, [keyIds, about, after, last ?? NO_END]);
    if (found.length === 0) return { entries: 0, last };
    const [newest] = await tx.prepared<{ sequence: string | number }>(
      {
        name: 'catalogue-last',
        text: 'select coalesce(max(sequence), 0) as sequence from catalogue_entries',
      },
      [],
    );
    let sequence = Number(newest!.sequence);
    const rows: (typeof catalogueEntries.$inferInsert)[] = [];
    for (const difference of found) {
      for (const told of whatToTell(difference)) {
        sequence += 1;
        rows.push(await this.#entry(difference, told, sequence));
      }
    }
    await tx.queries.insert(catalogueEntries).values(rows);
    return { entries: rows.length, last };
  }

  async #entry(
    { id, content, digest }: Difference,
    { kind, audience }: Told,
    sequence: number,
  ): Promise<typeof catalogueEntries.$inferInsert> {
    const at = new Date();
    const isGone = kind === 'withdraw';
    const entry = await signEntry(this.#keys, {
      format: 'weir-catalogue/1',
      hub: this.#keys.rootId,
      origin: this.#origin,
      sequence,
      kind,
      competition: id,
      at: at.toISOString(),
      descriptor: isGone ? null : content,
    });
    const contentDigest = isGone ? null : digest;
    const { everyoneBut, peerIds } = audience;
    return {
      ...entry,
      sequence,
      competitionId: id,
      kind,
      contentDigest,
      at,
      everyoneBut,
      peerIds: [...peerIds],
    };
  }
}

interface Stretch {
  /** How many were added. */
  readonly entries: number;
  /** The last number that was looked at; null at the end of all. */
  readonly last: number | null;
}

interface Told {
  readonly kind: 'create' | 'change' | 'withdraw';
  readonly audience: Audience;
}

/** Who may not see it any more is told of a withdrawal, everybody else what it is now. */
function whatToTell({ isListed, listedBut, listedIds, content, wantedBut, wantedIds }: Difference): Told[] {
  const before = isListed ? toAudience(listedBut, listedIds) : NOBODY;
  const after = content ? toAudience(wantedBut, wantedIds) : NOBODY;
  const losing = without(before, after);
  const told: Told[] = [];
  if (!isNobody(losing)) told.push({ kind: 'withdraw', audience: losing });
  if (!isNobody(after)) told.push({ kind: isListed ? 'change' : 'create', audience: after });
  return told;
}

function toAudience(everyoneBut: boolean | null, peerIds: number[] | null): Audience {
  return { everyoneBut: everyoneBut ?? false, peerIds: peerIds ?? [] };
}
