import type { Logger } from 'pino';
import type { Actor } from '../../accounts/access.ts';
import type { Competitions } from '../../competitions/service.ts';
import type { Database } from '../../db/database.ts';
import type { SignedLinks } from '../../http/signed-links.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { KeyRing } from '../../keys/ring.ts';
import type { BoardRequest, Leaderboards } from '../../leaderboards/service.ts';
import type { LiveBus } from '../../live/bus.ts';
import type { Receipts } from '../../receipts/service.ts';
import type { Resources } from '../../resources/service.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { PartialFiles } from '../../storage/partial-files.ts';
import type { Submissions } from '../../submissions/service.ts';
import type { Catalogue } from '../catalogue/service.ts';
import type { Federation } from '../federation.ts';
import type { Agreement } from '../identity/consents.ts';
import type { PeerIdentity } from '../identity/service.ts';
import { Delivering } from './home/delivering.ts';
import { DeliveryKeys } from './home/delivery-keys.ts';
import { PeerFiles } from './home/files.ts';
import { Following } from './home/following.ts';
import { OwnDeliveries } from './home/own-deliveries.ts';
import {
  type ShownBoard,
  type ShownPeerCompetition,
  showBoard,
  showCompetition,
  showWholeBoard,
} from './home/portal.ts';
import { type Reading, Readings } from './home/readings.ts';
import { type PeerReceipts, readReceipts } from './home/receipts.ts';
import { Recovering } from './home/recovering.ts';
import { type MyStanding, type Registration, Registrations } from './home/registrations.ts';
import { PeerSubmissions } from './home/submissions.ts';
import { Entered } from './peer/entered.ts';
import { Entries } from './peer/entries.ts';
import { FileOffers } from './peer/file-offers.ts';
import { Guests } from './peer/guests.ts';
import { OwnEntries } from './peer/own-entries.ts';
import type { PublishedReading } from './wire/submission.ts';

interface Which {
  /** Name of the peer. */
  readonly hub: string;
  /** Number of the competition there. */
  readonly id: number;
}

/** Taking part in competitions of peers, and people of peers taking part here. */
export interface Participation extends AsyncDisposable {
  /** At the peer. */
  readonly guests: Guests;
  readonly entries: Entries;
  readonly entered: Entered;
  readonly fileOffers: FileOffers;

  /** At home. */
  readonly submissions: PeerSubmissions;
  readonly delivering: Delivering;
  readonly following: Following;
  readonly recovering: Recovering;
  readonly files: PeerFiles;
  /** Each minute, and when a process starts: goes on with what killed processes have left behind. */
  tend(): Promise<void>;

  /** @throws PeerCompetitionMissingError */
  competition(actor: Actor, which: Which): Promise<ShownPeerCompetition>;
  /** @throws PeerCompetitionMissingError | PeerCallError */
  board(actor: Actor, request: Which & Omit<BoardRequest, 'limit'>): Promise<Reading<ShownBoard>>;
  /** All of it, to download, as any visitor sees it. @throws PeerCompetitionMissingError | PeerCallError */
  wholeBoard(request: Which & Pick<BoardRequest, 'phaseId' | 'split'>): Promise<Reading<ShownBoard>>;
  /** What people made public of it. @throws PeerCompetitionMissingError | PeerCallError */
  published(
    request: Which & { phaseId?: number | undefined; cursor?: string | undefined },
  ): Promise<Reading<PublishedReading>>;
  /** Behind the scores of a submission that any visitor of the peer sees. @throws PeerCompetitionMissingError | PeerCallError */
  receiptsOf(request: Which & { submissionId: number }): Promise<PeerReceipts>;
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
  resources,
  receipts,
  blobs,
  partials,
  links,
  jobs,
  live,
  deliveryKey,
  maxUploadBytes,
  log,
}: {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly federation: Federation;
  readonly identity: PeerIdentity;
  readonly catalogue: Catalogue;
  readonly competitions: Competitions;
  readonly submissions: Submissions;
  readonly leaderboards: Leaderboards;
  readonly resources: Resources;
  readonly receipts: Receipts;
  readonly blobs: BlobStore;
  readonly partials: PartialFiles;
  readonly links: SignedLinks;
  readonly jobs: Pick<Jobs, 'enqueue'>;
  readonly live: LiveBus;
  /** Secret of this hub. */
  readonly deliveryKey: Buffer;
  readonly maxUploadBytes: number;
  readonly log: Logger;
}): Participation {
  const readings = new Readings({ database, catalogue, calls });
  const registrations = new Registrations({ database, keys, directory, calls, identity, readings });
  const following = new Following({ database, calls, live, log });
  const delivering = new Delivering({
    database,
    blobs,
    keys,
    directory,
    calls,
    identity,
    following,
    jobs,
    live,
    log,
  });
  calls.whenBack((peerId) => delivering.resume(peerId));
  const own = new OwnEntries({ database, identity, submissions });
  const entries = new Entries({ database, blobs, partials, own, resources, submissions, maxUploadBytes });
  const deliveryKeys = new DeliveryKeys(deliveryKey);
  const recovering = new Recovering({
    database,
    directory,
    calls,
    identity,
    keys: deliveryKeys,
    following,
    live,
    log,
  });
  const peerSubmissions = new PeerSubmissions({
    database,
    resources,
    directory,
    calls,
    own: new OwnDeliveries({ database, calls, identity, live }),
    identity,
    jobs,
    live,
    readings,
    registrations,
    delivering,
    following,
    recovering,
    keys: deliveryKeys,
  });

  return {
    entries,
    entered: new Entered({ database, own, submissions, receipts, live }),
    delivering,
    following,
    recovering,
    submissions: peerSubmissions,

    async tend() {
      await delivering.tend();
      await following.tend();
      await entries.tend();
    },

    files: new PeerFiles({
      directory,
      calls,
      identity,
      readings,
      submissions: peerSubmissions,
      maxBytes: maxUploadBytes,
    }),
    fileOffers: new FileOffers({ database, blobs, identity, competitions, submissions, links }),
    guests: new Guests({
      database,
      keys,
      directory,
      identity,
      competitions,
      submissions,
      leaderboards,
      receipts,
    }),

    competition: (actor, { hub, id }) =>
      showCompetition({ directory, readings, registrations }, actor, hub, id),
    board: (actor, request) =>
      showBoard(
        { readings, ownAt: (peerId, phaseId) => peerSubmissions.ownAt(actor, peerId, phaseId) },
        request,
      ),
    wholeBoard: (request) => showWholeBoard(readings, request),
    async published({ hub, id: competitionId, ...page }) {
      const { peerId } = await readings.listed(hub, competitionId);
      return readings.published(peerId, { competitionId, ...page });
    },
    async receiptsOf({ hub, id, submissionId }) {
      const { peerId } = await readings.listed(hub, id);
      return readReceipts(
        { calls, directory },
        peerId,
        (peer) => peer.participation.receiptsOfEntry.query({ submissionId }),
        'list',
      );
    },

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

    async [Symbol.asyncDispose]() {
      await recovering[Symbol.asyncDispose]();
      await following[Symbol.asyncDispose]();
    },
  };
}
