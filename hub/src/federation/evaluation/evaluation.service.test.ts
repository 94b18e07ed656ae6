import { create, toBinary } from '@bufbuild/protobuf';
import {
  Disposition,
  FailureCode,
  OutcomeSchema,
  ProgressSchema,
  RunState,
  WaitReason,
} from '@weir/proto/node/v1';
import { verifyReceipt } from '@weir/proto/receipt';
import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { attempts, claims, runs } from '../../dispatch/schema.ts';
import { failed, scored } from '../../dispatch/testing/fixture.ts';
import { scores } from '../../submissions/schema.ts';
import { peerHealth, peers } from '../peers/schema.ts';
import { SCOPES } from '../peers/state.ts';
import { createEvaluatingHubs, type EvaluatingHubs, SLOW } from '../testing/evaluating-hubs.ts';
import { findHanded } from './handed-store.ts';
import { Reports } from './reports.ts';
import { evaluationGrants, handedRuns } from './schema.ts';
import { createEvaluation } from './service.ts';
import type { Answer } from './wire.ts';

let hubs: EvaluatingHubs;
beforeAll(async () => {
  hubs = await createEvaluatingHubs();
  await hubs.grant();
  hubs.alpha.context.evaluation.start();
}, 120_000);
afterAll(() => hubs[Symbol.asyncDispose]());

const submit = () => hubs.alpha.context.dispatch.admit(hubs.phase.submission());
const report: EvaluatingHubs['report'] = (...outcomes) => hubs.report(...outcomes);
const underWay = () => hubs.underWay();
const status = async (submissionId: number) => (await hubs.submission(submissionId)).status;
const becomes = (submissionId: number, expected: string) => hubs.becomes(submissionId, expected);

/** What this hub has handed over of the run, and what the other says of it now. */
async function ask(runId: number) {
  const { context } = hubs.alpha;
  const held = (await findHanded(context.database, hubs.betaAtAlpha)).find(({ run }) => run === runId)!;
  const peer = await hubs.beta.federation.directory.get(hubs.alphaAtBeta);
  const question = {
    held: [{ run: runId, attempt: 1, seen: '', isOver: false, logs: null }],
    gone: [],
    waitMs: 0,
  };
  const { hosting } = hubs.beta.context.evaluation;
  const asked = () => hosting.follow(peer, question, context.stopping);
  const rest = { isBusyWith: () => false, bring: () => {} };
  const reports = new Reports({ ...context, rest });
  return { asked, take: (answer: Answer) => reports.take(hubs.betaAtAlpha, [held], answer) };
}

async function scoresOf(submissionId: number): Promise<number[]> {
  const { queries } = hubs.alpha.context.database;
  const rows = await queries.select().from(scores).where(eq(scores.submissionId, submissionId));
  return rows.map(({ value }) => Number(value));
}

test('a run is evaluated at a site of another hub, under the names of its own, and its receipt has three signatures', async () => {
  const { submissionId, there, runId } = await underWay();
  const assignment = hubs.node.assigned.at(-1)!;
  expect(assignment).toMatchObject({
    hub: 'alpha',
    competitionId: BigInt(hubs.competitionId),
    submissionId: BigInt(submissionId),
    submitterId: BigInt(hubs.phase.ownerId),
    siteData: { name: 'ward', version: '1' },
    origin: { runId: BigInt(runId), attempt: 1 },
    outputs: [],
  });
  // The node has its files from its own hub.
  const fetched = await fetch(`${hubs.beta.address}${assignment.submission!.url}`);
  expect(Buffer.from(await fetched.arrayBuffer())).toEqual(hubs.file);

  const waits = { attempt: there, state: RunState.REVIEWING, waitsFor: WaitReason.REVIEW };
  await hubs.beta.context.dispatch.progress(hubs.node.node.id, [create(ProgressSchema, waits)]);
  await becomes(submissionId, 'Scoring');
  const { queries } = hubs.alpha.context.database;
  const [run] = await queries.select().from(runs).where(eq(runs.id, runId));
  expect(run).toMatchObject({ state: 'reviewing', waitsFor: 'review' });

  expect(await report(scored(there.runId, there.attempt, { score: 0.75 }))).toEqual([Disposition.ACCEPTED]);
  await becomes(submissionId, 'Finished');
  expect(await scoresOf(submissionId)).toEqual([0.75]);

  const owner = { id: hubs.phase.ownerId, username: 'owner', isAdmin: true, isRobot: false };
  const file = await hubs.alpha.context.receipts.get({ kind: 'user', user: owner, via: 'session' }, runId);
  const { signers, isValid, statement } = verifyReceipt(file, {
    hubKeys: [hubs.alpha.context.keys.rootId],
    scores: { score: 0.75 },
  });
  expect(isValid).toBe(true);
  expect(signers.map(({ role, owner }) => [role, owner])).toEqual([
    ['site', 'south@beta'],
    ['peer', 'beta'],
    ['hub', 'alpha'],
  ]);
  expect(statement.predicate).toMatchObject({
    site: 'south',
    assigned: { hub: 'alpha', run: String(runId), attempt: 1, submission: String(submissionId) },
  });
  // Both hubs are through with it.
  await vi.waitFor(async () => expect(await queries.$count(handedRuns)).toBe(0), SLOW);
});

