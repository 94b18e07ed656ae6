import { eq } from 'drizzle-orm';
import type { Logger } from 'pino';
import { type Actor, requireUser } from '../../accounts/access.ts';
import type { CompetitionGate } from '../../competitions/gate.ts';
import { type CompetitionState, type PhaseState, stateOfPhase } from '../../competitions/state.ts';
import type { Config } from '../../config/config.ts';
import type { Database, Transaction } from '../../db/database.ts';
import type { Page } from '../../db/page.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { KeyRing } from '../../keys/ring.ts';
import type { Federation } from '../federation.ts';
import type { Descriptor } from './descriptor.ts';
import type { CataloguePage } from './entry.ts';
import { AudienceError, PeerCompetitionMissingError } from './errors.ts';
import { readFeed } from './feed.ts';
import { Publisher } from './publisher.ts';
import { ReplicaStore } from './replica-store.ts';
import { Replication } from './replication.ts';
import { catalogueAudiences } from './schema.ts';
import {
  type CatalogueCard,
  type CatalogueFacets,
  type CatalogueFilter,
  type Origin,
  SHOWN_PEERS,
  STATE_OF_PEERS,
  searchCatalogue,
} from './search.ts';

/** Which peers see a competition once it is published. */
export interface ChosenAudience {
  readonly visibility: 'all' | 'chosen' | 'none';
  /** Names of peers, with `chosen`. */
  readonly hubs: readonly string[];
}

/** A competition of another hub, from what this hub has copied. */
export interface PeerCompetition extends Omit<Descriptor, 'phases'> {
  readonly phases: (Descriptor['phases'][number] & { readonly state: PhaseState })[];
  readonly peerId: number;
  readonly origin: Origin;
  /** Its page at its own hub. */
  readonly address: string;
  readonly state: CompetitionState;
}

export interface Catalogue {
  /** Competitions of this hub and of its peers together. */
  list(actor: Actor, filter: CatalogueFilter): Promise<Page<CatalogueCard> & { facets: CatalogueFacets }>;
  /** @throws PeerCompetitionMissingError */
  get(hub: string, id: number): Promise<PeerCompetition>;
  /** With the names of the peers there are to choose from. For organizers. */
  audience(actor: Actor, competitionId: number): Promise<ChosenAudience & { peers: string[] }>;
  /** Peers learn of it when they ask next. For organizers. @throws AudienceError */
  setAudience(actor: Actor, competitionId: number, audience: ChosenAudience): Promise<void>;

  /** What a peer reads. */
  feed(peerId: number, from: { readonly after: number; readonly limit: number }): Promise<CataloguePage>;
  /** Has a peer's catalogue read now, rather than within a minute. */
  readSoon(peerId: number): Promise<void>;
  readonly publisher: Publisher;
  /** Brings the own catalogue up to date, if any peer may read it: whoever may from now on finds it within a minute. */
  publish(signal: AbortSignal): Promise<void>;
  readonly replication: Replication;
  /** Each minute: the own catalogue is brought up to date, and those of peers are read. */
  tend(): Promise<void>;
}

const GET = {
  name: 'catalogue-get',
  text: `
    select r.peer_id as "peerId", r.descriptor, ${STATE_OF_PEERS} as state, p.name, p.address, y.read_at as "readAt",
      r.generation <> y.generation as "isStale", e.unreachable_since as "unreachableSince"
    from peer_competitions r
    join peers p on p.id = r.peer_id
    join catalogue_replicas y on y.peer_id = r.peer_id
    left join peer_health e on e.peer_id = r.peer_id
    where p.name = $1 and r.competition_id = $2 and ${SHOWN_PEERS}`,
};

interface Found {
  peerId: number;
  descriptor: Descriptor;
  state: CompetitionState;
  name: string;
  address: string;
  readAt: Date | null;
  isStale: boolean;
  unreachableSince: Date | null;
}

