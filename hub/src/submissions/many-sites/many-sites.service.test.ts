import { eq } from 'drizzle-orm';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Actor, anonymous } from '../../accounts/access.ts';
import type { SiteRule } from '../../bundles/site-rule.ts';
import { claim } from '../../dispatch/claim.ts';
import { LostLeases } from '../../dispatch/lost-leases.ts';
import { sitePool } from '../../dispatch/pools.ts';
import { claims, runs } from '../../dispatch/schema.ts';
import { expireLeases } from '../../dispatch/sweep.ts';
import { LocalLiveBus } from '../../live/bus.ts';
import { toSubmission } from '../../rest/submission-shape.ts';
import { sites } from '../../sites/schema.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import { type Statement, solvedSites } from './testing/attacker.ts';

let hub: Harness;
let admin: Actor;
/** Site s has the score SCORES[s] and counts WEIGHTS[s] patients. */
const NAMES = ['east', 'north', 'south', 'west'];
const SCORES = [0.4, 0.6, 0.3, 0.5];
const WEIGHTS = [100, 300, 200, 400];
let nodes: Awaited<ReturnType<Harness['node']>>[];

beforeAll(async () => {
  hub = await createHarness();
  admin = await hub.person({ isAdmin: true });
  nodes = [];
  for (const [site, name] of NAMES.entries()) {
    nodes.push(await hub.node(name, 'ward', { counts: { patients: WEIGHTS[site]! } }));
  }
});
afterAll(() => hub[Symbol.asyncDispose]());

async function letShare(...sharing: number[]): Promise<void> {
  for (const [site, { siteId }] of nodes.entries()) {
    await hub.database.queries
      .update(sites)
      .set({ sharesScores: sharing.includes(site) })
      .where(eq(sites.id, siteId));
  }
}

async function enter(siteRule: Partial<SiteRule> = {}) {
  const phase = await hub.phase({ siteData: 'ward', siteRule });
  return { ...phase, ...(await enterPhase(phase)) };
}

async function enterPhase({ phaseId, competitionId }: { phaseId: number; competitionId: number }) {
  const ada = await hub.person();
  await hub.approve(ada, competitionId);
  const submit = async () =>
    (await hub.submissions.create(ada, { phaseId, resourceKey: await hub.upload(ada) })).id;
  return { ada, submit, id: await submit() };
}

const answer = (site: number) => hub.finish(nodes[site]!, () => ({ scores: { score: SCORES[site]! } }));
const fail = (site: number) =>
  hub.finish(nodes[site]!, () => ({
    outcome: 'failed',
    failureCode: 'prediction_time_limit',
    fault: 'participant',
  }));
const refuse = (site: number) =>
  hub.finish(nodes[site]!, () => ({ outcome: 'refused', failureCode: 'refused_image', fault: 'site' }));

async function boardOf(phaseId: number, actor: Actor = anonymous) {
  return (await hub.leaderboards.get(actor, { phaseId })).rows;
}

