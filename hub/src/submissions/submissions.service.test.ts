import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Actor, anonymous } from '../accounts/access.ts';
import { competitions, participants } from '../competitions/schema.ts';
import { claims, logChunks, runs } from '../dispatch/schema.ts';
import { createHarness, type Harness, type PhaseOptions, type SeededPhase } from './testing/harness.ts';

type Person = Actor & { kind: 'user' };

let hub: Harness;
let node: Awaited<ReturnType<Harness['node']>>;

beforeAll(async () => {
  hub = await createHarness();
  node = await hub.node('north', 'ward');
});
afterAll(() => hub[Symbol.asyncDispose]());
// Every test begins with an empty queue.
beforeEach(() => hub.database.queries.delete(claims));

async function entered(options: PhaseOptions = {}): Promise<SeededPhase & { ada: Person }> {
  const phase = await hub.phase(options);
  const ada = await hub.person();
  await hub.approve(ada, phase.competitionId);
  return { ...phase, ada };
}

const submit = async (actor: Person, phaseId: number, request: object = {}) =>
  hub.submissions.create(actor, { phaseId, resourceKey: await hub.upload(actor), ...request });

const score = (value: number) => hub.finish(node, () => ({ scores: { score: value } }));

describe('who may submit', () => {
  test('participants, once they are approved', async () => {
    const { phaseId, competitionId } = await hub.phase();
    const bob = await hub.person();
    await expect(submit(bob, phaseId)).rejects.toMatchObject({ code: 'not_participant' });
    await hub.competitions.participation.join(bob, { id: competitionId, acceptTermsVersion: 1 });
    await expect(submit(bob, phaseId)).rejects.toMatchObject({ code: 'participation_pending' });
    await hub.database.queries
      .update(participants)
      .set({ status: 'approved' })
      .where(eq(participants.userId, bob.user.id));
    expect(await submit(bob, phaseId)).toMatchObject({ status: 'Submitted', owner: bob.user.username });
  });

  test('nobody without an account', async () => {
    const { phaseId } = await hub.phase();
    const denied = hub.submissions.create(anonymous, { phaseId, resourceKey: crypto.randomUUID() });
    await expect(denied).rejects.toMatchObject({ code: 'not_logged_in' });
  });

  test('with an upload of their own', async () => {
    const { phaseId, ada } = await entered();
    const bob = await hub.person();
    const resourceKey = await hub.upload(bob);
    await expect(submit(ada, phaseId, { resourceKey })).rejects.toMatchObject({ code: 'resource_missing' });
  });

  test('while the phase is open; organizers always', async () => {
    const { phaseId, ada, organizer } = await entered({ endsAt: new Date(1) });
    await expect(submit(ada, phaseId)).rejects.toMatchObject({ code: 'phase_not_open' });
    expect(await submit(organizer as Person, phaseId)).toMatchObject({ status: 'Submitted' });
    expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({
      can: false,
      reason: expect.stringContaining('does not take submissions now'),
    });
  });

  test('after accepting changed terms', async () => {
    const { phaseId, competitionId, ada } = await entered();
    await hub.database.queries
      .update(competitions)
      .set({ termsVersion: 2 })
      .where(eq(competitions.id, competitionId));
    await expect(submit(ada, phaseId)).rejects.toMatchObject({ code: 'terms_outdated' });
    await hub.competitions.participation.join(ada, { id: competitionId, acceptTermsVersion: 2 });
    expect(await submit(ada, phaseId)).toMatchObject({ status: 'Submitted' });
  });

  test('robots without limits, where the competition allows them', async () => {
    const { phaseId } = await hub.phase({ perDay: 1, competition: { allowRobotSubmissions: true } });
    const robot = await hub.person({ isRobot: true });
    for (const _ of [1, 2, 3]) await submit(robot, phaseId);
    expect(await hub.submissions.allowance(robot, phaseId)).toMatchObject({ can: true, usedToday: 0 });
  });
});

test('limits are told before submitting, and kept', async () => {
  const { phaseId, ada } = await entered({ perDay: 1, perPerson: 5 });
  expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({
    can: true,
    usedToday: 0,
    perDay: 1,
    inAll: 5,
  });
  await submit(ada, phaseId);
  expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({
    can: false,
    reason: expect.stringContaining('submissions of today'),
    usedToday: 1,
    usedInAll: 1,
  });
  await expect(submit(ada, phaseId)).rejects.toMatchObject({ code: 'limit_per_day' });
});

