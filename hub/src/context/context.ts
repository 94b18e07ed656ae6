import { join } from 'node:path';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { Institutions } from '../accounts/oidc/service.ts';
import { type Accounts, createAccounts } from '../accounts/service.ts';
import { type Competitions, createCompetitions } from '../competitions/service.ts';
import type { Config } from '../config/config.ts';
import type { Secrets } from '../config/secrets.ts';
import { type Creations, createCreations } from '../creations/service.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { Dispatcher } from '../dispatch/service.ts';
import { createDumps, type Dumps } from '../dumps/service.ts';
import { type Catalogue, createCatalogue } from '../federation/catalogue/service.ts';
import { createEvaluation, type Evaluation } from '../federation/evaluation/service.ts';
import { createFederation, type Federation } from '../federation/federation.ts';
import { createPeerIdentity, type PeerIdentity, signOutPeopleOf } from '../federation/identity/service.ts';
import { createParticipation, type Participation } from '../federation/participation/service.ts';
import { createSignedLinks, type SignedLinks } from '../http/signed-links.ts';
import { Jobs } from '../jobs/jobs.ts';
import { KeyRing } from '../keys/ring.ts';
import { Boards } from '../leaderboards/boards.ts';
import { createLeaderboards, type Leaderboards } from '../leaderboards/service.ts';
import { type LiveBus, LocalLiveBus } from '../live/bus.ts';
import { LiveRelay } from '../live/relay.ts';
import { createReceiptDesk, createReceipts, type ReceiptDesk, type Receipts } from '../receipts/service.ts';
import { createResources, type Resources } from '../resources/service.ts';
import { type Authority, loadAuthority } from '../sites/authority.ts';
import { createSites, type Sites } from '../sites/service.ts';
import { createStewardship, type Stewardship } from '../sites/stewardship.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { DiskBlobStore } from '../storage/disk-blob-store.ts';
import { PartialFiles } from '../storage/partial-files.ts';
import { createSubmissions, type Submissions } from '../submissions/service.ts';
import { createTasks, type Tasks } from '../tasks/service.ts';

/** Everything of one hub process, built once and passed explicitly. Parts take only what they name. */
export interface HubContext extends AsyncDisposable {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly log: Logger;
  /** Aborted when the process begins to stop: whatever waits or streams ends. */
  readonly stopping: AbortSignal;
  readonly metrics: Registry;
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly links: SignedLinks;
  readonly live: LiveBus;
  readonly jobs: Jobs;
  readonly accounts: Accounts;
  readonly institutions: Institutions;
  readonly resources: Resources;
  readonly competitions: Competitions;
  readonly creations: Creations;
  readonly dumps: Dumps;
  readonly submissions: Submissions;
  readonly leaderboards: Leaderboards;
  readonly boards: Boards;
  readonly keys: KeyRing;
  readonly federation: Federation;
  readonly identity: PeerIdentity;
  readonly catalogue: Catalogue;
  readonly participation: Participation;
  readonly evaluation: Evaluation;
  readonly receipts: Receipts;
  readonly receiptDesk: ReceiptDesk;
  readonly authority: Authority;
  readonly sites: Sites;
  readonly stewardship: Stewardship;
  readonly tasks: Tasks;
  readonly dispatch: Dispatcher;
}

/** What tests may bring along instead. */
export type ContextOverrides = Partial<Pick<HubContext, 'blobs' | 'live'>>;

export interface ContextParts {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly databaseUrl: string;
  readonly log: Logger;
  readonly stopping: AbortSignal;
  readonly overrides?: ContextOverrides;
}

