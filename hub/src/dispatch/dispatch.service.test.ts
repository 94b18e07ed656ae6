import { create } from '@bufbuild/protobuf';
import { Disposition, FailureCode, ProgressSchema, RunState } from '@weir/proto/node/v1';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Database } from '../db/database.ts';
import { leaderboardEntries } from '../leaderboards/schema.ts';
import { scores } from '../submissions/schema.ts';
import { attempts, claims, runs } from './schema.ts';
import type { Dispatcher } from './service.ts';
import {
  assignmentOf,
  createDispatchFixture,
  type DispatchFixture,
  failed,
  scored,
} from './testing/fixture.ts';
import { seedPhase } from './testing/seed.ts';

let fixture: DispatchFixture;
let database: Database;
let dispatch: Dispatcher;

beforeAll(async () => {
  fixture = await createDispatchFixture();
  database = fixture.database;
});

afterAll(() => fixture[Symbol.asyncDispose]());

beforeEach(async () => {
  await fixture.emptyQueue();
  dispatch = fixture.newDispatcher();
});

const connected = (dataset: string | null = null, credit = 10) =>
  fixture.connect(dispatch, { dataset, credit });

test('a submission goes to a node with room at once, and its scores to the board', async () => {
  const phase = await seedPhase(database);
  const node = await connected();
  const { submissionId } = await dispatch.admit(phase.submission());
  const run = assignmentOf(node);
  expect(run.attempt).toBe(1);
  expect(await dispatch.report(node.node.id, [scored(run.runId, 1, { score: 0.75, unknown: 3 })])).toEqual([
    Disposition.ACCEPTED,
  ]);
  expect(await fixture.submission(submissionId)).toMatchObject({ status: 'Finished', failureCode: null });
  const stored = await database.queries.select().from(scores).where(eq(scores.submissionId, submissionId));
  expect(stored.map(({ value }) => value)).toEqual(['0.7500000000']);
  expect(
    await database.queries.$count(leaderboardEntries, eq(leaderboardEntries.submissionId, submissionId)),
  ).toBe(1);
  expect(await database.queries.$count(claims, eq(claims.runId, Number(run.runId)))).toBe(0);
});

test('a report that is repeated is acknowledged and changes nothing', async () => {
  const phase = await seedPhase(database);
  const node = await connected();
  const { submissionId } = await dispatch.admit(phase.submission());
  const run = assignmentOf(node);
  await dispatch.report(node.node.id, [scored(run.runId, 1, { score: 0.5 })]);
  const { version } = await fixture.submission(submissionId);
  const again = await dispatch.report(node.node.id, [scored(run.runId, 1, { score: 0.9 })]);
  expect(again).toEqual([Disposition.ACCEPTED]);
  const stored = await database.queries.select().from(scores).where(eq(scores.submissionId, submissionId));
  expect(stored.map(({ value }) => value)).toEqual(['0.5000000000']);
  expect((await fixture.submission(submissionId)).version).toBe(version);
});

test('what waits is handed out oldest first once a node has room', async () => {
  const phase = await seedPhase(database);
  const first = await dispatch.admit(phase.submission());
  const second = await dispatch.admit(phase.submission());
  const node = await connected(null, 1);
  await vi.waitFor(() => expect(node.assigned).toHaveLength(1));
  expect(node.assigned[0]!.submissionId).toBe(BigInt(first.submissionId));
  dispatch.grant(node, 1);
  await vi.waitFor(() => expect(node.assigned).toHaveLength(2));
  expect(node.assigned[1]!.submissionId).toBe(BigInt(second.submissionId));
});

