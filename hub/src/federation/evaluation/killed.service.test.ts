import { createHash } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { AttemptRefSchema, Disposition, LogChunkSchema, LogStream } from '@weir/proto/node/v1';
import { and, eq, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { competitions } from '../../competitions/schema.ts';
import type { HubContext } from '../../context/context.ts';
import { attempts, claims, guestRuns, runs } from '../../dispatch/schema.ts';
import { scored } from '../../dispatch/testing/fixture.ts';
import { scores } from '../../submissions/schema.ts';
import { peerHealth, peers } from '../peers/schema.ts';
import { createEvaluatingHubs, type EvaluatingHubs, SLOW } from '../testing/evaluating-hubs.ts';
import { Fuse, mortal } from '../testing/fuse.ts';
import { handedRuns } from './schema.ts';
import { createEvaluation } from './service.ts';

let hubs: EvaluatingHubs;
beforeAll(async () => {
  hubs = await createEvaluatingHubs();
  await hubs.alpha.context.database.queries.update(competitions).set({ enableDetailedResults: true });
  await hubs.grant();
}, 120_000);
afterAll(() => hubs[Symbol.asyncDispose]());

const REPORT = '<p>of the site</p>';

/** What the site's node does with each run that it is assigned: prints, leaves a report, and reports until it is acknowledged. */
async function evaluate(index: number): Promise<void> {
  const { dispatch } = hubs.beta.context;
  const { runId, attempt, outputs } = hubs.node.assigned[index]!;
  const there = { runId: runId as bigint, attempt: attempt as number };
  const chunk = (sequence: number, text: string) =>
    create(LogChunkSchema, {
      attempt: create(AttemptRefSchema, there),
      stream: LogStream.SCORING_STDOUT,
      sequence,
      text: Buffer.from(text),
    });
  await dispatch.appendLogs(hubs.node.node.id, [chunk(1, 'one\n'), chunk(2, 'two\n')]);
  await fetch(`${hubs.beta.address}${outputs![0]!.url}`, { method: 'PUT', body: REPORT });
  expect(await hubs.report(scored(there.runId, there.attempt, { score: 0.5 }))).toEqual([
    Disposition.ACCEPTED,
  ]);
}

let evaluated = 0;
let isOver = false;
let node: Promise<void> = Promise.resolve();
beforeAll(() => {
  const work = async () => {
    while (!isOver) {
      await vi.waitUntil(() => isOver || hubs.node.assigned.length > evaluated, {
        timeout: 600_000,
        interval: 20,
      });
      while (hubs.node.assigned.length > evaluated) await evaluate(evaluated++);
    }
  };
  node = work();
});
afterAll(async () => {
  isOver = true;
  await node;
});

/** The evaluation of a hub from now on; that of before is no more. */
async function replace(context: HubContext, parts: HubContext): Promise<void> {
  await context.evaluation[Symbol.asyncDispose]();
  Object.assign(context, { evaluation: createEvaluation(parts) });
  if (context === hubs.alpha.context) context.evaluation.start();
}

/** The link is cut, and an hour passes for the hub whose runs they are: leases run out, and whatever looks at the time. */
async function hourApart(): Promise<void> {
  const { database, dispatch } = hubs.alpha.context;
  const { queries } = database;
  const at = (address: string) =>
    queries.update(peers).set({ address }).where(eq(peers.id, hubs.betaAtAlpha));
  await at('http://127.0.0.1:1');
  const hour = sql`interval '1 hour'`;
  await queries.update(claims).set({ leaseExpiresAt: sql`${claims.leaseExpiresAt} - ${hour}` });
  await queries.update(handedRuns).set({
    createdAt: sql`${handedRuns.createdAt} - ${hour}`,
    overAt: sql`${handedRuns.overAt} - ${hour}`,
  });
  await queries.execute(sql`update nodes set last_seen_at = last_seen_at - ${hour}`);
  await dispatch.sweep();
  await at(hubs.beta.address);
  await queries.delete(peerHealth);
}

/** All that there is to say of the submission, after everything has settled. */
async function story(submissionId: number) {
  const { queries } = hubs.alpha.context.database;
  const there = hubs.beta.context.database.queries;
  const open = sql`${guestRuns.assignment} is not null`;
  let looks = 0;
  await vi.waitFor(async () => {
    // What is done each minute: files that could not be had before are asked for again.
    if (looks++ % 20 === 0) await hubs.beta.context.evaluation.tend();
    const handed = await queries.$count(handedRuns);
    const leased = await queries.$count(claims);
    // What was leased and never written down is leased anew once that lease has run out.
    if (handed === 0 && leased > 0) await hubs.alpha.context.dispatch.sweep();
    const left = { handed, leased, there: await there.$count(guestRuns, open) };
    expect(left).toEqual({ handed: 0, leased: 0, there: 0 });
  }, SLOW);
  const [run] = await queries.select().from(runs).where(eq(runs.submissionId, submissionId));
  const user = { id: hubs.phase.ownerId, username: 'owner', isAdmin: false, isRobot: false };
  const { streams } = await hubs.alpha.context.submissions.logs.read(
    { kind: 'user', user, via: 'session' },
    run!.id,
  );
  const ended = await queries
    .select()
    .from(attempts)
    .where(eq(attempts.runId, run!.id))
    .orderBy(attempts.attempt);
  const values = await queries.select().from(scores).where(eq(scores.submissionId, submissionId));
  return {
    status: (await hubs.submission(submissionId)).status,
    scores: values.map(({ value }) => Number(value)),
    outcomes: ended.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'lost'),
    logs: streams.map(({ text }) => text),
    report: run!.outputs?.detailed_result,
    // Each time that the site evaluates and releases something is charged there.
    evaluated: hubs.node.assigned.filter(({ origin }) => origin?.runId === BigInt(run!.id)).length,
    charged: await there.$count(
      guestRuns,
      and(eq(guestRuns.theirRun, run!.id), sql`${guestRuns.readyAt} is not null`),
    ),
  };
}