describe('the score over sites', () => {
  test.each([
    ['mean', 0.45],
    ['weighted', (40 + 180 + 60 + 200) / 1000],
    ['median', 0.45],
    ['worst', 0.3],
    ['best', 0.6],
  ] as const)('is their %s', async (combine, score) => {
    await letShare(0, 1, 2, 3);
    const { id, ada } = await enter({ combine, ...(combine === 'weighted' && { weight: 'patients' }) });
    for (const site of NAMES.keys()) await answer(site);
    const seen = await hub.submissions.get(ada, id);
    expect(seen).toMatchObject({ status: 'Finished', sites: { standing: 'complete', done: 4, of: 4 } });
    expect(seen.scores[0]!.raw).toBeCloseTo(score, 9);
  });

  test('stands from the quorum on, while a site that is offline comes late, with a mark', async () => {
    await letShare(0, 1, 2, 3);
    const { id, ada, phaseId } = await enter({ quorum: 3 });
    await answer(0);
    await answer(1);
    expect(await boardOf(phaseId)).toEqual([]);
    const waiting = await hub.submissions.get(ada, id);
    expect(waiting).toMatchObject({
      status: 'Scoring',
      scores: [],
      sites: { standing: 'waiting', sentence: '2 of 3 sites needed for a combined score.' },
    });
    expect(waiting.runs.map(({ scores }) => scores[0]?.value)).toEqual([
      '0.40',
      '0.60',
      undefined,
      undefined,
    ]);
    await answer(2);
    expect(await boardOf(phaseId)).toMatchObject([
      { scores: { score: { value: '0.43' } }, coverage: { done: 3, of: 4, updatedAt: null } },
    ]);
    const finished = await hub.submissions.get(ada, id);
    expect(finished).toMatchObject({
      status: 'Finished',
      waiting: expect.stringContaining('west hospital'),
      sites: { standing: 'partial', sentence: 'Still to come: west hospital.' },
    });
    await answer(3);
    const late = await hub.submissions.get(ada, id);
    expect(late).toMatchObject({ status: 'Finished', sites: { done: 4, updatedAt: expect.any(Date) } });
    expect(late.version).toBeGreaterThan(finished.version);
    expect(late.finishedAt).toEqual(finished.finishedAt);
    expect(await boardOf(phaseId)).toMatchObject([
      {
        scores: { score: { value: '0.45' } },
        coverage: { done: 4, of: 4, updatedAt: expect.any(Date), sentence: null },
      },
    ]);
  });

  test('is missing when too few sites bring one, whose fault that is', async () => {
    await letShare(0, 1, 2, 3);
    const { id, ada, phaseId } = await enter({ minSites: 3 });
    await answer(0);
    await fail(1);
    await answer(2);
    await refuse(3);
    expect(await hub.submissions.get(ada, id)).toMatchObject({
      status: 'Failed',
      explanation: { code: 'sites_missed', fault: 'participant' },
      sites: { standing: 'missed', sentence: expect.stringContaining('2 of 3 sites needed') },
    });
    expect(await boardOf(phaseId)).toEqual([]);
  });

  test('counts missing sites as the task says', async () => {
    await letShare(0, 1, 2, 3);
    const ignored = await enter({ missing: 'ignore' });
    for (const site of [0, 1, 2]) await answer(site);
    await fail(3);
    const worst = await enter({ missing: 'worst' });
    for (const site of [0, 1, 2]) await answer(site);
    await fail(3);
    const waits = await enter({ missing: 'wait' });
    for (const site of [0, 1, 2]) await answer(site);
    await fail(3);
    const raw = async ({ ada, id }: { ada: Actor; id: number }) =>
      (await hub.submissions.get(ada, id)).scores[0]?.raw;
    expect(await raw(ignored)).toBeCloseTo(1.3 / 3, 9);
    expect(await raw(worst)).toBeCloseTo(1.6 / 4, 9);
    expect(await raw(waits)).toBeUndefined();
  });

  test('asks the sites that the task names, and refuses what could never have one', async () => {
    await letShare(0, 1, 2, 3);
    const { id, ada } = await enter({ sites: ['north', 'west'] });
    const { runs: asked } = await hub.submissions.get(ada, id);
    expect(asked.map(({ site }) => site?.name)).toEqual(['north', 'west']);
    await hub.submissions.cancel(ada, id);
    await expect(enter({ quorum: 5 })).rejects.toMatchObject({ code: 'too_few_sites' });
    await expect(enter({ sites: ['elsewhere'] })).rejects.toMatchObject({ code: 'no_site_holds_data' });
  });

  test('is weighed by what the sites published when they answered', async () => {
    await letShare(0, 1, 2, 3);
    const { id, ada } = await enter({ combine: 'weighted', weight: 'beds' });
    for (const site of NAMES.keys()) await answer(site);
    const seen = await hub.submissions.get(ada, id);
    expect(seen).toMatchObject({ status: 'Failed', explanation: { code: 'sites_missed' } });
    expect(seen.sites?.sentence).toContain('Without the count "beds" and so without weight: east hospital');
  });

  test('late sites of a deleted submission are not waited for', async () => {
    await letShare(0, 1, 2, 3);
    const { id, ada, organizer } = await enter({ quorum: 1 });
    await answer(0);
    await hub.submissions.remove(organizer, id);
    const left = await hub.database.queries
      .select()
      .from(runs)
      .where(eq(runs.submissionId, id))
      .orderBy(runs.id);
    expect(left.map(({ state }) => state)).toEqual(['finished', 'cancelled', 'cancelled', 'cancelled']);
    await expect(hub.submissions.get(ada, id)).rejects.toMatchObject({ code: 'submission_not_found' });
  });
});