test('an outcome that is told again changes nothing', async () => {
  const { submissionId, there, runId } = await underWay();
  const { asked, take } = await ask(runId);
  await report(scored(there.runId, there.attempt, { score: 0.5 }));
  const answer = await asked();
  await becomes(submissionId, 'Finished');
  const { version } = await hubs.submission(submissionId);
  expect(answer.runs[0]!.outcome).not.toBeNull();
  await take(answer);
  expect((await hubs.submission(submissionId)).version).toBe(version);
  expect(await scoresOf(submissionId)).toEqual([0.5]);
});

test('what its own hub has given up is stopped at the site, and counts no more', async () => {
  const { submissionId, there, runId } = await underWay();
  const { database, dispatch } = hubs.alpha.context;
  const count = hubs.node.assigned.length;
  // As another process would do it: the attempt is over, and the run waits again.
  await database.queries.insert(attempts).values({ runId, attempt: 1, outcome: 'failed' });
  await database.queries
    .update(claims)
    .set({ nodeId: null, leaseExpiresAt: null })
    .where(eq(claims.runId, runId));
  await dispatch.sweep();
  const second = await hubs.assigned(count + 1);
  expect(hubs.node.assigned.at(-1)!.origin).toMatchObject({ runId: BigInt(runId), attempt: 2 });
  await vi.waitFor(() => expect(hubs.node.cancelled).toContainEqual(there), SLOW);
  const told = await report(
    scored(there.runId, there.attempt, { score: 0.1 }),
    scored(second.runId, second.attempt, { score: 0.2 }),
  );
  expect(told[0]).not.toBe(Disposition.REJECTED);
  await becomes(submissionId, 'Finished');
  expect(await scoresOf(submissionId)).toEqual([0.2]);

  // Restored from a backup, it would begin anew with attempts that the other hub knows.
  const peer = await hubs.beta.federation.directory.get(hubs.alphaAtBeta);
  const assignment = Buffer.from('').toString('base64');
  const offer = { run: runId, attempt: 1, site: hubs.node.node.siteId, assignment };
  expect(await hubs.beta.context.evaluation.hosting.offer(peer, [offer])).toMatchObject({
    refused: [{ run: runId, attempt: 1, code: 'evaluation_invalid' }],
  });
});