test('a queue that was seen empty is left alone, also when more came while it was asked', async () => {
  const phase = await seedPhase(database);
  await dispatch.admit(phase.submission());
  const { prepared } = database;
  const firstAnswer = Promise.withResolvers<void>();
  let claimed = 0;
  vi.spyOn(database, 'prepared').mockImplementation(async (statement, values) => {
    const isFirst = statement.name === 'dispatch-claim' && ++claimed === 1;
    const rows = await prepared(statement, values);
    if (isFirst) await firstAnswer.promise;
    return rows as never;
  });
  const node = await connected(null, 200);
  await dispatch.admit(phase.submission());
  firstAnswer.resolve();
  await vi.waitFor(() => expect(node.assigned).toHaveLength(2));
  for (let turn = 0; turn < 50; turn++) await database.pool.query('select');
  vi.restoreAllMocks();
  expect(claimed).toBeLessThan(5);
});

test('a lost lease goes to another node with the next attempt, and the first one is stale', async () => {
  const phase = await seedPhase(database);
  const slow = await connected(null, 1);
  const { submissionId } = await dispatch.admit(phase.submission());
  const { runId } = assignmentOf(slow);
  dispatch.disconnect(slow);
  await fixture.expireLease(runId);
  const quick = await connected(null, 1);
  await dispatch.sweep();
  await vi.waitFor(() => expect(quick.assigned).toHaveLength(1));
  expect(assignmentOf(quick)).toEqual({ runId, attempt: 2 });
  expect(await dispatch.report(slow.node.id, [scored(runId, 1, { score: 0.1 })])).toEqual([
    Disposition.STALE,
  ]);
  expect(await dispatch.report(quick.node.id, [scored(runId, 2, { score: 0.2 })])).toEqual([
    Disposition.ACCEPTED,
  ]);
  expect((await fixture.submission(submissionId)).status).toBe('Finished');
  const history = await database.queries
    .select()
    .from(attempts)
    .where(eq(attempts.runId, Number(runId)));
  expect(history.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
    [1, 'lost'],
    [2, 'finished'],
  ]);
});

test('a node that was away keeps its run when nobody else has taken it up', async () => {
  const phase = await seedPhase(database);
  const node = await connected(null, 1);
  const { submissionId } = await dispatch.admit(phase.submission());
  const { runId } = assignmentOf(node);
  await fixture.expireLease(runId);
  await dispatch.sweep();
  expect(
    (
      await database.queries
        .select()
        .from(runs)
        .where(eq(runs.id, Number(runId)))
    )[0]!.state,
  ).toBe('queued');
  expect(await dispatch.extend(node.node.id, [{ runId: Number(runId), attempt: 1 }])).toEqual([]);
  // The answer to the first report may be lost with the connection.
  for (const _ of ['report', 'repeat']) {
    expect(await dispatch.report(node.node.id, [scored(runId, 1, { score: 0.4 })])).toEqual([
      Disposition.ACCEPTED,
    ]);
  }
  expect((await fixture.submission(submissionId)).status).toBe('Finished');
  const history = await database.queries
    .select()
    .from(attempts)
    .where(eq(attempts.runId, Number(runId)));
  expect(history.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([[1, 'finished']]);
});

test('an attempt that cannot exist is rejected, and what is reported with it is not', async () => {
  const phase = await seedPhase(database);
  const node = await connected(null, 1);
  await dispatch.admit(phase.submission());
  const { runId } = assignmentOf(node);
  const impossible = [scored(2n ** 64n - 1n, 1, { score: 1 }), scored(runId, 2 ** 32 - 1, { score: 1 })];
  expect(await dispatch.report(node.node.id, [...impossible, scored(runId, 1, { score: 0.4 })])).toEqual([
    Disposition.REJECTED,
    Disposition.REJECTED,
    Disposition.ACCEPTED,
  ]);
});

test('a node can neither report nor hold what is not its own', async () => {
  const phase = await seedPhase(database);
  const owner = await connected(null, 1);
  const liar = await connected(null, 0);
  await dispatch.admit(phase.submission());
  const { runId } = assignmentOf(owner);
  expect(await dispatch.report(liar.node.id, [scored(runId, 1, { score: 1 })])).toEqual([
    Disposition.REJECTED,
  ]);
  expect(await dispatch.report(liar.node.id, [scored(999_999_999n, 1, { score: 1 })])).toEqual([
    Disposition.REJECTED,
  ]);
  expect(await dispatch.report(owner.node.id, [scored(runId, 7, { score: 1 })])).toEqual([
    Disposition.REJECTED,
  ]);
  expect(await dispatch.report(owner.node.id, [scored(runId, 1, { score: Number.NaN })])).toEqual([
    Disposition.REJECTED,
  ]);
  expect(await dispatch.extend(liar.node.id, [{ runId: Number(runId), attempt: 1 }])).toEqual([
    { runId: Number(runId), attempt: 1 },
  ]);
  expect(await dispatch.report(owner.node.id, [scored(runId, 1, { score: 1 })])).toEqual([
    Disposition.ACCEPTED,
  ]);
});

test('limits hold exactly, however many submit at once', async () => {
  const phase = await seedPhase(database, { perDay: 5 });
  const answers = await Promise.allSettled(
    Array.from({ length: 40 }, () => dispatch.admit(phase.submission())),
  );
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  const reasons = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : []));
  expect(new Set(reasons)).toEqual(new Set(['limit_per_day']));
});

