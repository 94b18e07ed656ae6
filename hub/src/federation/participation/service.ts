import type { Actor } from '../../accounts/access.ts';
import type { Competitions } from '../../competitions/service.ts';
import type { Database } from '../../db/database.ts';
import type { KeyRing } from '../../keys/ring.ts';
import type { BoardRequest, Leaderboards } from '../../leaderboards/service.ts';
import type { Submissions } from '../../submissions/service.ts';
import type { Catalogue } from '../catalogue/service.ts';
import type { Federation } from '../federation.ts';
import type { Agreement } from '../identity/consents.ts';
import type { PeerIdentity } from '../identity/service.ts';
import { type ShownPeerCompetition, showBoard, showCompetition } from './home/portal.ts';
import { Readings } from './home/readings.ts';
import { type MyStanding, type Registration, Registrations } from './home/registrations.ts';
import { Guests } from './peer/guests.ts';

interface Which {
  /** Name of the peer. */
  readonly hub: string;
  /** Number of the competition there. */
  readonly id: number;
}

/** Taking part in competitions of peers, and people of peers taking part here. */
export interface Participation {
  /** At the peer. */
  readonly guests: Guests;

  /** @throws PeerCompetitionMissingError */
  competition(actor: Actor, which: Which): Promise<ShownPeerCompetition>;
  /** @throws PeerCompetitionMissingError | PeerCallError */
  board(actor: Actor, request: Which & Omit<BoardRequest, 'limit'>): ReturnType<typeof showBoard>;
  /** What the person agreed that the peer is told, and where they stand there; null for what is not. */
  mine(
    actor: Actor,
    which: Which,
  ): Promise<{ peerId: number; agreement: Agreement | null; standing: MyStanding | null }>;
  /**
   * @param termsDigest of the terms that the person has seen
   * @throws PeerCompetitionMissingError | ConsentMissingError | PeerTermsChangedError | PeerCallError
   */
  register(actor: Actor, request: Which & { termsDigest: string }): Promise<Pick<Registration, 'status'>>;
  leave(actor: Actor, which: Which): Promise<void>;
}

export function createParticipation({
  database,
  keys,
  federation: { directory, peers: calls },
  identity,
  catalogue,
  competitions,
  submissions,
  leaderboards,
}: {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly federation: Federation;
  readonly identity: PeerIdentity;
  readonly catalogue: Catalogue;
  readonly competitions: Competitions;
  readonly submissions: Submissions;
  readonly leaderboards: Leaderboards;
}): Participation {
  const readings = new Readings({ database, catalogue, calls });
  const registrations = new Registrations({ database, keys, directory, calls, identity, readings });

  return {
    guests: new Guests({ database, keys, directory, identity, competitions, submissions, leaderboards }),

    competition: (actor, { hub, id }) => showCompetition({ readings, registrations }, actor, hub, id),
    board: (_actor, request) => showBoard(readings, request),

    async mine(actor, { hub, id }) {
      const listed = await readings.listed(hub, id);
      const [agreement, standing] = await Promise.all([
        identity.agreements.find(actor, listed.peerId),
        registrations.standing(actor, listed),
      ]);
      return { peerId: listed.peerId, agreement, standing };
    },

    async register(actor, { hub, id, termsDigest }) {
      const { status } = await registrations.register(actor, await readings.listed(hub, id), termsDigest);
      return { status };
    },

    leave: async (actor, { hub, id }) => registrations.leave(actor, await readings.listed(hub, id)),
  };
}
