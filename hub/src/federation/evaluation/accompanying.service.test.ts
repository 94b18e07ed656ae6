import { createHash } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  AttemptRefSchema,
  LogChunkSchema,
  LogLevel,
  LogStream,
  OutputKind,
  ProgressSchema,
  RunState,
  WaitReason,
} from '@weir/proto/node/v1';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { competitions } from '../../competitions/schema.ts';
import { claims, guestRuns, logChunks, runs } from '../../dispatch/schema.ts';
import { scored } from '../../dispatch/testing/fixture.ts';
import { leaderboardEntries } from '../../leaderboards/schema.ts';
import { siteDatasets, sites } from '../../sites/schema.ts';
import { peers } from '../peers/schema.ts';
import {
  createEvaluatingHubs,
  type EvaluatingHubs,
  SLOW,
  type UnderWay,
} from '../testing/evaluating-hubs.ts';
import { handedRuns } from './schema.ts';
import { createEvaluation } from './service.ts';

let hubs: EvaluatingHubs;
beforeAll(async () => {
  hubs = await createEvaluatingHubs();
  await hubs.alpha.context.database.queries.update(competitions).set({ enableDetailedResults: true });
  await hubs.beta.context.database.queries.update(siteDatasets).set({ hasSynthetic: true });
  await hubs.grant();
  hubs.alpha.context.evaluation.start();
}, 120_000);
afterAll(() => hubs[Symbol.asyncDispose]());

const owner = () => {
  const user = { id: hubs.phase.ownerId, username: 'owner', isAdmin: false, isRobot: false };
  return { kind: 'user', user, via: 'session' } as const;
};
const { PREDICTION_STDOUT, SCORING_STDERR } = LogStream;

/** The node prints lines, each a chunk of its own. */
async function print(there: UnderWay['there'], stream: LogStream, from: number, ...lines: string[]) {
  const attempt = create(AttemptRefSchema, there);
  const chunks = lines.map((line, place) =>
    create(LogChunkSchema, { attempt, stream, sequence: from + place, text: Buffer.from(`${line}\n`) }),
  );
  return hubs.beta.context.dispatch.appendLogs(hubs.node.node.id, chunks);
}

async function logsOf(runId: number): Promise<Record<string, string>> {
  const { streams } = await hubs.alpha.context.submissions.logs.read(owner(), runId);
  return Object.fromEntries(streams.map(({ stream, text }) => [stream, text]));
}
const showsLogs = (runId: number, expected: Record<string, string>) =>
  vi.waitFor(async () => expect(await logsOf(runId)).toEqual(expected), SLOW);