/** Builds what a hub consists of, in the order of its dependencies. Nothing runs or listens yet. */
export async function createContext({
  config,
  secrets,
  databaseUrl,
  log,
  stopping,
  overrides = {},
}: ContextParts): Promise<HubContext> {
  const blobs = overrides.blobs ?? (await DiskBlobStore.open(join(config.home, 'blobs')));
  const database = openDatabase(databaseUrl, log);
  const bus: LocalLiveBus = new LocalLiveBus((topics) => relay.send(topics));
  const relay = new LiveRelay(databaseUrl, log, (topics) => bus.receive(topics));
  const live = overrides.live ?? bus;
  const links = createSignedLinks(secrets.linkKey);
  const jobs = new Jobs(database, log);
  const secureCookie = config.publicUrl.startsWith('https:');
  const accounts = createAccounts({ database, log, secureCookie });
  const resources = createResources({ database, blobs, links, limits: config.storage, log });
  const boards = new Boards();
  const authority = await loadAuthority(database, secrets.sealingKey, config.name);
  const sites = createSites({ database, authority, live, config, log });
  const keys = await KeyRing.load(database, secrets.sealingKey, config.name);
  const receiptDesk = createReceiptDesk({ database, keys, log });
  const federation = createFederation({ database, keys, config, log, whenTrustEnds: signOutPeopleOf });
  const queue = openDatabase(databaseUrl, log, { connections: 8, byKey: true });
  const dispatch = new Dispatcher({
    database: queue,
    sites,
    live,
    boards,
    receipts: receiptDesk,
    config,
    secrets,
    log,
  });
  const evaluation = createEvaluation({
    database,
    blobs,
    federation,
    dispatch,
    sites,
    receiptDesk,
    live,
    config,
    log,
  });
  const creations = createCreations({ database, resources, jobs, live, log });
  const competitions = createCompetitions({
    database,
    blobs,
    creations,
    jobs,
    resources,
    dispatch,
    ceilings: config.ceilings,
    archives: config.archives,
    log,
  });
  const standings = openDatabase(databaseUrl, log, { connections: 6, byKey: true });
  const leaderboards = createLeaderboards({
    database,
    standings,
    competitions,
    boards,
    dispatch,
    jobs,
    live,
    log,
  });
  const submissions = createSubmissions({
    database,
    dispatch,
    resources,
    competitions,
    boards,
    jobs,
    live,
    log,
  });
  const identity = createPeerIdentity({
    database,
    keys,
    federation,
    jobs,
    subjectKey: secrets.subjectKey,
    log,
  });
  const receipts = createReceipts({ database, keys, competitions, leaderboards });
  const partials = await PartialFiles.open(join(config.home, 'partial'));
  const catalogue = createCatalogue({ database, keys, federation, competitions, jobs, config, log });
  const participation = createParticipation({
    database,
    keys,
    federation,
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
    deliveryKey: secrets.deliveryKey,
    maxUploadBytes: config.storage.maxUploadBytes,
    log,
  });

  return {
    config,
    secrets,
    log,
    stopping,
    metrics: new Registry(),
    database,
    blobs,
    links,
    live,
    jobs,
    accounts,
    institutions: new Institutions({
      database,
      sealingKey: secrets.sealingKey,
      publicUrl: config.publicUrl,
      log,
    }),
    resources,
    competitions,
    creations,
    dumps: createDumps({ database, blobs, jobs, live, resources, competitions, log }),
    submissions,
    leaderboards,
    boards,
    keys,
    federation,
    identity,
    catalogue,
    participation,
    evaluation,
    receipts,
    receiptDesk,
    authority,
    sites,
    stewardship: createStewardship({ database, sites, dispatch, config }),
    tasks: createTasks({
      database,
      blobs,
      resources,
      creations,
      dispatch,
      jobs,
      archives: config.archives,
      log,
    }),
    dispatch,
    async [Symbol.asyncDispose]() {
      await evaluation[Symbol.asyncDispose]();
      await participation[Symbol.asyncDispose]();
      await dispatch[Symbol.asyncDispose]();
      await jobs[Symbol.asyncDispose]();
      await federation[Symbol.asyncDispose]();
      await relay[Symbol.asyncDispose]();
      await standings[Symbol.asyncDispose]();
      await queue[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
