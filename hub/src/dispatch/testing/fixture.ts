import { create } from '@bufbuild/protobuf';
import { type FailureCode, type Outcome, OutcomeSchema } from '@weir/proto/node/v1';
import { eq, sql } from 'drizzle-orm';
import pino from 'pino';
import { createTestDatabase } from '../../db/testing/test-database.ts';
import { KeyRing } from '../../keys/ring.ts';
import { Boards } from '../../leaderboards/boards.ts';
import { LocalLiveBus } from '../../live/bus.ts';
import { createReceiptDesk } from '../../receipts/service.ts';
import { loadAuthority } from '../../sites/authority.ts';
import { createSites } from '../../sites/service.ts';
import { submissions } from '../../submissions/schema.ts';
import { claims } from '../schema.ts';
import { Dispatcher } from '../service.ts';
import { HonestNodes } from './honest-nodes.ts';
import { type RecordedSession, recordedSession } from './recorded-session.ts';
import { seedNode } from './seed.ts';

export type DispatchFixture = Awaited<ReturnType<typeof createDispatchFixture>>;

/** A database of its own and everything that dispatch stands on, without streams. */
export async function createDispatchFixture() {
  const database = await createTestDatabase();
  const log = pino({ level: 'silent' });
  const live = new LocalLiveBus();
  const authority = await loadAuthority(database, Buffer.alloc(32), 'test');
  const receipts = createReceiptDesk({
    database,
    keys: await KeyRing.load(database, Buffer.alloc(32), 'test'),
    log,
  });
  const nodes = new HonestNodes();
  const config = { name: 'test', grpcPublic: 'hub.test:1', leaseMs: 10_000 };
  const sites = createSites({ database, authority, live, config, log });
  return {
    database,
    sites,
    receipts,
    live,
    log,
    nodes,

    /** One hub process; several may share the database. */
    newDispatcher: ({ maxAttempts = 5 } = {}) =>
      nodes.sign(
        new Dispatcher({
          database,
          sites,
          live,
          boards: new Boards(),
          receipts,
          config: { leaseMs: config.leaseMs, maxAttempts, publicUrl: 'http://hub.test' },
          secrets: { artifactUrlKey: Buffer.alloc(32) },
          log,
        }),
      ),

    /** A node of a site of its own that has connected and offered room. */
    async connect(
      dispatch: Dispatcher,
      { dataset = null, credit = 10 }: { dataset?: string | null; credit?: number } = {},
    ) {
      const site = `site-${crypto.randomUUID().slice(0, 8)}`;
      const session = recordedSession(await seedNode(database, site, dataset));
      await receipts.learn(session.node, nodes.add(session).publicKey);
      dispatch.connect(session);
      dispatch.grant(session, credit);
      return session;
    },

    async submission(id: number) {
      return (await database.queries.select().from(submissions).where(eq(submissions.id, id)))[0]!;
    },

    emptyQueue: () => database.queries.delete(claims),

    /** Lets a lease run out without waiting for it. */
    expireLease: (runId: bigint) =>
      database.queries
        .update(claims)
        .set({ leaseExpiresAt: sql`now() - interval '1 second'` })
        .where(eq(claims.runId, Number(runId))),

    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

export const scored = (runId: bigint, attempt: number, values: Record<string, number>): Outcome =>
  create(OutcomeSchema, { attempt: { runId, attempt }, result: { case: 'scores', value: { values } } });

export const failed = (runId: bigint, attempt: number, code: FailureCode): Outcome =>
  create(OutcomeSchema, { attempt: { runId, attempt }, result: { case: 'failure', value: { code } } });

export function assignmentOf(session: RecordedSession, index = 0) {
  const { runId, attempt } = session.assigned[index]!;
  return { runId: runId as bigint, attempt: attempt as number };
}