test('while the other hub does not answer a run waits and says so, and the same attempt goes on afterwards', async () => {
  const { queries } = hubs.alpha.context.database;
  const { submissionId, there, runId } = await underWay();
  const address = (value: string) =>
    queries.update(peers).set({ address: value }).where(eq(peers.id, hubs.betaAtAlpha));
  await address('http://127.0.0.1:1');
  await vi.waitFor(async () => {
    const [health] = await queries.select().from(peerHealth).where(eq(peerHealth.peerId, hubs.betaAtAlpha));
    expect(health?.unreachableSince).toBeInstanceOf(Date);
  }, SLOW);
  await report(scored(there.runId, there.attempt, { score: 0.9 }));
  // Long enough for the lease to run out, and for the stand-in to look offline.
  await vi.waitFor(async () => {
    await queries
      .update(claims)
      .set({ leaseExpiresAt: sql`now() - interval '1 second'` })
      .where(eq(claims.runId, runId));
    await queries.execute(
      sql`update nodes set last_seen_at = now() - interval '1 hour' where name = 'hub beta'`,
    );
    await hubs.alpha.context.dispatch.sweep();
    const reasons = await hubs.alpha.context.dispatch.waitingReasons([runId]);
    expect(reasons.get(runId)).toContain('hub beta does not answer since');
  }, SLOW);
  await address(hubs.beta.address);
  await queries.delete(peerHealth);
  await becomes(submissionId, 'Finished');
  expect(await scoresOf(submissionId)).toEqual([0.9]);
  const history = await queries.select().from(attempts).where(eq(attempts.runId, runId));
  expect(history.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([[1, 'finished']]);
}, 120_000);

test('a process of its own hub that is killed loses nothing, nor does the other hub that has forgotten', async () => {
  const { submissionId, there, runId } = await underWay();
  const { context } = hubs.alpha;
  const other = createEvaluation(context);
  await context.evaluation[Symbol.asyncDispose]();
  // Restored from a backup of before it was offered.
  await hubs.beta.context.database.queries.delete(runs).where(eq(runs.id, Number(there.runId)));
  await hubs.beta.context.database.queries.delete(claims).where(eq(claims.runId, Number(there.runId)));
  const count = hubs.node.assigned.length;
  other.start();
  Object.assign(context, { evaluation: other });
  const again = await hubs.assigned(count + 1);
  expect(hubs.node.assigned.at(-1)!.origin).toMatchObject({ runId: BigInt(runId), attempt: 1 });
  await report(scored(again.runId, again.attempt, { score: 0.3 }));
  await becomes(submissionId, 'Finished');
});

test('cancelling reaches the site', async () => {
  const { submissionId, there } = await underWay();
  await hubs.alpha.context.dispatch.cancel(submissionId);
  await vi.waitFor(() => expect(hubs.node.cancelled).toContainEqual(there), SLOW);
  expect(await status(submissionId)).toBe('Cancelled');
});

test('a failure keeps its code, and whose fault it is', async () => {
  const { submissionId, there } = await underWay();
  await report(failed(there.runId, there.attempt, FailureCode.PREDICTION_TIME_LIMIT));
  await becomes(submissionId, 'Failed');
  expect(await hubs.submission(submissionId)).toMatchObject({
    failureCode: 'prediction_time_limit',
    fault: 'participant',
  });
});

test.each<[string, (receipt: { signatures: unknown[] }) => unknown]>([
  ['its hub has not signed', ({ signatures, ...rest }) => ({ ...rest, signatures: signatures.slice(0, 1) })],
  [
    'somebody else has signed',
    ({ signatures, ...rest }) => ({ ...rest, signatures: [signatures[0], signatures[0]] }),
  ],
])('a receipt that %s brings no score', async (_, forge) => {
  const { submissionId, there, runId } = await underWay();
  const { context } = hubs.alpha;
  await context.evaluation[Symbol.asyncDispose]();
  const { asked, take } = await ask(runId);
  await report(scored(there.runId, there.attempt, { score: 0.99 }));
  const { runs: told, unknown } = await asked();
  const [row] = await hubs.beta.context.database.pool
    .query<{ envelope: string }>('select envelope from receipts where run_id = $1', [Number(there.runId)])
    .then(({ rows }) => rows);
  const outcome = create(OutcomeSchema, {
    result: { case: 'scores', value: { values: { score: 0.99 } } },
    receipt: new TextEncoder().encode(JSON.stringify(forge(JSON.parse(row!.envelope)))),
  });
  const forged = Buffer.from(toBinary(OutcomeSchema, outcome)).toString('base64');
  await take({ runs: [{ ...told[0]!, outcome: forged }], unknown });
  expect(await scoresOf(submissionId)).toEqual([]);
  const [attempt] = await context.database.queries
    .select()
    .from(attempts)
    .where(and(eq(attempts.runId, runId), eq(attempts.attempt, 1)));
  expect(attempt).toMatchObject({ outcome: 'failed', failureCode: 'receipt_invalid' });
  await context.dispatch.cancel(submissionId);
  const next = createEvaluation(context);
  next.start();
  Object.assign(context, { evaluation: next });
});

test('what is withdrawn ends at once, and is clear to whoever submits next', async () => {
  const { submissionId } = await underWay();
  const { beta, alpha, admin } = hubs;
  const { grants } = await beta.context.evaluation.grants(admin.actor);
  await beta.context.evaluation.withdraw(admin.actor, grants[0]!.id);
  await becomes(submissionId, 'Failed');
  expect((await hubs.submission(submissionId)).failureCode).toBe('refused_competition');
  // Its own hub learns of it as it offers a run, at the latest.
  const next = await submit();
  await becomes(next.submissionId, 'Failed');
  const { queries } = alpha.context.database;
  const [run] = await queries.select().from(runs).where(eq(runs.submissionId, next.submissionId));
  expect(run).toMatchObject({ state: 'refused', failureCode: 'refused_by_peer', fault: 'site' });
  await alpha.context.evaluation.tend();
  await expect(submit()).rejects.toMatchObject({ code: 'peer_site_not_granted' });
  expect(await beta.context.database.queries.$count(evaluationGrants)).toBe(0);
  await hubs.grant();
});

test('without the scope nothing waits for the other hub', async () => {
  const { alpha, beta } = hubs;
  const scopes = SCOPES.filter((scope) => scope !== 'evaluate');
  const { submissionId, there } = await underWay();
  await beta.context.database.queries.update(peers).set({ scopesGiven: scopes });
  await alpha.context.database.queries.update(peers).set({ scopesGot: scopes });
  await becomes(submissionId, 'Failed');
  await beta.context.evaluation.tend();
  expect(hubs.node.cancelled).toContainEqual(there);
});
