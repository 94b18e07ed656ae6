import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Actor } from '../accounts/access.ts';
import { claims, runs } from '../dispatch/schema.ts';
import { siteDatasets } from '../sites/schema.ts';
import { rehearsalUsage } from './schema.ts';
import { createHarness, type Harness, type PhaseOptions } from './testing/harness.ts';

type Person = Actor & { kind: 'user' };

let hub: Harness;
let north: Awaited<ReturnType<Harness['node']>>;
let south: Awaited<ReturnType<Harness['node']>>;

beforeAll(async () => {
  hub = await createHarness();
  north = await hub.node('north', 'ward');
  south = await hub.node('south', 'ward');
  await hub.node('west', 'ward');
  await hub.node('east', 'plain');
  for (const { siteId } of [north, south]) await offerSynthetic(siteId);
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(() => hub.database.queries.delete(claims));

const offerSynthetic = (siteId: number) =>
  hub.database.queries
    .update(siteDatasets)
    .set({ hasSynthetic: true })
    .where(and(eq(siteDatasets.siteId, siteId), eq(siteDatasets.name, 'ward')));

async function entered(options: PhaseOptions = {}) {
  const phase = await hub.phase({ siteData: 'ward', ...options });
  const ada = await hub.person();
  await hub.approve(ada, phase.competitionId);
  return { ...phase, ada };
}

const rehearse = async (actor: Person, phaseId: number, request: { site?: string } = {}) =>
  hub.submissions.rehearse(actor, { phaseId, resourceKey: await hub.upload(actor), ...request });

describe('a rehearsal', () => {
  test('runs at each site with synthetic data, or at the one that was chosen', async () => {
    const { phaseId, ada } = await entered();
    const everywhere = await rehearse(ada, phaseId);
    expect(everywhere).toMatchObject({ isRehearsal: true, status: 'Submitted' });
    expect(everywhere.runs.map(({ site }) => site?.name)).toEqual(['north', 'south']);
    const { runs: one } = await rehearse(ada, phaseId, { site: 'south' });
    expect(one.map(({ site }) => site?.name)).toEqual(['south']);
  });

  test('is over once its sites are, shows the scores of each, and is on no board', async () => {
    const { phaseId, ada, organizer } = await entered({ rule: 'Force_Best' });
    const { id } = await rehearse(ada, phaseId);
    for (const node of [north, south]) await hub.finish(node, () => ({ scores: { score: 0.5 } }));
    const seen = await hub.submissions.get(ada, id);
    expect(seen).toMatchObject({ status: 'Finished', onLeaderboard: false, canPutOnLeaderboard: false });
    expect(seen.runs.map(({ scores }) => scores)).toMatchObject([
      [{ columnKey: 'score', value: '0.50' }],
      [{ columnKey: 'score', value: '0.50' }],
    ]);
    expect((await hub.leaderboards.get(ada, { phaseId })).rows).toEqual([]);
    await expect(hub.submissions.setOnLeaderboard(organizer, id, true)).rejects.toMatchObject({
      code: expect.stringMatching(/not_allowed|not_finished/),
    });
    await expect(hub.submissions.rerun(organizer, id)).rejects.toMatchObject({ code: 'not_allowed' });
  });

  test('does not count against the limits of the phase', async () => {
    const { phaseId, ada } = await entered({ perDay: 1, perPerson: 1 });
    await rehearse(ada, phaseId);
    expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({ can: true, usedInAll: 0 });
    await hub.submissions.create(ada, { phaseId, resourceKey: await hub.upload(ada) });
    // Nor does it need any of them.
    expect(await rehearse(ada, phaseId)).toMatchObject({ isRehearsal: true });
  });

  test('shows all of its logs, whatever the phase hides', async () => {
    const { phaseId, ada } = await entered({
      phase: { hideOutput: true },
      competition: { logLevel: 'none' },
    });
    const { runs } = await rehearse(ada, phaseId, { site: 'north' });
    expect(await hub.submissions.logs.read(ada, runs[0]!.id)).toMatchObject({
      permitted: true,
      level: 'full',
    });
  });

  test('is told from submissions in lists, and not counted among them', async () => {
    const { phaseId, competitionId, ada, organizer } = await entered();
    const rehearsal = await rehearse(ada, phaseId);
    const real = await hub.submissions.create(ada, { phaseId, resourceKey: await hub.upload(ada) });
    const idsOf = async (kind?: 'submission' | 'rehearsal') =>
      (await hub.submissions.mine(ada, { phaseId, kind })).items.map(({ id }) => id);
    expect(await idsOf()).toEqual([real.id, rehearsal.id]);
    expect(await idsOf('submission')).toEqual([real.id]);
    const { items } = await hub.submissions.all(organizer, { competitionId, kind: 'rehearsal' });
    expect(items.map(({ id }) => id)).toEqual([rehearsal.id]);
    expect((await hub.competitions.get(ada, competitionId)).submissionCount).toBe(1);
  });
});

describe('a rehearsal is refused', () => {
  test('where there is nothing to rehearse on, saying so', async () => {
    const without = await entered({ siteData: null });
    await expect(rehearse(without.ada, without.phaseId)).rejects.toThrow(
      /no task of this phase runs on data/i,
    );
    const plain = await entered({ siteData: 'plain' });
    await expect(rehearse(plain.ada, plain.phaseId)).rejects.toThrow(/no site has synthetic data/i);
    const { ada, phaseId } = await entered();
    await expect(rehearse(ada, phaseId, { site: 'west' })).rejects.toThrow(
      /this site has no synthetic data/i,
    );
    expect((await hub.submissions.allowance(plain.ada, plain.phaseId)).rehearsal).toBeNull();
    expect((await hub.submissions.allowance(ada, phaseId)).rehearsal).toMatchObject({
      sites: [{ name: 'north' }, { name: 'south' }],
      usedToday: 0,
    });
  });

  test('to whoever may not submit', async () => {
    const { phaseId } = await entered();
    await expect(rehearse(await hub.person(), phaseId)).rejects.toMatchObject({ code: 'not_participant' });
    const closed = await entered({ endsAt: new Date(1) });
    await expect(rehearse(closed.ada, closed.phaseId)).rejects.toMatchObject({ code: 'phase_not_open' });
  });

  test('beyond three at a time, exactly, and does not use up the day', async () => {
    const { phaseId, ada } = await entered();
    const asked = await Promise.allSettled(Array.from({ length: 6 }, () => rehearse(ada, phaseId)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    await expect(rehearse(ada, phaseId)).rejects.toMatchObject({ code: 'rehearsals_in_flight' });
    expect((await hub.submissions.allowance(ada, phaseId)).rehearsal).toMatchObject({
      usedToday: 3,
      inFlight: 3,
    });
  });

  test('beyond those of a day', async () => {
    const { phaseId, ada } = await entered();
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const used = { userId: ada.user.id, usedToday: 20 };
    await hub.database.queries.insert(rehearsalUsage).values({ ...used, day: yesterday });
    await rehearse(ada, phaseId);
    await hub.database.queries
      .update(rehearsalUsage)
      .set({ usedToday: 20 })
      .where(eq(rehearsalUsage.userId, ada.user.id));
    await expect(rehearse(ada, phaseId)).rejects.toMatchObject({ code: 'rehearsals_per_day' });
  });
});

test('a part of the sites failing does not keep a rehearsal from its end', async () => {
  const { phaseId, ada } = await entered();
  const { id } = await rehearse(ada, phaseId);
  await hub.finish(north, () => ({ scores: { score: 1 } }));
  await hub.finish(south, () => ({ outcome: 'refused', failureCode: 'refused_competition', fault: 'site' }));
  expect(await hub.submissions.get(ada, id)).toMatchObject({ status: 'Finished' });
  const states = await hub.database.queries.select().from(runs).where(eq(runs.submissionId, id));
  expect(states.map(({ state }) => state).sort()).toEqual(['finished', 'refused']);
});