export function createCatalogue({
  database,
  keys,
  federation,
  competitions,
  jobs,
  config,
  log,
}: {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly federation: Federation;
  readonly competitions: { readonly gate: CompetitionGate };
  readonly jobs: Pick<Jobs, 'enqueue'>;
  readonly config: Config;
  readonly log: Logger;
}): Catalogue {
  const { directory, peers: calls, relations } = federation;
  const store = new ReplicaStore(database, relations);
  const publisher = new Publisher({ database, keys, origin: config.publicUrl });
  const replication = new Replication({ store, directory, calls, log });

  async function activePeers() {
    return (await directory.list()).filter(({ state }) => state === 'active' || state === 'paused');
  }

  /** One after the other: a slow peer takes no more than one worker. */
  function read(tx: Transaction, peerId: number): Promise<void> {
    return jobs.enqueue(tx, 'read-catalogue', { peerId }, `read-catalogue:${peerId}`, {
      queue: 'catalogues',
    });
  }

  return {
    publisher,
    replication,
    async publish(signal) {
      const mayRead = (await activePeers()).some(({ scopesGiven }) => scopesGiven.includes('list'));
      if (mayRead) await publisher.publish(signal);
    },

    list: (actor, filter) => searchCatalogue(database, config.name, actor, filter),
    feed: (peerId, from) => readFeed(database, peerId, from),

    async get(hub, id) {
      const [found] = await database.prepared<Found & Record<string, unknown>>(GET, [hub, id]);
      if (!found) throw new PeerCompetitionMissingError();
      const { peerId, descriptor, state, name, address, readAt, isStale, unreachableSince } = found;
      return {
        ...descriptor,
        phases: descriptor.phases.map((phase) => ({ ...phase, state: stateNow(phase) })),
        peerId,
        state,
        address: `${address}/competitions/${id}`,
        origin: { hub: name, address, asOf: readAt, isStale, unreachableSince },
      };
    },

    async audience(actor, competitionId) {
      await competitions.gate.manage(actor, competitionId);
      const [chosen] = await database.queries
        .select()
        .from(catalogueAudiences)
        .where(eq(catalogueAudiences.competitionId, competitionId));
      const all = await directory.list();
      const names = (await activePeers()).map(({ name }) => name);
      const hubs = all.filter(({ id }) => chosen?.peerIds.includes(id)).map(({ name }) => name);
      return { visibility: chosen?.visibility ?? 'all', hubs, peers: names };
    },

    async setAudience(actor, competitionId, { visibility, hubs }) {
      await competitions.gate.manage(actor, competitionId);
      const known = await directory.list();
      const chosen = visibility === 'chosen' ? [...new Set(hubs)] : [];
      const peerIds = known
        .filter(({ name }) => chosen.includes(name))
        .map(({ id }) => id)
        .sort((a, b) => a - b);
      if (peerIds.length !== chosen.length) throw new AudienceError();
      const values = { visibility, peerIds, changedBy: requireUser(actor).id, changedAt: new Date() };
      await database.transaction(async (tx) => {
        await tx.queries
          .insert(catalogueAudiences)
          .values({ competitionId, ...values })
          .onConflictDoUpdate({ target: catalogueAudiences.competitionId, set: values });
        await jobs.enqueue(tx, 'publish-catalogue', {}, 'publish-catalogue');
      });
    },

    async tend() {
      const due = await replication.due();
      await database.transaction(async (tx) => {
        await jobs.enqueue(tx, 'publish-catalogue', {}, 'publish-catalogue');
        for (const { id } of due) await read(tx, id);
      });
    },

    readSoon: (peerId) => database.transaction((tx) => read(tx, peerId)),
  };
}

function stateNow({ startsAt, endsAt }: Descriptor['phases'][number]): PhaseState {
  return stateOfPhase(
    { startsAt: new Date(startsAt), endsAt: endsAt === null ? null : new Date(endsAt) },
    new Date(),
  );
}
