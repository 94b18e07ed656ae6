import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  LogLevel,
  OutcomeSchema,
  ProgressSchema,
  RunState,
  ScoreType,
  WaitReason,
} from '@weir/proto/node/v1';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { users } from '../accounts/schema.ts';
import { columns, competitions, phases, tasks } from '../competitions/schema.ts';
import { nodes } from '../sites/schema.ts';
import { isLeasedTo } from './outputs.ts';
import { runs } from './schema.ts';
import type { Dispatcher } from './service.ts';
import { assignmentOf, createDispatchFixture, type DispatchFixture } from './testing/fixture.ts';
import { seedPhase } from './testing/seed.ts';

let fixture: DispatchFixture;
let dispatch: Dispatcher;
beforeAll(async () => {
  fixture = await createDispatchFixture();
  dispatch = fixture.newDispatcher();
});
beforeEach(() => fixture.emptyQueue());
afterAll(async () => {
  await dispatch[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

const runRow = async (id: number) =>
  (await fixture.database.queries.select().from(runs).where(eq(runs.id, id)))[0]!;

test('what a run waits for at its node is kept, changes with the node, and never takes the run back', async () => {
  const seed = await seedPhase(fixture.database);
  const session = await fixture.connect(dispatch);
  await dispatch.admit(seed.submission());
  const attempt = assignmentOf(session);
  const tell = (state: RunState, waitsFor: WaitReason, until: Date | null = null) =>
    dispatch.progress(session.node.id, [
      create(ProgressSchema, {
        attempt,
        state,
        waitsFor,
        ...(until && { waitsUntil: timestampFromDate(until) }),
      }),
    ]);
  const row = () => runRow(Number(attempt.runId));
  const until = new Date(Date.now() + 3_600_000);

  await tell(RunState.AWAITING_SITE, WaitReason.WINDOW, until);
  expect(await row()).toMatchObject({ state: 'awaiting_site', waitsFor: 'window', waitsUntil: until });
  await tell(RunState.AWAITING_SITE, WaitReason.APPROVAL);
  expect(await row()).toMatchObject({ waitsFor: 'approval', waitsUntil: null });
  // A date that no clock of a site can mean.
  await tell(RunState.AWAITING_SITE, WaitReason.APPROVAL, new Date('9999-01-01'));
  expect(await row()).toMatchObject({ waitsFor: 'approval', waitsUntil: null });
  await tell(RunState.PREDICTING, WaitReason.UNSPECIFIED);
  await tell(RunState.AWAITING_SITE, WaitReason.APPROVAL);
  expect(await row()).toMatchObject({ state: 'predicting', waitsFor: null });
  await dispatch.cancel((await row()).submissionId!);
  dispatch.disconnect(session);
});

test('a node that is moved to no pool is handed nothing, and what waits once it takes runs again', async () => {
  const seed = await seedPhase(fixture.database);
  const session = await fixture.connect(dispatch);
  const { pools } = session;
  dispatch.move(session, []);
  await dispatch.admit(seed.submission());
  expect(session.assigned).toEqual([]);
  dispatch.move(session, pools);
  await vi.waitFor(() => expect(session.assigned).toMatchObject([{ attempt: 1 }]));
  dispatch.disconnect(session);
});

test('whoever waits for a site whose nodes rest is told so', async () => {
  const seed = await seedPhase(fixture.database, { siteData: 'rests' });
  const session = await fixture.connect(dispatch, { dataset: 'rests', credit: 0 });
  await fixture.database.queries
    .update(nodes)
    .set({ lastSeenAt: new Date(), paused: true })
    .where(eq(nodes.id, session.node.id));
  const { submissionId } = await dispatch.admit(seed.submission());
  const [run] = await fixture.database.queries.select().from(runs).where(eq(runs.submissionId, submissionId));
  const reasons = await dispatch.waitingReasons([run!.id]);
  expect(reasons.get(run!.id)).toMatch(/^Waiting for .* hospital: the site has paused its node$/);
  dispatch.disconnect(session);
});

test('an assignment carries what the competition declares and who submits', async () => {
  const { queries } = fixture.database;
  const seed = await seedPhase(fixture.database);
  const vouched = (value: string, days: number) => ({
    name: 'email_domain',
    value,
    source: 'https://idp.example',
    until: new Date(Date.now() + days * 86_400_000).toISOString(),
  });
  const attributes = [vouched('hospital.example', 1), vouched('uni.example', 2), vouched('over.example', -1)];
  await queries.update(users).set({ isRobot: true, attributes }).where(eq(users.id, seed.ownerId));
  const [phase] = await queries
    .update(phases)
    .set({ memoryBytes: 2 ** 31, cpuMillis: 500, gpus: 1, executionTimeLimitSeconds: 600_000 })
    .where(eq(phases.id, seed.phaseId))
    .returning();
  await queries
    .update(columns)
    .set({ scoreType: 'decimal', scoreMin: 0, scoreMax: 1, scoreDecimals: 3, unit: 'mm', minCases: 10 })
    .where(eq(columns.leaderboardId, phase!.leaderboardId));
  await queries
    .update(tasks)
    .set({ attestations: ['{"payloadType":"x"}'] })
    .where(eq(tasks.id, seed.taskIds[0]!));
  const session = await fixture.connect(dispatch);
  await dispatch.admit(seed.submission());
  expect(session.assigned[0]).toMatchObject({
    submitterId: BigInt(seed.ownerId),
    submitterAttributes: { email_domain: 'hospital.example\nuni.example', robot: 'true' },
    // A week is more than a step gets on the default queue.
    limits: { stepSeconds: 86_400, memoryBytes: 2n ** 31n, cpuMillis: 500, gpus: 1, diskBytes: 10n << 30n },
    scoreColumns: [
      { key: 'score', type: ScoreType.DECIMAL, min: 0, max: 1, decimals: 3, unit: 'mm', minCases: 10 },
    ],
    attestations: [Buffer.from('{"payloadType":"x"}')],
    rehearsal: false,
    logLevel: LogLevel.FULL,
  });
  dispatch.disconnect(session);
});

test.each([
  ['none', LogLevel.NONE],
  ['codes', LogLevel.CODES],
  ['scrubbed', LogLevel.SCRUBBED],
  ['full', LogLevel.FULL],
] as const)('a competition that asks for %s asks the node for it', async (logLevel, level) => {
  const { queries } = fixture.database;
  const seed = await seedPhase(fixture.database);
  const [phase] = await queries.select().from(phases).where(eq(phases.id, seed.phaseId));
  await queries.update(competitions).set({ logLevel }).where(eq(competitions.id, phase!.competitionId));
  const session = await fixture.connect(dispatch);
  await dispatch.admit(seed.submission());
  expect(session.assigned[0]).toMatchObject({ logLevel: level });
  dispatch.disconnect(session);
});

test('addresses of artifacts end with the revocation of their node, not with its lease', async () => {
  const seed = await seedPhase(fixture.database);
  const session = await fixture.connect(dispatch);
  await dispatch.admit(seed.submission());
  const { runId, attempt } = assignmentOf(session);
  const grant = { nodeId: session.node.id, runId: Number(runId), attempt, expires: 0 };
  expect(await isLeasedTo(fixture.database, grant)).toBe(true);
  await fixture.database.queries
    .update(nodes)
    .set({ revokedAt: new Date() })
    .where(eq(nodes.id, session.node.id));
  expect(await isLeasedTo(fixture.database, grant)).toBe(false);
  dispatch.disconnect(session);
});

test('what a node has is taken from it with its revocation, and what it reports then counts for nothing', async () => {
  const seed = await seedPhase(fixture.database);
  const session = await fixture.connect(dispatch);
  await dispatch.admit(seed.submission());
  const attempt = assignmentOf(session);
  const scores = create(OutcomeSchema, {
    attempt,
    result: { case: 'scores', value: { values: { score: 1 } } },
  });
  await dispatch.cutOff(session.node.id);
  await dispatch.report(session.node.id, [scores]);
  const run = await runRow(Number(attempt.runId));
  expect(run).toMatchObject({ state: 'queued', failureCode: 'node_revoked', fault: 'site', scores: null });
  expect(await dispatch.extend(session.node.id, [{ runId: run.id, attempt: 1 }])).toHaveLength(1);
  await dispatch.cancel(run.submissionId!);
  dispatch.disconnect(session);
});