describe('a site that keeps its scores to itself', () => {
  test('is in the combined score alone, for whoever looks', async () => {
    await letShare(0);
    const { id, ada, organizer, phaseId, competitionId } = await enter();
    for (const site of NAMES.keys()) await answer(site);
    for (const actor of [ada, organizer, admin]) {
      const { scores, runs: shown } = await hub.submissions.get(actor, id);
      expect(scores).toMatchObject([{ value: '0.45', raw: 0.45 }]);
      expect(shown.map(({ scores, scoresKeptBack }) => [scores.length, scoresKeptBack])).toEqual([
        [1, false],
        [0, true],
        [0, true],
        [0, true],
      ]);
      const [row] = await boardOf(phaseId, actor);
      expect(row!.perSite).toEqual([{ site: 'east hospital', scores: { score: '0.40' } }]);
    }
    const everything = JSON.stringify([
      await hub.submissions.all(organizer, { competitionId }),
      await hub.submissions.mine(ada, { phaseId }),
      await hub.submissions.peek(admin, id),
      toSubmission(await hub.submissions.get(organizer, id)),
    ]);
    for (const score of [0.6, 0.3, 0.5]) expect(everything).not.toContain(score.toFixed(2));
  });

  test('can take back what it shared, and what it did not share stays its own', async () => {
    await letShare(0, 1, 2, 3);
    const before = await enter();
    for (const site of NAMES.keys()) await answer(site);
    await letShare();
    const after = await enter();
    for (const site of NAMES.keys()) await answer(site);
    await letShare(1);
    const shown = async ({ ada, id }: { ada: Actor; id: number }) =>
      (await hub.submissions.get(ada, id)).runs.map(({ scores }) => scores.length);
    expect(await shown(before)).toEqual([0, 1, 0, 0]);
    expect(await shown(after)).toEqual([0, 0, 0, 0]);
  });

  test('of two there is no combined score, and why is said', async () => {
    await letShare();
    const { id, ada, phaseId } = await enter({ sites: ['north', 'east'] });
    await answer(0);
    await answer(1);
    expect(await hub.submissions.get(ada, id)).toMatchObject({
      status: 'Finished',
      scores: [],
      sites: { standing: 'withheld', sentence: expect.stringContaining('fewer than 3 sites') },
    });
    expect(await boardOf(phaseId)).toEqual([]);
  });

  test('that is the only one has its score on the board', async () => {
    await letShare();
    const { id, ada, phaseId } = await enter({ sites: ['east'] });
    await answer(0);
    expect(await hub.submissions.get(ada, id)).toMatchObject({ status: 'Finished', scores: [{ raw: 0.4 }] });
    expect(await boardOf(phaseId)).toMatchObject([{ scores: { score: { value: '0.40' } } }]);
  });

  test('and comes late and alone is left out', async () => {
    await letShare();
    const { id, ada, phaseId } = await enter({ quorum: 3 });
    for (const site of [0, 1, 2, 3]) await answer(site);
    expect(await hub.submissions.get(ada, id)).toMatchObject({
      status: 'Finished',
      sites: {
        done: 3,
        of: 4,
        updatedAt: null,
        sentence: expect.stringContaining('Answered and left out: west hospital'),
      },
    });
    expect(await boardOf(phaseId)).toMatchObject([
      { scores: { score: { value: '0.43' } }, coverage: { done: 3 } },
    ]);
  });

  test('waits for a site that is at work, and no longer once that has lost its run', async () => {
    await letShare();
    const { id, ada } = await enter({ quorum: 3 });
    const [taken] = await claim(hub.database, [sitePool(nodes[3]!.siteId)], nodes[3]!.id, 1, 10_000);
    for (const site of [0, 1, 2]) await answer(site);
    expect(await hub.submissions.get(ada, id)).toMatchObject({ scores: [], sites: { standing: 'waiting' } });
    await hub.database.queries
      .update(claims)
      .set({ leaseExpiresAt: new Date(0) })
      .where(eq(claims.runId, taken!.runId));
    await hub.dispatch.sweep();
    expect(await hub.submissions.get(ada, id)).toMatchObject({
      status: 'Finished',
      scores: [{ value: '0.43' }],
      sites: { standing: 'partial', done: 3 },
    });
    await hub.submissions.cancel(ada, id);
  });

  test('is waited for no longer even when the hub is killed between noticing and looking again', async () => {
    await letShare();
    const { id, ada } = await enter({ quorum: 3 });
    await claim(hub.database, [sitePool(nodes[3]!.siteId)], nodes[3]!.id, 1, -1);
    for (const site of [0, 1, 2]) await answer(site);
    expect(await expireLeases(hub.database, 2)).toHaveLength(1);
    expect((await hub.submissions.get(ada, id)).scores).toEqual([]);
    const { database, boards } = hub;
    const log = pino({ level: 'silent' });
    const restarted = new LostLeases({ database, boards, live: new LocalLiveBus(), maxAttempts: 2, log });
    await restarted.sweep();
    expect(await hub.submissions.get(ada, id)).toMatchObject({
      status: 'Finished',
      scores: [{ value: '0.43' }],
      sites: { done: 3 },
    });
    await hub.submissions.cancel(ada, id);
  });

  test('begins to share with nobody from whom it has kept a score before', async () => {
    await letShare();
    const { ada, submit, ...phase } = await enter();
    for (const site of NAMES.keys()) await answer(site);
    await letShare(0, 1, 2);
    const again = await submit();
    const another = await enterPhase(phase);
    for (const site of NAMES.keys()) await answer(site);
    const shown = async (actor: Actor, id: number) =>
      (await hub.submissions.get(actor, id)).runs.map(({ scores }) => scores.length);
    expect(await shown(ada, again)).toEqual([0, 0, 0, 0]);
    expect(await shown(another.ada, another.id)).toEqual([1, 1, 1, 0]);
  });

  test('is not told with what others have shared and taken back', async () => {
    await letShare(0, 1);
    const { ada, submit } = await enter({ quorum: 3 });
    await answer(0);
    await answer(1);
    await letShare();
    const again = await submit();
    for (const site of [0, 1, 2]) await answer(site);
    expect((await hub.submissions.get(ada, again)).scores).toEqual([]);
    await answer(3);
    expect((await hub.submissions.get(ada, again)).scores).toMatchObject([{ value: '0.45' }]);
  });

  test('is not told by asking the others one by one', async () => {
    await letShare();
    const { ada } = await enter();
    for (const site of NAMES.keys()) await answer(site);
    const alone = [];
    for (const [site, name] of ['east', 'north', 'south'].entries()) {
      const { phaseId, competitionId } = await hub.phase({ siteData: 'ward', siteRule: { sites: [name] } });
      await hub.approve(ada, competitionId);
      const { id } = await hub.submissions.create(ada, { phaseId, resourceKey: await hub.upload(ada) });
      await answer(site);
      alone.push(await hub.submissions.get(ada, id));
    }
    expect(alone.map(({ scores, runs }) => [scores.length, runs[0]!.scores.length])).toEqual([
      [1, 1],
      [1, 1],
      [0, 0],
    ]);
  });

  test('is not told by entering the same program again', async () => {
    await letShare();
    const { id, ada, submit } = await enter({ quorum: 3 });
    for (const site of [0, 1, 2]) await answer(site);
    const again = await submit();
    // Both submissions wait at the site that was missing.
    for (const site of [3, 0, 1]) await answer(site);
    expect((await hub.submissions.get(ada, again)).scores).toEqual([]);
    await answer(2);
    const [first, second] = [await hub.submissions.get(ada, id), await hub.submissions.get(ada, again)];
    expect(second.scores).toEqual(first.scores);
    expect(second.sites).toMatchObject({ done: 3, of: 4 });
  });
});