test('two hub processes share one limit', async () => {
  const phase = await seedPhase(database, { perPerson: 3 });
  const other = fixture.newDispatcher();
  const answers = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => (index % 2 ? dispatch : other).admit(phase.submission())),
  );
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
});

test("only the participant's own faults count against limits", async () => {
  const phase = await seedPhase(database, { perPerson: 1 });
  const node = await connected();
  await dispatch.admit(phase.submission());
  await dispatch.report(node.node.id, [failed(assignmentOf(node).runId, 1, FailureCode.SCORING_FAILED)]);
  const { submissionId } = await dispatch.admit(phase.submission());
  await dispatch.report(node.node.id, [
    failed(assignmentOf(node, 1).runId, 1, FailureCode.PREDICTION_TIME_LIMIT),
  ]);
  expect(await fixture.submission(submissionId)).toMatchObject({
    status: 'Failed',
    failureCode: 'prediction_time_limit',
    fault: 'participant',
  });
  await expect(dispatch.admit(phase.submission())).rejects.toMatchObject({ code: 'limit_per_person' });
});

test('what a site spoils is tried again, and in the end is nobody else’s fault', async () => {
  dispatch = fixture.newDispatcher({ maxAttempts: 2 });
  const phase = await seedPhase(database, { perPerson: 1 });
  const node = await connected();
  const { submissionId } = await dispatch.admit(phase.submission());
  const { runId } = assignmentOf(node);
  await dispatch.report(node.node.id, [failed(runId, 1, FailureCode.ENGINE_FAILED)]);
  expect((await fixture.submission(submissionId)).status).not.toBe('Failed');
  await database.queries
    .update(claims)
    .set({ notBefore: null })
    .where(eq(claims.runId, Number(runId)));
  await dispatch.sweep();
  await vi.waitFor(() => expect(node.assigned).toHaveLength(2));
  await dispatch.report(node.node.id, [failed(runId, 2, FailureCode.ENGINE_FAILED)]);
  expect(await fixture.submission(submissionId)).toMatchObject({
    status: 'Failed',
    failureCode: 'engine_failed',
    fault: 'site',
    countedOn: null,
  });
  await expect(dispatch.admit(phase.submission())).resolves.toBeDefined();
});

test('a run whose attempts are all lost fails as the fault of the site', async () => {
  dispatch = fixture.newDispatcher({ maxAttempts: 1 });
  const phase = await seedPhase(database);
  const node = await connected(null, 1);
  const { submissionId } = await dispatch.admit(phase.submission());
  await fixture.expireLease(assignmentOf(node).runId);
  await dispatch.sweep();
  expect(await fixture.submission(submissionId)).toMatchObject({
    status: 'Failed',
    failureCode: 'attempts_exhausted',
    fault: 'site',
  });
});

