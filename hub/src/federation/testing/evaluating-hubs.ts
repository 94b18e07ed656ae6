import type { Disposition, Outcome } from '@weir/proto/node/v1';
import { eq } from 'drizzle-orm';
import { vi } from 'vitest';
import { phases } from '../../competitions/schema.ts';
import { runs } from '../../dispatch/schema.ts';
import { HonestNodes } from '../../dispatch/testing/honest-nodes.ts';
import { type RecordedSession, recordedSession } from '../../dispatch/testing/recorded-session.ts';
import { type Seed, seedNode, seedPhase } from '../../dispatch/testing/seed.ts';
import type { TestPerson } from '../../http/testing/test-hub.ts';
import { resources } from '../../resources/schema.ts';
import { submissions } from '../../submissions/schema.ts';
import { befriend, createFederatedHub, type FederatedHub } from './federated-hub.ts';

/** A hub with a competition that names a site of another, which lets it use its data; the node there does what the test says. */
export interface EvaluatingHubs extends AsyncDisposable {
  /** Whose competition it is. */
  readonly alpha: FederatedHub;
  /** Where the site is. */
  readonly beta: FederatedHub;
  readonly betaAtAlpha: number;
  readonly alphaAtBeta: number;
  readonly admin: TestPerson;
  readonly phase: Seed;
  readonly competitionId: number;
  readonly node: RecordedSession;
  readonly file: Buffer;
  grant(): Promise<void>;
  /** Waits until the node has been assigned so many runs in all. @returns the last of them */
  assigned(count: number): Promise<{ runId: bigint; attempt: number }>;
  submission(id: number): Promise<typeof submissions.$inferSelect>;
  /** Submits, and waits until the node at the other hub has it. */
  underWay(): Promise<UnderWay>;
  /** What the node reports. */
  report(...outcomes: readonly Outcome[]): Promise<Disposition[]>;
  becomes(submissionId: number, status: string): Promise<void>;
}

export interface UnderWay {
  readonly submissionId: number;
  /** At the hub whose competition it is. */
  readonly runId: number;
  /** As the hub with the site counts. */
  readonly there: { readonly runId: bigint; readonly attempt: number };
}

export const SLOW = { timeout: 60_000, interval: 50 };

export async function createEvaluatingHubs(): Promise<EvaluatingHubs> {
  await using stack = new AsyncDisposableStack();
  // So it asks the other hub how things are each second.
  const alpha = stack.use(await createFederatedHub('alpha', { WEIR_LEASE_MS: '3000' }));
  const beta = stack.use(await createFederatedHub('beta'));
  const { otherAtOne: betaAtAlpha, oneAtOther: alphaAtBeta } = await befriend(alpha, beta);
  const admin = await beta.person('administrator', { isAdmin: true });

  const file = Buffer.from('the files of a run');
  const phase = await seedPhase(alpha.context.database, {
    siteData: 'ward',
    siteRule: { sites: ['south@beta'] },
  });
  const { queries } = alpha.context.database;
  const { digest, size } = await alpha.context.blobs.put(once(file), { maxBytes: 1_000 });
  await queries.update(resources).set({ digest, size }).where(eq(resources.createdBy, phase.ownerId));
  const [{ competitionId } = { competitionId: 0 }] = await queries
    .select({ competitionId: phases.competitionId })
    .from(phases)
    .where(eq(phases.id, phase.phaseId));

  const node = recordedSession(await seedNode(beta.context.database, 'south', 'ward'));
  const nodes = new HonestNodes();
  nodes.sign(beta.context.dispatch);
  await beta.context.receiptDesk.learn(node.node, nodes.add(node).publicKey);
  beta.context.dispatch.connect(node);
  beta.context.dispatch.grant(node, 100);
  const hubs = stack.move();
  const find = async (id: number) =>
    (await queries.select().from(submissions).where(eq(submissions.id, id)))[0]!;
  const assigned = async (count: number) => {
    await vi.waitFor(() => {
      if (node.assigned.length < count) throw new Error(`${node.assigned.length} of ${count} runs`);
    }, SLOW);
    const { runId, attempt } = node.assigned.at(-1)!;
    return { runId: runId as bigint, attempt: attempt as number };
  };

  return {
    alpha,
    beta,
    betaAtAlpha,
    alphaAtBeta,
    admin,
    phase,
    competitionId,
    node,
    file,
    async grant() {
      const dataset = { name: 'ward', version: '1' };
      await beta.context.evaluation.grant(admin.actor, {
        peerId: alphaAtBeta,
        competitionId,
        site: 'south',
        dataset,
      });
      await alpha.context.evaluation.tend();
    },
    assigned,
    submission: find,
    async underWay() {
      const before = node.assigned.length;
      const { submissionId } = await alpha.context.dispatch.admit(phase.submission());
      const there = await assigned(before + 1);
      const [run] = await queries.select().from(runs).where(eq(runs.submissionId, submissionId));
      return { submissionId, there, runId: run!.id };
    },
    report: (...outcomes) => beta.context.dispatch.report(node.node.id, outcomes),
    becomes: (submissionId, status) =>
      vi.waitFor(async () => {
        const { status: found } = await find(submissionId);
        if (found !== status) throw new Error(`submission ${submissionId} is ${found}, not ${status}`);
      }, SLOW),
    [Symbol.asyncDispose]: () => hubs.disposeAsync(),
  };
}

async function* once(content: Buffer): AsyncIterable<Uint8Array> {
  yield content;
}