const WHOLE = {
  status: 'Finished',
  scores: [0.5],
  outcomes: ['finished'],
  logs: ['one\ntwo\n'],
  report: `sha256:${createHash('sha256').update(REPORT).digest('hex')}`,
  evaluated: 1,
  charged: 1,
};

/** The steps of both hubs, in their order. */
const AT_HOME: readonly [string, RegExp][] = [
  ['what is leased is written down', /^insert into "handed_runs"/],
  ['it is noted as offered', /^update "handed_runs" set "is_offered"/],
  ['the lease is kept up', /^dispatch\.extend/],
  ['logs find their place', /^update "handed_runs" set "logs"/],
  ['logs are kept', /^dispatch\.appendLogs/],
  ['the outcome is recorded', /^dispatch\.report/],
  ['the outcome is noted', /^update "handed_runs" set .*"over_at"/],
  ['the report is kept', /^update "runs" set "outputs"/],
  ['all is noted as taken', /^update "handed_runs" set .*"is_gone"/],
  ['it is forgotten', /^delete from "handed_runs"/],
];

const AT_THE_PEER: readonly [string, RegExp][] = [
  ['an offer is written down', /^insert into "guest_runs"/],
  ['an offer is taken', /^commit/],
  ['its files are there', /^insert into "peer_blobs"/],
  ['it is queued', /^dispatch\.queueGuest/],
  ['what is asked for is read', /^\s*select g\.run_id/],
  ['what is over is stopped', /^dispatch\.stopGuests/],
  ['it is settled', /update guest_runs set assignment = null/],
];

describe.each(['alpha', 'beta'] as const)('hub %s is killed', (name) => {
  const steps = name === 'alpha' ? AT_HOME : AT_THE_PEER;
  afterEach(async () => {
    await hubs.alpha.context.evaluation[Symbol.asyncDispose]();
  });

  test.each(
    steps.flatMap(([step, text]) =>
      (['before', 'after'] as const).map((when) => [when, step, text] as const),
    ),
  )(
    '%s %s: nothing is lost, doubled or stuck',
    async (when, _, text) => {
      const { alpha, beta } = hubs;
      await beta.context.database.queries.execute(sql`delete from peer_blobs`);
      const victim = hubs[name].context;
      const fuse = new Fuse(text, when);
      await using life = mortal(victim, fuse);
      await replace(victim, life.context);
      if (victim !== alpha.context) await replace(alpha.context, alpha.context);
      const { submissionId } = await alpha.context.dispatch.admit(hubs.phase.submission());
      await vi.waitUntil(() => fuse.isBurnt, SLOW);
      await alpha.context.evaluation[Symbol.asyncDispose]();
      if (when === 'after') await hourApart();
      await replace(victim, victim);
      if (victim !== alpha.context) await replace(alpha.context, alpha.context);
      await alpha.context.database.queries.delete(peerHealth);
      expect(await story(submissionId)).toEqual(WHOLE);
    },
    90_000,
  );
});