/** The node leaves a file where its assignment says. */
async function leave(kind: OutputKind, content: string): Promise<string> {
  const slot = hubs.node.assigned.at(-1)!.outputs!.find((one) => one.kind === kind)!;
  const { status } = await fetch(`${hubs.beta.address}${slot.url}`, { method: 'PUT', body: content });
  expect(status).toBe(204);
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

const isSettled = () =>
  vi.waitFor(async () => {
    expect(await hubs.alpha.context.database.queries.$count(handedRuns)).toBe(0);
    expect(await hubs.beta.context.database.queries.$count(guestRuns, sql`assignment is not null`)).toBe(0);
  }, SLOW);

test('permitted logs are there while the run is under way, in order and once, whatever is lost on the way', async () => {
  const { submissionId, there, runId } = await hubs.underWay();
  await print(there, PREDICTION_STDOUT, 1, 'one', 'two');
  // What overtook another waits for it.
  await print(there, SCORING_STDERR, 2, 'later');
  await showsLogs(runId, { prediction_stdout: 'one\ntwo\n' });

  // Answers are lost: the other hub has told, and does not know that nobody heard.
  const { hosting } = hubs.beta.context.evaluation;
  const { follow } = hosting;
  let lost = 0;
  hosting.follow = async (...asked) => {
    const answer = await follow.apply(hosting, asked);
    if (answer.runs.length > 0 && lost++ < 2) throw new Error('lost');
    return answer;
  };
  await print(there, PREDICTION_STDOUT, 3, 'three');
  await print(there, SCORING_STDERR, 1, 'first');
  const whole = { prediction_stdout: 'one\ntwo\nthree\n', scoring_stderr: 'first\nlater\n' };
  await showsLogs(runId, whole);
  expect(lost).toBeGreaterThanOrEqual(2);
  hosting.follow = follow;

  // Another process of this hub goes on where the one before was.
  const { context } = hubs.alpha;
  await context.evaluation[Symbol.asyncDispose]();
  Object.assign(context, { evaluation: createEvaluation(context) });
  context.evaluation.start();
  await print(there, PREDICTION_STDOUT, 4, 'four');
  await showsLogs(runId, { ...whole, prediction_stdout: 'one\ntwo\nthree\nfour\n' });

  await print(there, PREDICTION_STDOUT, 5, 'with the outcome');
  await hubs.report(scored(there.runId, there.attempt, { score: 0.5 }));
  await hubs.becomes(submissionId, 'Finished');
  expect((await logsOf(runId)).prediction_stdout).toContain('with the outcome\n');
  await isSettled();
  // The hub with the site keeps no copy.
  expect(await hubs.beta.context.database.queries.$count(logChunks)).toBe(0);
});

test('a site that tries twice within one attempt shows both tries, one after the other', async () => {
  const { submissionId, there, runId } = await hubs.underWay();
  await print(there, PREDICTION_STDOUT, 1, 'a', 'b');
  await showsLogs(runId, { prediction_stdout: 'a\nb\n' });
  const { database, dispatch } = hubs.beta.context;
  const count = hubs.node.assigned.length;
  // Its lease ran out there.
  await database.queries
    .update(claims)
    .set({ nodeId: null, leaseExpiresAt: null })
    .where(eq(claims.runId, Number(there.runId)));
  await dispatch.sweep();
  const again = await hubs.assigned(count + 1);
  expect(again).toEqual({ runId: there.runId, attempt: 2 });
  await print(again, PREDICTION_STDOUT, 1, 'a', 'c');
  await showsLogs(runId, { prediction_stdout: 'a\nb\na\nc\n' });
  await hubs.report(scored(again.runId, again.attempt, { score: 0.5 }));
  await hubs.becomes(submissionId, 'Finished');
});

test('where the competition shows no logs none are kept', async () => {
  const { queries } = hubs.alpha.context.database;
  await queries.update(competitions).set({ logLevel: 'none' });
  const { submissionId, there, runId } = await hubs.underWay();
  await print(there, PREDICTION_STDOUT, 1, 'chatter');
  await hubs.report(scored(there.runId, there.attempt, { score: 0.5 }));
  await hubs.becomes(submissionId, 'Finished');
  await isSettled();
  expect(await queries.$count(logChunks, eq(logChunks.runId, runId))).toBe(0);
  await queries.update(competitions).set({ logLevel: 'full' });
});

test('the report that the site lets out is brought over, and nothing else that was asked for', async () => {
  const { submissionId, there, runId } = await hubs.underWay();
  expect(hubs.node.assigned.at(-1)!.outputs).toMatchObject([{ kind: OutputKind.DETAILED_RESULT }]);
  const digest = await leave(OutputKind.DETAILED_RESULT, '<p>of 120 patients</p>');
  await hubs.report(scored(there.runId, there.attempt, { score: 0.5 }));
  await hubs.becomes(submissionId, 'Finished');
  await isSettled();
  const { submissions, blobs } = hubs.alpha.context;
  expect(await submissions.reportFor(owner(), runId)).toMatchObject({ digest });
  const content = await blobs.open(digest);
  expect(Buffer.concat(await content.toArray()).toString()).toBe('<p>of 120 patients</p>');
});

test('a report that is not what it was said to be is left out, and the score stands', async () => {
  const { submissionId, there, runId } = await hubs.underWay();
  const digest = await leave(OutputKind.DETAILED_RESULT, '<p>forged</p>');
  const { hosting } = hubs.beta.context.evaluation;
  const { follow } = hosting;
  const other = `sha256:${'ab'.repeat(32)}`;
  hosting.follow = async (...asked) => {
    const { runs, unknown } = await follow.apply(hosting, asked);
    const forge = <Told extends { digest: string }>(told: Told) => ({ ...told, digest: other });
    return {
      runs: runs.map(({ rest, ...run }) => ({ ...run, rest: rest && { outputs: rest.outputs.map(forge) } })),
      unknown,
    };
  };
  await hubs.report(scored(there.runId, there.attempt, { score: 0.5 }));
  await hubs.becomes(submissionId, 'Finished');
  await isSettled();
  hosting.follow = follow;
  const [run] = await hubs.alpha.context.database.queries.select().from(runs).where(eq(runs.id, runId));
  expect(run!.outputs).toBeNull();
  expect(await hubs.alpha.context.blobs.stat(other)).toBeNull();
  expect(digest).not.toBe(other);
});

test('files are given out under the address of their run alone, until the other hub has them', async () => {
  const { submissionId, there } = await hubs.underWay();
  await leave(OutputKind.DETAILED_RESULT, '<p>once</p>');
  const { urls } = hubs.beta.context.dispatch;
  const grant = { nodeId: 'peer', runId: Number(there.runId), attempt: 1, expires: Date.now() / 1000 + 60 };
  const address = urls.guestOutput('detailed_result', grant);
  const get = async (url: string) => (await fetch(`${hubs.beta.address}${url}`)).status;
  // Before the site has said what may leave.
  expect(await get(address)).toBe(403);
  await hubs.alpha.context.evaluation[Symbol.asyncDispose]();
  await hubs.report(scored(there.runId, there.attempt, { score: 0.5 }));
  expect(await get(address)).toBe(200);
  expect(await get(address.replace('detailed', 'scoring'))).toBe(403);
  expect(await get(address.replace(/run=\d+/, 'run=1'))).toBe(403);
  expect(await get(urls.guestOutput('detailed_result', { ...grant, expires: 1 }))).toBe(403);
  const { queries } = hubs.beta.context.database;
  await queries.update(peers).set({ state: 'paused' });
  expect(await get(address)).toBe(403);
  await queries.update(peers).set({ state: 'active' });
  const { context } = hubs.alpha;
  Object.assign(context, { evaluation: createEvaluation(context) });
  context.evaluation.start();
  await hubs.becomes(submissionId, 'Finished');
  await isSettled();
  expect(await get(address)).toBe(403);
});

test('a rehearsal runs at the site of the other hub on synthetic data, with all of its logs and files, and stands on no board', async () => {
  const { context } = hubs.alpha;
  const { limited: _, isSpecificTaskReRun: __, start: ___, ...entry } = hubs.phase.submission();
  const before = hubs.node.assigned.length;
  await expect(context.dispatch.rehearse({ ...entry, site: 'elsewhere' })).rejects.toThrow();
  const { submissionId } = await context.dispatch.rehearse({ ...entry, site: 'south@beta' });
  const there = await hubs.assigned(before + 1);
  const assignment = hubs.node.assigned.at(-1)!;
  expect(assignment).toMatchObject({ rehearsal: true, logLevel: LogLevel.FULL });
  expect(assignment.outputs!.map(({ kind }) => kind)).toEqual([
    OutputKind.PREDICTION_RESULT,
    OutputKind.SCORING_RESULT,
    OutputKind.DETAILED_RESULT,
  ]);
  await leave(OutputKind.PREDICTION_RESULT, 'PK of predictions');
  await print(there, PREDICTION_STDOUT, 1, 'all of it');
  await hubs.report(scored(there.runId, there.attempt, { score: 0.5 }));
  await hubs.becomes(submissionId, 'Finished');
  // Its last lines may come after the outcome.
  await print(there, PREDICTION_STDOUT, 2, 'to the end');
  const [run] = await context.database.queries.select().from(runs).where(eq(runs.submissionId, submissionId));
  await showsLogs(run!.id, { prediction_stdout: 'all of it\nto the end\n' });
  await isSettled();
  expect((await hubs.submission(submissionId)).isRehearsal).toBe(true);
  const file = await context.submissions.fileFor(owner(), submissionId, 'prediction_result');
  expect(await context.blobs.stat(file.digest)).toEqual({ size: 'PK of predictions'.length });
  const { queries } = context.database;
  expect(await queries.$count(leaderboardEntries, eq(leaderboardEntries.submissionId, submissionId))).toBe(0);
}, 120_000);

test('a site of a peer that the task does not name, or that is not permitted, is no place for rehearsals', async () => {
  const { context } = hubs.alpha;
  const offer = async () => (await context.submissions.allowance(owner(), hubs.phase.phaseId)).rehearsal;
  expect((await offer())?.sites).toMatchObject([{ name: 'south@beta' }]);
  const { grants } = await hubs.beta.context.evaluation.grants(hubs.admin.actor);
  await hubs.beta.context.evaluation.withdraw(hubs.admin.actor, grants[0]!.id);
  await context.evaluation.tend();
  expect(await offer()).toBeNull();
  const { limited: _, isSpecificTaskReRun: __, start: ___, ...entry } = hubs.phase.submission();
  await expect(context.dispatch.rehearse({ ...entry, site: null })).rejects.toMatchObject({
    code: 'rehearsal_not_offered',
  });
  await hubs.grant();
});

test('what a run waits for at the site, and until when, is told as of a site of this hub', async () => {
  const { submissionId, there } = await hubs.underWay();
  const until = new Date(Math.ceil(Date.now() / 60_000 + 90) * 60_000);
  const tells = async (state: RunState, waitsFor: WaitReason, sentence: RegExp) => {
    const progress = { attempt: there, state, waitsFor, waitsUntil: timestampFromDate(until) };
    await hubs.beta.context.dispatch.progress(hubs.node.node.id, [create(ProgressSchema, progress)]);
    await vi.waitFor(async () => {
      const { waiting } = await hubs.alpha.context.submissions.get(owner(), submissionId);
      expect(waiting).toMatch(sentence);
      expect(waiting).toContain(until.toISOString().slice(0, 16).replace('T', ' '));
    }, SLOW);
  };
  const who = 'south hospital @beta';
  await tells(RunState.AWAITING_SITE, WaitReason.APPROVAL, new RegExp(`^Waiting for ${who}'s approval`));
  await tells(RunState.REVIEWING, WaitReason.REVIEW, new RegExp(`^Awaiting site review at ${who}`));
  await hubs.report(scored(there.runId, there.attempt, { score: 0.5 }));
  await hubs.becomes(submissionId, 'Finished');
});

test('a site that takes another name, or whose hub does, stays the same one', async () => {
  const { alpha, beta } = hubs;
  const { queries } = alpha.context.database;
  const ofPeers = () =>
    queries.select().from(sites).where(eq(sites.peerId, hubs.betaAtAlpha)).orderBy(sites.id);
  const [before] = await ofPeers();
  expect(before).toMatchObject({ name: 'south@beta', peerSiteId: hubs.node.node.siteId });
  const { submissionId, there } = await hubs.underWay();

  const named = new Map([[before!.peerSiteId, 'southern']]);
  const { hosting } = beta.context.evaluation;
  const { sites: list } = hosting;
  hosting.sites = async (peer) => {
    const listing = await list.call(hosting, peer);
    return { sites: listing.sites.map((site) => ({ ...site, name: named.get(site.id) ?? site.name })) };
  };
  await queries.update(peers).set({ name: 'gamma' });
  await alpha.context.evaluation.tend();
  expect(await ofPeers()).toEqual([
    { ...before, name: 'southern@gamma', title: 'south hospital @gamma', formerNames: ['south@beta'] },
  ]);
  // What is under way goes on, and the task that names it as it was called means it still.
  await hubs.report(scored(there.runId, there.attempt, { score: 0.25 }));
  await hubs.becomes(submissionId, 'Finished');
  const next = await hubs.underWay();
  await hubs.report(scored(next.there.runId, next.there.attempt, { score: 0.5 }));
  await hubs.becomes(next.submissionId, 'Finished');

  // The name that it had goes to nobody else, not even to another site of its hub.
  const [newcomer] = await beta.context.database.queries
    .insert(sites)
    .values({ name: 'newcomer', title: 'Newcomer' })
    .returning();
  named.set(newcomer!.id, 'south');
  const ward = { name: 'ward', version: '1', digest: `sha256:${'0'.repeat(64)}` };
  await beta.context.database.queries
    .insert(siteDatasets)
    .values({ siteId: newcomer!.id, ...ward, hasInput: true, hasReference: true, counts: {} });
  await queries.update(peers).set({ name: 'beta' });
  await beta.context.evaluation.grant(hubs.admin.actor, {
    peerId: hubs.alphaAtBeta,
    competitionId: hubs.competitionId,
    site: 'newcomer',
    dataset: { name: 'ward', version: '1' },
  });
  await alpha.context.evaluation.tend();
  expect((await ofPeers()).map(({ name, formerNames }) => [name, formerNames])).toEqual([
    ['southern@beta', ['south@beta', 'southern@gamma']],
    [`south-${newcomer!.id}@beta`, []],
  ]);
  expect(await alpha.context.dispatch.admit(hubs.phase.submission())).toMatchObject({});
});
