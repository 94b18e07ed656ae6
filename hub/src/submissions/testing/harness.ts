import { eq } from 'drizzle-orm';
import pino from 'pino';
import type { Actor } from '../../accounts/access.ts';
import { users } from '../../accounts/schema.ts';
import { USUAL_CEILINGS } from '../../competitions/creation/ceilings.ts';
import {
  leaderboards as boardsTable,
  competitions as competitionsTable,
  participants,
  phases,
} from '../../competitions/schema.ts';
import { createCompetitions } from '../../competitions/service.ts';
import { createCreations } from '../../creations/service.ts';
import type { Database } from '../../db/database.ts';
import { createTestDatabase } from '../../db/testing/test-database.ts';
import { claim } from '../../dispatch/claim.ts';
import { complete } from '../../dispatch/complete.ts';
import type { AttemptEnd } from '../../dispatch/outcome.ts';
import { queuePool, sitePool } from '../../dispatch/pools.ts';
import { Dispatcher } from '../../dispatch/service.ts';
import { type Seed, seedNode, seedPhase } from '../../dispatch/testing/seed.ts';
import { createSignedLinks } from '../../http/signed-links.ts';
import { Jobs } from '../../jobs/jobs.ts';
import { KeyRing } from '../../keys/ring.ts';
import { Boards } from '../../leaderboards/boards.ts';
import type { SubmissionRule } from '../../leaderboards/rules.ts';
import { createLeaderboards } from '../../leaderboards/service.ts';
import { LocalLiveBus } from '../../live/bus.ts';
import { createReceiptDesk } from '../../receipts/service.ts';
import { resources as resourcesTable } from '../../resources/schema.ts';
import { createResources, type ResourceType } from '../../resources/service.ts';
import { loadAuthority } from '../../sites/authority.ts';
import { createSites } from '../../sites/service.ts';
import { defaultArchiveLimits } from '../../storage/archive/index.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { createTasks } from '../../tasks/service.ts';
import { createSubmissions } from '../service.ts';

export type PhaseOptions = Parameters<typeof seedPhase>[1] & {
  rule?: SubmissionRule;
  competition?: Partial<typeof competitionsTable.$inferInsert>;
  phase?: Partial<typeof phases.$inferInsert>;
};

export interface SeededPhase {
  readonly seed: Seed;
  readonly phaseId: number;
  readonly competitionId: number;
  /** Who made the competition. */
  readonly organizer: Actor;
}

type Tail<List extends unknown[]> = List extends [unknown, ...infer Rest] ? Rest : never;

export type Harness = Awaited<ReturnType<typeof createHarness>>;

/** The features around submissions on a database of their own, with the real dispatch and a node that ends runs as it is told. */
export async function createHarness() {
  const database: Database = await createTestDatabase();
  const log = pino({ level: 'silent' });
  const live = new LocalLiveBus();
  const boards = new Boards();
  const links = createSignedLinks(Buffer.alloc(32));
  // Nothing here reads or writes bytes.
  const blobs = {} as BlobStore;
  const resources = createResources({
    database,
    blobs,
    links,
    limits: { maxUploadBytes: 1e9, maxBytesPerPerson: 1e9 },
    log,
  });
  const jobs = new Jobs(database, log);
  const sites = createSites({
    database,
    authority: await loadAuthority(database, Buffer.alloc(32), 'test'),
    live,
    config: { name: 'test', grpcPublic: 'hub.test:1', leaseMs: 10_000 },
    log,
  });
  const keys = await KeyRing.load(database, Buffer.alloc(32), 'test');
  const dispatch = new Dispatcher({
    database,
    sites,
    live,
    boards,
    receipts: createReceiptDesk({ database, keys, log }),
    config: { leaseMs: 10_000, maxAttempts: 2, publicUrl: 'http://hub.test' },
    secrets: { artifactUrlKey: Buffer.alloc(32) },
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
    ceilings: USUAL_CEILINGS,
    archives: defaultArchiveLimits,
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
  const leaderboards = createLeaderboards({
    database,
    standings: database,
    competitions,
    boards,
    dispatch,
    jobs,
    live,
    log,
  });
  const { queries } = database;

  return {
    database,
    dispatch,
    competitions,
    submissions,
    leaderboards,
    tasks: createTasks({
      database,
      blobs,
      resources,
      creations,
      dispatch,
      jobs,
      archives: defaultArchiveLimits,
      log,
    }),
    boards,
    jobs,

    async person(roles: { isAdmin?: boolean; isRobot?: boolean } = {}): Promise<Actor & { kind: 'user' }> {
      const username = `person-${crypto.randomUUID().slice(0, 8)}`;
      const [user] = await queries
        .insert(users)
        .values({ username, email: `${username}@example.org`, ...roles })
        .returning();
      return { kind: 'user', via: 'session', user: user! };
    },

    async phase({
      rule = 'Force_Last',
      competition,
      phase,
      ...options
    }: PhaseOptions = {}): Promise<SeededPhase> {
      const seed = await seedPhase(database, options);
      const [row] = await queries.select().from(phases).where(eq(phases.id, seed.phaseId));
      const { competitionId, leaderboardId } = row!;
      const settings = { published: true, ...competition };
      await queries.update(competitionsTable).set(settings).where(eq(competitionsTable.id, competitionId));
      await queries
        .update(boardsTable)
        .set({ submissionRule: rule })
        .where(eq(boardsTable.id, leaderboardId));
      if (phase) await queries.update(phases).set(phase).where(eq(phases.id, seed.phaseId));
      const [organizer] = await queries.select().from(users).where(eq(users.id, seed.ownerId));
      return {
        seed,
        phaseId: seed.phaseId,
        competitionId,
        organizer: { kind: 'user', via: 'session', user: organizer! },
      };
    },

    async approve(actor: Actor & { kind: 'user' }, competitionId: number): Promise<void> {
      await queries
        .insert(participants)
        .values({ competitionId, userId: actor.user.id, status: 'approved', acceptedTermsVersion: 1 });
    },

    /** A complete upload, by key. */
    async upload(actor: Actor & { kind: 'user' }, type: ResourceType = 'submission'): Promise<string> {
      const [resource] = await queries
        .insert(resourcesTable)
        .values({
          type,
          name: 'code.zip',
          fileName: 'code.zip',
          createdBy: actor.user.id,
          digest: `sha256:${'1'.repeat(64)}`,
          md5: '1'.repeat(32),
          size: 10,
          uploadedAt: new Date(),
        })
        .returning();
      return resource!.key;
    },

    node: (...site: Tail<Parameters<typeof seedNode>>) => seedNode(database, ...site),

    /** Takes everything that waits for the node and ends it. */
    async finish(
      node: Awaited<ReturnType<typeof seedNode>>,
      endOf: (run: { runId: number; leafId: number; taskId: number }) => Partial<AttemptEnd>,
    ): Promise<void> {
      const pools = [sitePool(node.siteId), ...node.queueIds.map(queuePool)];
      const claimed = await claim(database, pools, node.id, 100, 10_000);
      const own = claimed.filter((run) => run.guest === null);
      const ends = own.map(
        (run): AttemptEnd => ({
          runId: run.runId,
          attempt: run.attempt,
          nodeId: node.id,
          outcome: 'finished',
          failureCode: null,
          fault: null,
          scores: null,
          startedAt: null,
          imageDigest: null,
          receipt: null,
          ...endOf(run),
        }),
      );
      if (ends.length > 0) await complete({ database, boards, maxAttempts: 1 }, ends);
    },

    async [Symbol.asyncDispose]() {
      await dispatch[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