describe('the fact sheet', () => {
  const question = (key: string, rest: object) => ({
    key,
    title: key,
    type: 'text' as const,
    selection: [],
    isRequired: false,
    isOnLeaderboard: false,
    ...rest,
  });
  const factSheet = [
    question('method', { isRequired: true }),
    question('pretrained', { type: 'checkbox' }),
    question('agreed', { type: 'checkbox', isRequired: true }),
    question('size', { type: 'select', selection: ['small', 'large'] }),
  ];

  test('is answered with every submission', async () => {
    const { phaseId, ada } = await entered({ competition: { factSheet } });
    const wrong = { size: 'huge', extra: 'x', agreed: 'false' };
    await expect(submit(ada, phaseId, { factSheetAnswers: wrong })).rejects.toMatchObject({
      code: 'fact_sheet_invalid',
      fields: {
        method: expect.any(String),
        agreed: '"agreed" has to be checked.',
        size: expect.any(String),
        extra: expect.any(String),
      },
    });
    const { factSheetAnswers } = await submit(ada, phaseId, {
      factSheetAnswers: { method: 'forest', pretrained: 'true', agreed: true },
    });
    expect(factSheetAnswers).toEqual({ method: 'forest', pretrained: true, agreed: true, size: '' });
  });
});

test('a submission is followed from waiting to its scores', async () => {
  const { phaseId, ada } = await entered();
  const { id, waiting } = await submit(ada, phaseId);
  expect(waiting).toMatch(/^Waiting for a node of the queue/);
  await score(0.12345);
  expect(await hub.submissions.get(ada, id)).toMatchObject({
    status: 'Finished',
    waiting: null,
    explanation: null,
    onLeaderboard: true,
    scores: [{ columnKey: 'score', value: '0.12', raw: 0.12345 }],
    runs: [{ state: 'finished', site: null, scores: [{ columnKey: 'score', value: '0.12' }] }],
    files: [{ kind: 'submission', url: `/files/submissions/${id}/submission` }],
    canPutOnLeaderboard: false,
    canRemoveFromLeaderboard: false,
  });
});

test('a failure says whose fault it is and what to do', async () => {
  const { phaseId, ada } = await entered();
  const { id } = await submit(ada, phaseId);
  await hub.finish(node, () => ({
    outcome: 'failed',
    failureCode: 'prediction_time_limit',
    fault: 'participant',
  }));
  expect(await hub.submissions.get(ada, id)).toMatchObject({
    status: 'Failed',
    explanation: {
      code: 'prediction_time_limit',
      fault: 'participant',
      sentence: expect.stringContaining('Make it faster'),
    },
  });
});

test('with several tasks each has its part, and the board shows the best', async () => {
  const { phaseId, ada, seed } = await entered({ tasks: 2 });
  const { id, children } = await submit(ada, phaseId);
  expect(children.map(({ taskId }) => taskId)).toEqual(seed.taskIds);
  await hub.finish(node, ({ taskId }) => ({ scores: { score: taskId === seed.taskIds[0] ? 1 : 5 } }));
  const board = await hub.leaderboards.get(anonymous, { phaseId });
  expect(board.rows).toMatchObject([
    {
      submissionId: id,
      scores: { score: { value: '5.00' } },
      perTask: [{ scores: { score: '1.00' } }, { scores: { score: '5.00' } }],
    },
  ]);
  const some = await submit(ada, phaseId, { taskIds: [seed.taskIds[1]] });
  expect(some).toMatchObject({ taskId: seed.taskIds[1], children: [] });
  await expect(submit(ada, phaseId, { taskIds: [0] })).rejects.toMatchObject({ code: 'unknown_tasks' });
});

test('with site data the board shows which sites have answered, and their own scores where they share them', async () => {
  const south = await hub.node('south', 'ward');
  const { phaseId, ada } = await entered({ siteData: 'ward' });
  const { id } = await submit(ada, phaseId);
  await hub.finish(node, () => ({ scores: { score: 1 } }));
  expect((await hub.submissions.get(ada, id)).status).toBe('Scoring');
  await hub.finish(south, () => ({ outcome: 'refused', failureCode: 'refused_image', fault: 'site' }));
  const { rows } = await hub.leaderboards.get(anonymous, { phaseId });
  expect(rows).toMatchObject([
    { coverage: { done: 1, of: 2 }, perSite: [{ site: 'north hospital', scores: { score: '1.00' } }] },
  ]);
  const { runs: shown } = await hub.submissions.get(ada, id);
  expect(shown.map(({ state }) => state)).toEqual(['finished', 'refused']);
});