test('whoever reads everything solves for no score that a site withholds, in any order of arrival', async () => {
  const orders = [0, 1, 2, 3].flatMap((a) =>
    [0, 1, 2, 3].flatMap((b) => [0, 1, 2, 3].map((c) => [a, b, c, 6 - a - b - c])),
  );
  const permutations = orders.filter(
    (order) => new Set(order).size === 4 && order.every((s) => s >= 0 && s < 4),
  );
  expect(permutations).toHaveLength(24);
  for (const sharing of [[], [0], [0, 1]]) {
    await letShare(...sharing);
    const shares = [...NAMES.keys()].map((site) => sharing.includes(site));
    const phase = await hub.phase({
      siteData: 'ward',
      siteRule: { quorum: 3 },
      rule: 'Force_Latest_Multiple',
    });
    for (const order of permutations) {
      const { id, ada } = await enterPhase(phase);
      const statements: Statement[] = [];
      for (const site of order) {
        await answer(site);
        const seen = await readEverything(phase, ada, id);
        for (const each of seen.ownScores) expect(sharing).toContain(each);
        const combined = await hub.database.queries.select().from(runs).where(eq(runs.submissionId, id));
        const inside = combined
          .filter(({ combinedAt }) => combinedAt !== null)
          .map(({ siteId }) => nodes.findIndex((node) => node.siteId === siteId));
        expect(inside.length > 0).toBe(seen.combined.size > 0);
        for (const value of seen.combined) {
          const combination = (scoreOf: (site: number) => number) =>
            Number((inside.map(scoreOf).reduce((sum, score) => sum + score, 0) / inside.length).toFixed(2));
          statements.push({ key: inside.join(), value, combination });
        }
      }
      expect(statements.length, 'something is shown in the end').toBeGreaterThan(0);
      expect(solvedSites(statements, shares, SCORES), JSON.stringify({ sharing, order })).toEqual([]);
    }
  }
}, 120_000);

/** Through every door: which sites' own scores are shown, and which combined scores. */
async function readEverything(
  { phaseId, organizer }: { phaseId: number; organizer: Actor },
  ada: Actor,
  id: number,
): Promise<{ ownScores: Set<number>; combined: Set<number> }> {
  const ownScores = new Set<number>();
  const combined = new Set<number>();
  for (const actor of [ada, organizer, admin]) {
    const view = await hub.submissions.get(actor, id);
    for (const { raw } of view.scores) combined.add(raw);
    for (const { score } of toSubmission(view).scores as { score: string }[]) combined.add(Number(score));
    for (const { site, scores } of view.runs) if (scores.length > 0) ownScores.add(NAMES.indexOf(site!.name));
    const row = (await boardOf(phaseId, actor)).find(({ submissionId }) => submissionId === id);
    for (const { scores } of row?.perTask ?? []) combined.add(Number(scores.score));
    for (const { site } of row?.perSite ?? []) ownScores.add(NAMES.indexOf(site.split(' ')[0]!));
  }
  return { ownScores, combined };
}
