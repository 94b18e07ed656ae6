import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Actor } from '../accounts/access.ts';
import { competitions, phases, phaseTasks, tasks } from '../competitions/schema.ts';
import { claims } from '../dispatch/schema.ts';
import { batches, submissions } from './schema.ts';
import { createHarness, type Harness, type PhaseOptions } from './testing/harness.ts';

type Person = Actor & { kind: 'user' };

let hub: Harness;
let node: Awaited<ReturnType<Harness['node']>>;
const never = new AbortController().signal;

beforeAll(async () => {
  hub = await createHarness();
  await hub.jobs.migrate();
  node = await hub.node('north', 'ward');
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(() => hub.database.queries.delete(claims));

async function entered(options: PhaseOptions = {}) {
  const phase = await hub.phase(options);
  const ada = await hub.person();
  await hub.approve(ada, phase.competitionId);
  return { ...phase, ada };
}

const submit = async (actor: Person, phaseId: number, request: object = {}) =>
  hub.submissions.create(actor, { phaseId, resourceKey: await hub.upload(actor), ...request });
const score = (value: number) => hub.finish(node, () => ({ scores: { score: value } }));
const board = async (actor: Actor, phaseId: number) =>
  (await hub.leaderboards.get(actor, { phaseId })).rows.map((row) => row.submissionId);
const rootsOf = (phaseId: number) =>
  hub.database.queries
    .select()
    .from(submissions)
    .where(eq(submissions.phaseId, phaseId))
    .orderBy(submissions.id);

/** A phase after another of the same competition, with tasks and a board of its own. */
async function nextPhase(first: { phaseId: number; competitionId: number }, begins: Date) {
  const second = await hub.phase();
  await hub.database.queries
    .update(phases)
    .set({ competitionId: first.competitionId, index: 1, startsAt: begins, autoMigrateToThisPhase: true })
    .where(eq(phases.id, second.phaseId));
  return second;
}

describe('submissions that wait for an organizer', () => {
  test('begin when one starts them, many at once, those of others untouched', async () => {
    const { phaseId, organizer, ada } = await entered({ competition: { autoRunSubmissions: false } });
    const [first, second, third] = [
      await submit(ada, phaseId),
      await submit(ada, phaseId),
      await submit(ada, phaseId),
    ];
    expect(first).toMatchObject({ status: 'Submitting', waiting: 'Waiting for an organizer to start it' });
    await expect(hub.submissions.start(ada, first.id)).rejects.toMatchObject({ code: 'not_allowed' });
    const many = await hub.submissions.many.start(organizer, [first.id, second.id, 0]);
    expect(many).toMatchObject({
      done: [first.id, second.id],
      refused: [{ id: 0, code: 'submission_not_found' }],
    });
    await score(1);
    expect((await hub.submissions.get(ada, second.id)).status).toBe('Finished');
    expect((await hub.submissions.get(ada, third.id)).status).toBe('Submitting');
  });
});

describe('an edited score', () => {
  test('keeps who, when, why and both values, and moves the board', async () => {
    const { phaseId, organizer, ada } = await entered({ rule: 'Force_Best' });
    const good = await submit(ada, phaseId);
    await score(0.9);
    const fair = await submit(ada, phaseId);
    await score(0.5);
    expect(await board(ada, phaseId)).toEqual([good.id]);
    const edit = { columnKey: 'score', value: 0.1, reason: 'Trained on the test set' };
    await expect(hub.submissions.editScore(ada, good.id, edit)).rejects.toMatchObject({
      code: 'not_allowed',
    });
    const edited = await hub.submissions.editScore(organizer, good.id, edit);
    expect(edited.scores).toMatchObject([{ columnKey: 'score', raw: 0.1 }]);
    expect(edited.changes).toMatchObject([
      { kind: 'score', columnKey: 'score', oldValue: 0.9, newValue: 0.1, reason: edit.reason },
    ]);
    // The best is another one now.
    expect(await board(ada, phaseId)).toEqual([fair.id]);
    expect((await hub.submissions.get(ada, good.id)).changes).toHaveLength(1);
  });

  test('is one of a finished submission and of a column that is not computed', async () => {
    const { phaseId, organizer, ada } = await entered();
    const { id } = await submit(ada, phaseId);
    const edit = { columnKey: 'score', value: 1, reason: 'x' };
    await expect(hub.submissions.editScore(organizer, id, edit)).rejects.toMatchObject({
      code: 'not_scored',
    });
    await score(0.5);
    const unknown = hub.submissions.editScore(organizer, id, { ...edit, columnKey: 'none' });
    await expect(unknown).rejects.toMatchObject({ code: 'unknown_column' });
  });
});

test('organizers force a submission onto an automatic board, and say why', async () => {
  const { phaseId, organizer, ada } = await entered({ rule: 'Force_Best' });
  await submit(ada, phaseId);
  await score(0.9);
  const other = await submit(ada, phaseId);
  await score(0.5);
  await expect(hub.submissions.forceOntoLeaderboard(ada, other.id, 'Mine')).rejects.toMatchObject({
    code: 'not_allowed',
  });
  const forced = await hub.submissions.forceOntoLeaderboard(organizer, other.id, 'The jury decided');
  expect(forced).toMatchObject({
    onLeaderboard: true,
    changes: [{ kind: 'board', reason: 'The jury decided' }],
  });
  expect(await board(ada, phaseId)).toEqual([other.id]);
});

test('what was forced onto an automatic board stays there until it is taken off again', async () => {
  const { phaseId, organizer, ada } = await entered({ rule: 'Force_Best' });
  const best = await submit(ada, phaseId);
  await score(0.9);
  const other = await submit(ada, phaseId);
  await score(0.5);
  await hub.submissions.forceOntoLeaderboard(organizer, other.id, 'The jury decided');
  const better = await submit(ada, phaseId);
  await score(0.95);
  expect(await board(ada, phaseId)).toEqual([other.id]);
  for (const anew of [false, true]) {
    await hub.leaderboards.rebuild(phaseId, { anew });
    expect(await board(ada, phaseId)).toEqual([other.id]);
  }
  // Its own score still counts.
  const edit = { columnKey: 'score', value: 0.6, reason: 'Counted again' };
  await hub.submissions.editScore(organizer, other.id, edit);
  expect(await board(ada, phaseId)).toEqual([other.id]);

  expect(await hub.submissions.get(ada, other.id)).toMatchObject({ canRemoveFromLeaderboard: false });
  await expect(hub.submissions.setOnLeaderboard(ada, other.id, false)).rejects.toMatchObject({
    code: 'not_allowed',
  });
  expect(await hub.submissions.get(organizer, other.id)).toMatchObject({ canRemoveFromLeaderboard: true });
  await hub.submissions.setOnLeaderboard(organizer, other.id, false);
  expect(await board(ada, phaseId)).toEqual([better.id]);
  expect(await hub.submissions.get(organizer, best.id)).toMatchObject({ canRemoveFromLeaderboard: false });
});

describe('what a submission says of itself', () => {
  test('is changed by its owner', async () => {
    const { phaseId, ada } = await entered();
    const { id } = await submit(ada, phaseId);
    const edited = await hub.submissions.edit(ada, id, { name: 'Second try', description: 'With dropout' });
    expect(edited).toMatchObject({ name: 'Second try', description: 'With dropout', isPublic: false });
  });

  test('is public when its owner likes and the competition lets them', async () => {
    const { phaseId, competitionId, ada } = await entered();
    const bob = await hub.person();
    const { id } = await submit(ada, phaseId);
    await expect(hub.submissions.edit(ada, id, { isPublic: true })).rejects.toMatchObject({
      code: 'not_publishable',
    });
    await score(1);
    await hub.submissions.edit(ada, id, { isPublic: true });
    expect(
      (await hub.submissions.published(bob, { competitionId, phaseId })).items.map((one) => one.id),
    ).toEqual([id]);
    expect((await hub.submissions.get(bob, id)).id).toBe(id);
    await expect(hub.submissions.edit(bob, id, { name: 'Mine' })).rejects.toMatchObject({
      code: 'submission_not_found',
    });
    await hub.submissions.edit(ada, id, { isPublic: false });
    await expect(hub.submissions.get(bob, id)).rejects.toMatchObject({ code: 'submission_not_found' });
    await hub.database.queries
      .update(competitions)
      .set({ canParticipantsMakeSubmissionsPublic: false })
      .where(eq(competitions.id, competitionId));
    await expect(hub.submissions.edit(ada, id, { isPublic: true })).rejects.toMatchObject({
      code: 'not_allowed',
    });
  });
});

test('organizers find what was deleted, and take it back with its place on the board', async () => {
  const { phaseId, competitionId, organizer, ada } = await entered();
  const [older, latest] = [await submit(ada, phaseId), await submit(ada, phaseId)];
  await score(1);
  await hub.submissions.remove(organizer, latest.id);
  expect(await board(ada, phaseId)).toEqual([older.id]);
  const found = await hub.submissions.deleted(organizer, { competitionId });
  expect(found.items).toMatchObject([{ id: latest.id, deletedAt: expect.any(Date), scores: [{}] }]);
  await expect(hub.submissions.restore(ada, latest.id)).rejects.toMatchObject({
    code: 'submission_not_found',
  });
  expect(await hub.submissions.restore(organizer, latest.id)).toMatchObject({
    deletedAt: null,
    onLeaderboard: true,
  });
  expect(await board(ada, phaseId)).toEqual([latest.id]);
  expect((await hub.submissions.deleted(organizer, { competitionId })).items).toEqual([]);
});

describe('run again', () => {
  test('on a task of another phase, by robots, on no board', async () => {
    const { phaseId, competitionId, ada } = await entered({ competition: { allowRobotSubmissions: true } });
    const other = await hub.phase({ competition: { allowRobotSubmissions: true } });
    const closed = await hub.phase();
    const robot = await hub.person({ isRobot: true });
    const keyOf = async (taskId: number) => {
      const [task] = await hub.database.queries.select().from(tasks).where(eq(tasks.id, taskId));
      return task!.key;
    };
    const { id } = await submit(ada, phaseId);
    await score(1);
    const again = await hub.submissions.rerun(robot, id, await keyOf(other.seed.taskIds[0]!));
    expect(again).toMatchObject({
      phaseId,
      competitionId,
      taskId: other.seed.taskIds[0],
      isSpecificTaskReRun: true,
    });
    await score(0.2);
    expect(await hub.submissions.peek(robot, again.id)).toMatchObject({
      status: 'Finished',
      onLeaderboard: false,
    });
    const secret = hub.submissions.rerun(robot, id, await keyOf(closed.seed.taskIds[0]!));
    await expect(secret).rejects.toMatchObject({ code: 'unknown_tasks' });
  });

  test('those that were chosen, and a phase only where a task has been changed since', async () => {
    const { phaseId, competitionId, organizer, ada, seed } = await entered();
    const [first, second] = [await submit(ada, phaseId), await submit(ada, phaseId)];
    await score(0.5);
    const waiting = await submit(ada, phaseId);
    const { batches } = hub.submissions;
    const request = { competitionId, ids: [first.id, waiting.id, 999_999] };
    await expect(batches.rerunChosen(ada, request)).rejects.toMatchObject({ code: 'organizers_only' });
    const chosen = await batches.rerunChosen(organizer, request);
    expect(chosen).toMatchObject({ entering: 1, leftOut: [waiting.id, 999_999] });
    for (const id of chosen.batchIds) await batches.run(id, never);
    await score(0.5);
    expect(await rootsOf(phaseId)).toHaveLength(4);

    const { rows } = await hub.database.pool.query<{ version: number }>(
      'update tasks set version = version + 1 where id = $1 returning version',
      [seed.taskIds[0]],
    );
    hub.dispatch.phaseChanged(phaseId);
    const current = await hub.submissions.rerun(organizer, second.id);
    await score(0.5);
    expect(current.taskVersion).toBe(rows[0]!.version);
    const { id } = await batches.rerunPhase(organizer, { phaseId, onlyFormerVersions: true });
    await batches.run(id, never);
    const again = (await rootsOf(phaseId)).slice(5).map(({ resourceId }) => resourceId);
    const resourceOf = async (one: { id: number }) =>
      (await rootsOf(phaseId)).find((root) => root.id === one.id)!.resourceId;
    expect(again.toSorted()).toEqual([await resourceOf(first), await resourceOf(waiting)].toSorted());
  });

  test('a whole phase: each file of each participant once, exactly, also when the job is done twice', async () => {
    const { phaseId, organizer, ada } = await entered();
    const first = await submit(ada, phaseId);
    const second = await submit(ada, phaseId);
    await score(0.5);
    await hub.submissions.rerun(organizer, second.id);
    await score(0.5);
    const { id } = await hub.submissions.batches.rerunPhase(organizer, { phaseId });
    await Promise.all([hub.submissions.batches.run(id, never), hub.submissions.batches.run(id, never)]);
    await hub.submissions.batches.run(id, never);
    const roots = await rootsOf(phaseId);
    expect(roots).toHaveLength(5);
    const added = roots.slice(3).map(({ resourceId }) => resourceId);
    expect(added.toSorted()).toEqual([roots[0]!.resourceId, roots[1]!.resourceId]);
    expect(first.id).toBe(roots[0]!.id);
    await score(0.7);
    const [batch] = await hub.submissions.batches.list(
      organizer,
      roots.length ? (await hub.submissions.peek(organizer, first.id)).competitionId : 0,
    );
    expect(batch).toMatchObject({
      kind: 'rerun',
      total: 2,
      entered: 2,
      over: 2,
      finishedAt: expect.any(Date),
    });
    expect(await hub.submissions.allowance(ada, phaseId)).toMatchObject({ usedInAll: 2 });
  });
});

describe('many at once', () => {
  test('what the rules refuse is told for each, and the others are done', async () => {
    const { phaseId, competitionId, organizer, ada } = await entered({ rule: 'Force_Best' });
    const best = await submit(ada, phaseId);
    await score(0.9);
    const fair = await submit(ada, phaseId);
    await score(0.5);
    const open = await submit(ada, phaseId);
    const ids = [best.id, fair.id, open.id];
    const forced = await hub.submissions.many.forceOntoLeaderboard(organizer, [fair.id, open.id], 'The jury');
    expect(forced).toMatchObject({ done: [fair.id], refused: [{ id: open.id, code: 'not_finished' }] });
    expect(await board(ada, phaseId)).toEqual([fair.id]);
    expect(await hub.submissions.many.setOnLeaderboard(organizer, ids, true)).toMatchObject({
      done: [],
      refused: [{ code: 'not_allowed' }, { code: 'not_allowed' }, { code: 'not_allowed' }],
    });
    expect(await hub.submissions.many.edit(organizer, ids, { isPublic: true })).toMatchObject({
      done: [best.id, fair.id],
      refused: [{ id: open.id, code: 'not_publishable' }],
    });
    expect(await hub.submissions.many.remove(organizer, ids)).toMatchObject({
      done: [best.id, fair.id],
      refused: [{ id: open.id, code: 'still_running' }],
    });
    expect(await board(ada, phaseId)).toEqual([]);
    const { items } = await hub.submissions.all(organizer, { competitionId });
    expect(items.map(({ id }) => id)).toEqual([open.id]);
  });
});

describe('what organizers did by hand', () => {
  test('is listed with who, when and why, also of parts and of what was deleted since', async () => {
    const { phaseId, competitionId, organizer, ada } = await entered({ tasks: 2, rule: 'Add' });
    const other = await submit(ada, phaseId);
    const { id } = await submit(ada, phaseId);
    await score(0.5);
    const [part] = (await hub.submissions.get(organizer, id)).children;
    await hub.submissions.editScore(organizer, part!.id, {
      columnKey: 'score',
      value: 0.25,
      reason: 'A typo',
    });
    const found = await hub.submissions.all(organizer, { competitionId, byHand: true });
    expect(found.items.map((one) => one.id)).toEqual([id]);
    const rest = await hub.submissions.all(organizer, { competitionId, byHand: false });
    expect(rest.items.map((one) => one.id)).toEqual([other.id]);
    await hub.submissions.forceOntoLeaderboard(organizer, id, 'The jury');
    await hub.submissions.remove(organizer, id);
    const changes = await hub.submissions.changes(organizer, { competitionId });
    expect(changes.items).toMatchObject([
      { kind: 'board', submissionId: id, isDeleted: true, owner: ada.user.username, reason: 'The jury' },
      { kind: 'score', submissionId: id, taskName: part!.taskName, oldValue: 0.5, newValue: 0.25 },
    ]);
    await expect(hub.submissions.changes(ada, { competitionId })).rejects.toMatchObject({
      kind: 'forbidden',
    });
  });

  test('is listed of limits too', async () => {
    const { phaseId, competitionId, organizer, ada } = await entered();
    const own = { perDay: 9, perMonth: null, inAll: null, atATime: null, isBlocked: false };
    const { username } = ada.user;
    await hub.submissions.limits.set(organizer, { phaseId, username, own, reset: true, reason: 'An appeal' });
    const changes = await hub.submissions.limitChanges(organizer, { competitionId });
    expect(changes.items).toMatchObject([
      {
        phaseId,
        username,
        before: { perDay: null },
        after: { perDay: 9 },
        isReset: true,
        reason: 'An appeal',
      },
    ]);
  });
});

test('a re-run whose job was given up goes on', async () => {
  const { phaseId, organizer, ada } = await entered();
  await submit(ada, phaseId);
  await score(1);
  const { id } = await hub.submissions.batches.rerunPhase(organizer, { phaseId });
  const { queries } = hub.database;
  const jobs = () =>
    queries
      .execute(sql`select key from graphile_worker.jobs where key = ${`batch:${id}`}`)
      .then(({ rows }) => rows);
  await queries.execute(sql`select graphile_worker.remove_job(${`batch:${id}`})`);
  await hub.submissions.batches.findMigrations();
  expect(await jobs()).toEqual([]);
  await queries
    .update(batches)
    .set({ createdAt: new Date(0) })
    .where(eq(batches.id, id));
  await hub.submissions.batches.findMigrations();
  expect(await jobs()).toHaveLength(1);
});

describe('a phase that takes over the board of the one before', () => {
  test('does so once, exactly, when it has begun and nothing before runs any more', async () => {
    const first = await entered({ rule: 'Force_Best' });
    const { phaseId, ada } = first;
    const bob = await hub.person();
    await hub.approve(bob, first.competitionId);
    await submit(ada, phaseId, { name: 'best' });
    await score(0.9);
    await submit(ada, phaseId, { name: 'worse' });
    await score(0.1);
    const late = await submit(bob, phaseId, { name: 'late' });
    const next = await nextPhase(first, new Date(Date.now() - 1_000));
    await Promise.all([hub.submissions.batches.findMigrations(), hub.submissions.batches.findMigrations()]);
    const found = await hub.database.queries.select().from(batches).where(eq(batches.phaseId, next.phaseId));
    expect(found).toHaveLength(1);
    const { id } = found[0]!;
    await hub.submissions.batches.run(id, never);
    expect(await rootsOf(next.phaseId)).toEqual([]);
    const [waiting] = await hub.submissions.batches.list(first.organizer, first.competitionId);
    expect(waiting).toMatchObject({ details: expect.stringContaining('Waits until 1 submission') });
    await score(0.5);
    // Two hub processes, and one of them again.
    await Promise.all([hub.submissions.batches.run(id, never), hub.submissions.batches.run(id, never)]);
    await hub.submissions.batches.run(id, never);
    const entries = await rootsOf(next.phaseId);
    expect(entries.map(({ name }) => name).toSorted()).toEqual(['best', 'late']);
    // On the tasks of the new phase, beside the limits.
    expect(entries.map(({ taskId }) => taskId)).toEqual([next.seed.taskIds[0], next.seed.taskIds[0]]);
    expect(entries.map(({ countedOn }) => countedOn)).toEqual([null, null]);
    expect(late.id).toBeGreaterThan(0);
    await hub.submissions.batches.findMigrations();
    await hub.submissions.batches.run(id, never);
    expect(await rootsOf(next.phaseId)).toHaveLength(2);
  });

  test('not before it begins, unless organizers ask', async () => {
    const first = await entered();
    await submit(first.ada, first.phaseId);
    await score(0.9);
    const next = await nextPhase(first, new Date(Date.now() + 3_600_000));
    await hub.submissions.batches.findMigrations();
    expect(
      await hub.database.queries.select().from(batches).where(eq(batches.phaseId, next.phaseId)),
    ).toEqual([]);
    await expect(hub.submissions.batches.migrateTo(first.ada, next.phaseId)).rejects.toMatchObject({
      code: 'not_allowed',
    });
    await expect(hub.submissions.batches.migrateTo(first.organizer, first.phaseId)).rejects.toMatchObject({
      code: 'no_phase_before',
    });
    const { id } = await hub.submissions.batches.migrateTo(first.organizer, next.phaseId);
    await hub.submissions.batches.run(id, never);
    await hub.submissions.batches.run(id, never);
    expect(await rootsOf(next.phaseId)).toHaveLength(1);
  });

  test('leaves out rehearsals, re-runs on one task, and what is deleted', async () => {
    const first = await entered({ rule: 'Force_Latest_Multiple' });
    const kept = await submit(first.ada, first.phaseId, { name: 'kept' });
    const deleted = await submit(first.ada, first.phaseId, { name: 'deleted' });
    await score(0.9);
    await hub.submissions.remove(first.organizer, deleted.id);
    const [task] = await hub.database.queries
      .select({ key: tasks.key })
      .from(phaseTasks)
      .innerJoin(tasks, eq(tasks.id, phaseTasks.taskId))
      .where(eq(phaseTasks.phaseId, first.phaseId));
    await hub.submissions.rerun(first.organizer, kept.id, task!.key);
    await score(0.9);
    const next = await nextPhase(first, new Date(0));
    await hub.submissions.batches.findMigrations();
    const [batch] = await hub.database.queries
      .select()
      .from(batches)
      .where(eq(batches.phaseId, next.phaseId));
    await hub.submissions.batches.run(batch!.id, never);
    expect((await rootsOf(next.phaseId)).map(({ name }) => name)).toEqual(['kept']);
  });
});