describe('who may see a submission', () => {
  test('its owner and organizers, no other participant', async () => {
    const { phaseId, competitionId, ada, organizer } = await entered();
    const bob = await hub.person();
    await hub.approve(bob, competitionId);
    const { id } = await submit(ada, phaseId);
    expect(await hub.submissions.get(ada, id)).toMatchObject({ canManage: false });
    expect(await hub.submissions.get(organizer, id)).toMatchObject({ canManage: true });
    for (const actor of [bob, anonymous]) {
      for (const denied of [
        () => hub.submissions.get(actor, id),
        () => hub.submissions.cancel(actor, id),
        () => hub.submissions.remove(actor, id),
        () => hub.submissions.rerun(actor, id),
        () => hub.submissions.setOnLeaderboard(actor, id, true),
        () => hub.submissions.fileFor(actor, id, 'submission'),
      ]) {
        await expect(denied()).rejects.toMatchObject({
          code: expect.stringMatching(/^(submission_not_found|not_logged_in)$/),
        });
      }
    }
    await expect(hub.submissions.all(ada, { competitionId })).rejects.toMatchObject({
      code: 'organizers_only',
    });
    expect(
      (await hub.submissions.all(organizer, { competitionId, search: ada.user.username })).items,
    ).toHaveLength(1);
    expect((await hub.submissions.mine(bob, { phaseId })).items).toEqual([]);
    expect((await hub.submissions.mine(ada, { phaseId })).items).toMatchObject([{ id }]);
  });
});

describe('outputs and logs', () => {
  async function withOutputs(options: PhaseOptions) {
    const context = await entered(options);
    const { id } = await submit(context.ada, context.phaseId);
    await score(1);
    const digest = `sha256:${'2'.repeat(64)}`;
    const outputs = { prediction_result: digest, scoring_result: digest, detailed_result: digest };
    const [run] = await hub.database.queries
      .update(runs)
      .set({ outputs })
      .where(eq(runs.submissionId, id))
      .returning();
    const chunk = { runId: run!.id, attempt: run!.attempt, stream: 1 };
    await hub.database.queries.insert(logChunks).values([
      { ...chunk, sequence: 1, text: Buffer.from('one ') },
      { ...chunk, sequence: 2, text: Buffer.from('two') },
      { ...chunk, sequence: 4, text: Buffer.from('four') },
    ]);
    return { ...context, id, runId: run!.id };
  }

  const kinds = (files: { kind: string }[]) => files.map(({ kind }) => kind);

  test('are shown as the phase says; to organizers always', async () => {
    const shown = await withOutputs({
      competition: { enableDetailedResults: true },
      phase: { hidePredictionOutput: true },
    });
    expect(kinds((await hub.submissions.get(shown.ada, shown.id)).files)).toEqual([
      'submission',
      'scoring_result',
      'detailed_result',
    ]);
    await expect(hub.submissions.fileFor(shown.ada, shown.id, 'prediction_result')).rejects.toMatchObject({
      code: 'file_not_found',
    });
    expect(kinds((await hub.submissions.get(shown.organizer, shown.id)).files)).toHaveLength(4);
    expect(await hub.submissions.reportFor(anonymous, shown.runId)).toMatchObject({ mediaType: 'text/html' });

    const hidden = await withOutputs({
      competition: { enableDetailedResults: true },
      phase: { hideOutput: true },
    });
    expect(kinds((await hub.submissions.get(hidden.ada, hidden.id)).files)).toEqual(['submission']);
    for (const actor of [hidden.ada, anonymous]) {
      await expect(hub.submissions.reportFor(actor, hidden.runId)).rejects.toMatchObject({
        code: 'file_not_found',
      });
    }
    expect(await hub.submissions.logs.read(hidden.ada, hidden.runId)).toMatchObject({
      permitted: false,
      streams: [],
    });
  });

  test('logs are read without gaps, and go on from a cursor', async () => {
    const { ada, runId } = await withOutputs({});
    const first = await hub.submissions.logs.read(ada, runId);
    expect(first).toMatchObject({
      permitted: true,
      level: 'full',
      streams: [{ stream: 'prediction_stdout', text: 'one two' }],
    });
    const [row] = await hub.database.queries.select().from(logChunks).where(eq(logChunks.runId, runId));
    await hub.database.queries
      .insert(logChunks)
      .values({ ...row!, sequence: 3, text: Buffer.from(' three '), truncated: true });
    const rest = await hub.submissions.logs.read(ada, runId, first.nextCursor);
    expect(rest.streams).toMatchObject([{ text: ' three four', truncated: true }]);
    expect((await hub.submissions.logs.read(ada, runId, rest.nextCursor)).streams).toEqual([]);
    await expect(hub.submissions.logs.read(anonymous, runId)).rejects.toMatchObject({
      code: 'submission_not_found',
    });
  });
});