test('a lease whose assignment never went out is taken back at once', async () => {
  const phase = await seedPhase(database);
  const gone = await connected(null, 1);
  gone.open = false;
  await dispatch.admit(phase.submission());
  const other = await connected(null, 1);
  await vi.waitFor(() => expect(other.assigned).toHaveLength(1));
  expect(assignmentOf(other).attempt).toBe(2);
});

test('cancelling takes effect at once, reaches the node, and gives the entry back before it started', async () => {
  const phase = await seedPhase(database, { perPerson: 1 });
  const node = await connected();
  const { submissionId } = await dispatch.admit(phase.submission());
  const run = assignmentOf(node);
  await dispatch.cancel(submissionId);
  expect(node.cancelled).toEqual([run]);
  expect((await fixture.submission(submissionId)).status).toBe('Cancelled');
  expect(await dispatch.report(node.node.id, [scored(run.runId, 1, { score: 1 })])).not.toEqual([
    Disposition.REJECTED,
  ]);
  expect((await fixture.submission(submissionId)).status).toBe('Cancelled');
  await expect(dispatch.admit(phase.submission())).resolves.toBeDefined();
});

test('progress moves a submission forward and never back', async () => {
  const phase = await seedPhase(database);
  const node = await connected();
  const { submissionId } = await dispatch.admit(phase.submission());
  const { runId, attempt } = assignmentOf(node);
  const told = (state: RunState) =>
    dispatch.progress(node.node.id, [create(ProgressSchema, { attempt: { runId, attempt }, state })]);
  await told(RunState.SCORING);
  expect((await fixture.submission(submissionId)).status).toBe('Scoring');
  await told(RunState.PREPARING);
  expect((await fixture.submission(submissionId)).status).toBe('Scoring');
  await dispatch.report(node.node.id, [scored(runId, 1, { score: 1 })]);
  await told(RunState.REPORTING);
  expect((await fixture.submission(submissionId)).status).toBe('Finished');
});

test('a task with site data runs at every site that holds it, and the board has the mean', async () => {
  const dataset = `ward-${crypto.randomUUID().slice(0, 8)}`;
  const phase = await seedPhase(database, { siteData: dataset });
  await expect(dispatch.admit(phase.submission())).rejects.toMatchObject({ code: 'no_site_holds_data' });
  const north = await connected(dataset);
  const south = await connected(dataset);
  await connected();
  const { submissionId } = await dispatch.admit(phase.submission());
  expect([north.assigned, south.assigned].map(({ length }) => length)).toEqual([1, 1]);
  expect(north.assigned[0]!.siteData).toMatchObject({
    name: dataset,
    version: '1',
    input: true,
    reference: true,
  });
  expect(north.assigned[0]!.outputs).toEqual([]);
  await dispatch.report(north.node.id, [scored(assignmentOf(north).runId, 1, { score: 0.8 })]);
  expect((await fixture.submission(submissionId)).status).toBe('Scoring');
  await dispatch.report(south.node.id, [scored(assignmentOf(south).runId, 1, { score: 0.6 })]);
  expect((await fixture.submission(submissionId)).status).toBe('Finished');
  const stored = await database.queries.select().from(scores).where(eq(scores.submissionId, submissionId));
  expect(stored.map(({ value }) => Number(value))).toEqual([0.7]);
});

test('a submission with several tasks is over when all of them are', async () => {
  const phase = await seedPhase(database, { tasks: 2 });
  const node = await connected();
  const { submissionId } = await dispatch.admit(phase.submission());
  expect(node.assigned).toHaveLength(2);
  await dispatch.report(node.node.id, [scored(assignmentOf(node, 0).runId, 1, { score: 0.3 })]);
  expect((await fixture.submission(submissionId)).status).toBe('Scoring');
  await dispatch.report(node.node.id, [scored(assignmentOf(node, 1).runId, 1, { score: 0.4 })]);
  expect((await fixture.submission(submissionId)).status).toBe('Finished');
});

