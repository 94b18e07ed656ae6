import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../accounts/access.ts';
import { submissionUsage } from './schema.ts';
import { createHarness, type Harness, type PhaseOptions } from './testing/harness.ts';

type Person = Actor & { kind: 'user' };

let hub: Harness;
let node: Awaited<ReturnType<Harness['node']>>;

beforeAll(async () => {
  hub = await createHarness();
  node = await hub.node('north', 'ward');
});
afterAll(() => hub[Symbol.asyncDispose]());

async function entered(options: PhaseOptions = {}) {
  const phase = await hub.phase(options);
  const ada = await hub.person();
  await hub.approve(ada, phase.competitionId);
  return { ...phase, ada };
}

const submit = async (actor: Person, phaseId: number) =>
  hub.submissions.create(actor, { phaseId, resourceKey: await hub.upload(actor) });

/** How many of so many at once are taken, and the codes of the refusals. */
async function rush(actor: Person, phaseId: number, clients: number) {
  const keys = await Promise.all(Array.from({ length: clients }, () => hub.upload(actor)));
  const results = await Promise.allSettled(
    keys.map((resourceKey) => hub.submissions.create(actor, { phaseId, resourceKey })),
  );
  const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
  return { taken: clients - refusals.length, codes: [...new Set(refusals)] };
}

const own = { perDay: null, perMonth: null, inAll: null, atATime: null, isBlocked: false };

describe('each limit holds exactly, however many clients submit at once', () => {
  test.each([
    ['limit_per_day', { maxSubmissionsPerDay: 3 }],
    ['limit_per_month', { maxSubmissionsPerMonth: 3 }],
    ['limit_per_person', { maxSubmissionsPerPerson: 3 }],
    ['limit_at_a_time', { maxConcurrentSubmissions: 3 }],
  ])('%s', async (code, phase) => {
    const { phaseId, ada } = await entered({ phase });
    expect(await rush(ada, phaseId, 25)).toEqual({ taken: 3, codes: [code] });
    expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({ can: false });
  });
});

describe('submissions at a time', () => {
  test('give their place free as they end, whichever way', async () => {
    const { phaseId, ada } = await entered({ phase: { maxConcurrentSubmissions: 4 } });
    const first = await submit(ada, phaseId);
    await submit(ada, phaseId);
    await submit(ada, phaseId);
    await submit(ada, phaseId);
    await expect(submit(ada, phaseId)).rejects.toMatchObject({ code: 'limit_at_a_time' });
    await hub.submissions.cancel(ada, first.id);
    expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({ can: true, inFlight: 3 });
    let n = 0;
    await hub.finish(
      node,
      () =>
        [
          { scores: { score: 1 } },
          { outcome: 'failed', failureCode: 'prediction_failed', fault: 'participant' } as const,
          { outcome: 'failed', failureCode: 'scoring_failed', fault: 'organizer' } as const,
        ][n++ % 3]!,
    );
    expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({ can: true, inFlight: 0 });
    expect(await rush(ada, phaseId, 12)).toMatchObject({ taken: 4 });
  });

  test('count a submission with several tasks once, until all of it is over', async () => {
    const { phaseId, ada } = await entered({ tasks: 3, phase: { maxConcurrentSubmissions: 1 } });
    await submit(ada, phaseId);
    await expect(submit(ada, phaseId)).rejects.toMatchObject({ code: 'limit_at_a_time' });
    await hub.finish(node, () => ({ scores: { score: 1 } }));
    expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({ can: true, inFlight: 0 });
  });

  test('cost nothing of the day when the organizer, the site or the hub spoils them', async () => {
    const { phaseId, ada } = await entered({
      phase: { maxSubmissionsPerDay: 3, maxSubmissionsPerMonth: 3, maxSubmissionsPerPerson: 3 },
    });
    for (const fault of ['organizer', 'site', 'hub'] as const) {
      await submit(ada, phaseId);
      await hub.finish(node, () => ({ outcome: 'failed', failureCode: 'assignment_invalid', fault }));
    }
    expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({
      usedToday: 0,
      usedThisMonth: 0,
      usedInAll: 0,
    });
  });
});

test('what was counted in a month that is past is not taken off this one', async () => {
  const { phaseId, ada } = await entered({ phase: { maxSubmissionsPerMonth: 2 } });
  const { user } = ada;
  await hub.database.queries
    .insert(submissionUsage)
    .values({ phaseId, userId: user.id, day: '2020-01-31', usedToday: 2, usedThisMonth: 2, usedInAll: 2 });
  expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({ usedThisMonth: 0, usedInAll: 2 });
  expect(await rush(ada, phaseId, 6)).toEqual({ taken: 2, codes: ['limit_per_month'] });
});

describe('limits of one person', () => {
  test('raise those of the phase, with the reason shown', async () => {
    const { phaseId, organizer, ada } = await entered({ phase: { maxSubmissionsPerDay: 1 } });
    const { username } = ada.user;
    await submit(ada, phaseId);
    await hub.submissions.limits.set(organizer, {
      phaseId,
      username,
      own: { ...own, perDay: 4 },
      reset: false,
      reason: 'The scorer was broken on Monday',
    });
    expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({
      perDay: 4,
      usedToday: 1,
      own: { perDay: 4 },
      change: { reason: 'The scorer was broken on Monday' },
    });
    expect(await rush(ada, phaseId, 10)).toEqual({ taken: 3, codes: ['limit_per_day'] });
  });

  test('forget what was used, and give none of it back a second time', async () => {
    const { phaseId, organizer, ada } = await entered({ phase: { maxSubmissionsPerPerson: 2 } });
    const { username } = ada.user;
    await submit(ada, phaseId);
    await submit(ada, phaseId);
    await hub.submissions.limits.set(organizer, { phaseId, username, own, reset: true, reason: 'An appeal' });
    await hub.finish(node, () => ({ outcome: 'failed', failureCode: 'scoring_failed', fault: 'organizer' }));
    expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({ usedInAll: 0, usedToday: 0 });
    expect(await rush(ada, phaseId, 5)).toMatchObject({ taken: 2 });
  });

  test('keep somebody out, also whoever has not submitted yet', async () => {
    const { phaseId, organizer, ada } = await entered();
    const { username } = ada.user;
    const change = {
      phaseId,
      username,
      own: { ...own, isBlocked: true },
      reset: false,
      reason: 'Two accounts',
    };
    await hub.submissions.limits.set(organizer, change);
    await expect(submit(ada, phaseId)).rejects.toMatchObject({ code: 'submitter_blocked' });
    expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({
      can: false,
      reason: expect.stringContaining('Two accounts'),
    });
  });

  test('are the organizers’ alone', async () => {
    const { phaseId, ada } = await entered();
    const { username } = ada.user;
    const change = { phaseId, username, own: { ...own, perDay: 99 }, reset: false, reason: 'Please' };
    await expect(hub.submissions.limits.set(ada, change)).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(hub.submissions.limits.get(ada, { phaseId, username })).rejects.toMatchObject({
      code: 'not_allowed',
    });
  });
});