describe('the board under its rule', () => {
  test('Add: the owner chooses one, another replaces it, none is taken off', async () => {
    const { phaseId, ada } = await entered({ rule: 'Add' });
    const first = await submit(ada, phaseId);
    const second = await submit(ada, phaseId);
    await expect(hub.submissions.setOnLeaderboard(ada, first.id, true)).rejects.toMatchObject({
      code: 'not_finished',
    });
    await score(1);
    expect((await hub.leaderboards.get(ada, { phaseId })).rows).toEqual([]);
    await hub.submissions.setOnLeaderboard(ada, first.id, true);
    await hub.submissions.setOnLeaderboard(ada, second.id, true);
    const board = await hub.leaderboards.get(ada, { phaseId });
    expect(board.rows).toMatchObject([{ submissionId: second.id, mine: true }]);
    await expect(hub.submissions.setOnLeaderboard(ada, second.id, false)).rejects.toMatchObject({
      code: 'not_allowed',
    });
    await expect(hub.submissions.remove(ada, second.id)).rejects.toMatchObject({ code: 'on_board' });
    await hub.submissions.remove(ada, first.id);
    await expect(hub.submissions.get(ada, first.id)).rejects.toMatchObject({ code: 'submission_not_found' });
  });

  test('Add_And_Delete_Multiple: several, each removable', async () => {
    const { phaseId, ada } = await entered({ rule: 'Add_And_Delete_Multiple' });
    const [first, second] = [await submit(ada, phaseId), await submit(ada, phaseId)];
    await score(1);
    for (const { id } of [first, second]) await hub.submissions.setOnLeaderboard(ada, id, true);
    const before = await hub.leaderboards.get(ada, { phaseId });
    expect(before.rows).toMatchObject([{ rank: 1 }, { rank: 1 }]);
    await hub.submissions.setOnLeaderboard(ada, first.id, false);
    const after = await hub.leaderboards.get(ada, { phaseId });
    expect(after.rows).toMatchObject([{ submissionId: second.id }]);
    expect(after.version).toBeGreaterThan(before.version);
  });

  test('Force_Best: nobody but admins moves entries, and the next best follows one that organizers delete', async () => {
    const { phaseId, ada, organizer } = await entered({ rule: 'Force_Best' });
    const good = await submit(ada, phaseId);
    await score(5);
    const worse = await submit(ada, phaseId);
    await score(3);
    expect((await hub.leaderboards.get(ada, { phaseId })).rows).toMatchObject([{ submissionId: good.id }]);
    await expect(hub.submissions.setOnLeaderboard(organizer, worse.id, true)).rejects.toMatchObject({
      code: 'not_allowed',
    });
    await hub.submissions.remove(organizer, good.id);
    expect((await hub.leaderboards.get(ada, { phaseId })).rows).toMatchObject([{ submissionId: worse.id }]);
  });
});

test('a cancelled submission is over at once; what is over stays', async () => {
  const { phaseId, ada } = await entered({ perDay: 1 });
  const { id } = await submit(ada, phaseId);
  expect(await hub.submissions.cancel(ada, id)).toMatchObject({ status: 'Cancelled' });
  expect(await hub.submissions.cancel(ada, id)).toMatchObject({ status: 'Cancelled' });
  expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({ can: true, usedToday: 0 });
});

test('organizers run a submission again: same owner and data, beside the limits', async () => {
  const { phaseId, ada, organizer } = await entered({ perPerson: 1, tasks: 2 });
  const { id, children } = await submit(ada, phaseId);
  await expect(hub.submissions.rerun(ada, id)).rejects.toMatchObject({ code: 'not_allowed' });
  const again = await hub.submissions.rerun(organizer, id);
  expect(again).toMatchObject({ owner: ada.user.username, isSpecificTaskReRun: false });
  expect(again.id).not.toBe(id);
  expect(again.children).toHaveLength(2);
  const part = await hub.submissions.rerun(organizer, children[0]!.id);
  expect(part).toMatchObject({ taskId: children[0]!.taskId, isSpecificTaskReRun: true });
  await score(1);
  const { rows } = await hub.leaderboards.get(organizer, { phaseId });
  expect(rows.map(({ submissionId }) => submissionId)).toEqual([again.id]);
});

test('without automatic runs a submission waits until an organizer starts it', async () => {
  const { phaseId, ada, organizer } = await entered({ competition: { autoRunSubmissions: false } });
  const { id, ...before } = await submit(ada, phaseId);
  expect(before).toMatchObject({ status: 'Submitting', waiting: 'Waiting for an organizer to start it' });
  await expect(hub.submissions.start(ada, id)).rejects.toMatchObject({ code: 'not_allowed' });
  expect(await hub.submissions.start(organizer, id)).toMatchObject({ status: 'Submitted' });
});