test('outside the dates of its phase nothing is admitted', async () => {
  const past = await seedPhase(database, { endsAt: new Date(Date.now() - 1000) });
  const future = await seedPhase(database, { startsAt: new Date(Date.now() + 60_000) });
  for (const phase of [past, future]) {
    await expect(dispatch.admit(phase.submission())).rejects.toMatchObject({ code: 'phase_not_open' });
    await expect(dispatch.admit(phase.submission({ limited: false }))).resolves.toBeDefined();
  }
});

test('a submission that waits for the organizer starts when it is released', async () => {
  const phase = await seedPhase(database);
  const node = await connected();
  const { submissionId } = await dispatch.admit(phase.submission({ start: false }));
  expect((await fixture.submission(submissionId)).status).toBe('Submitting');
  expect(node.assigned).toHaveLength(0);
  await dispatch.release(submissionId);
  await dispatch.release(submissionId);
  await vi.waitFor(() => expect(node.assigned).toHaveLength(1));
});

test('what was offered to a node that rests by now goes to the next one', async () => {
  const phase = await seedPhase(database);
  const [first, second] = [await connected(null, 1), await connected(null, 1)];
  await fixture.newDispatcher().admit(phase.submission());
  await dispatch.sweep();
  dispatch.move(first, []);
  await vi.waitFor(() => expect(second.assigned).toHaveLength(1));
  expect(first.assigned).toHaveLength(0);
});

test('other processes are told of what the nodes of this one have no room for, once', async () => {
  const phase = await seedPhase(database, { tasks: 3 });
  const node = await connected(null, 1);
  const tell = vi.spyOn(fixture.live, 'announceElsewhere');
  const { submissionId } = await dispatch.admit(phase.submission({ start: false }));
  await dispatch.release(submissionId);
  await vi.waitFor(() => expect(node.assigned).toHaveLength(1));
  const toldOfQueue = () => tell.mock.calls.filter(([topics]) => [...topics].includes('queue')).length;
  await vi.waitFor(() => expect(toldOfQueue()).toBe(1));
  dispatch.grant(node, 1);
  await vi.waitFor(() => expect(node.assigned).toHaveLength(2));
  await dispatch.sweep();
  expect(toldOfQueue()).toBe(1);
  tell.mockRestore();
});

test('a run that cannot be ended does not hold up what waits', async () => {
  const other = fixture.newDispatcher({ maxAttempts: 1 });
  dispatch = fixture.newDispatcher({ maxAttempts: 1 });
  const phase = await seedPhase(database);
  const gone = await connected(null, 1);
  await dispatch.admit(phase.submission());
  await fixture.expireLease(assignmentOf(gone).runId);
  await other.admit(phase.submission());
  const node = await connected(null, 1);
  vi.spyOn(database, 'transaction').mockRejectedValue(new Error('not this one'));
  await expect(dispatch.sweep()).rejects.toThrow('not this one');
  vi.restoreAllMocks();
  await vi.waitFor(() => expect(node.assigned).toHaveLength(1));
});

test('a waiting run says why it waits', async () => {
  const dataset = `ward-${crypto.randomUUID().slice(0, 8)}`;
  const phase = await seedPhase(database, { siteData: dataset });
  const north = await connected(dataset, 0);
  await dispatch.admit(phase.submission());
  const [run] = await database.queries.select().from(runs).where(eq(runs.siteId, north.node.siteId));
  expect((await dispatch.waitingReasons([run!.id])).get(run!.id)).toContain('no node is connected');
  await dispatch.extend(north.node.id, []);
  expect((await dispatch.waitingReasons([run!.id])).get(run!.id)).toContain('all of its nodes are busy');
});
