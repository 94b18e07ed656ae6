import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Actor } from '../../accounts/access.ts';
import { anonymous } from '../../accounts/access.ts';
import { claims } from '../../dispatch/schema.ts';
import { createHarness, type Harness } from '../../submissions/testing/harness.ts';
import type { EditableBoard, EditedBoard } from './service.ts';

let hub: Harness;
let node: Awaited<ReturnType<Harness['node']>>;
beforeAll(async () => {
  hub = await createHarness();
  await hub.jobs.migrate();
  node = await hub.node('north', 'ward');
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(() => hub.database.queries.delete(claims));

/** A phase with two people's submissions of these scores, oldest first. */
async function scored(...scores: Record<string, number>[]) {
  const phase = await hub.phase({ rule: 'Force_Last' });
  const { phaseId, competitionId, organizer } = phase;
  const people = [await hub.person(), await hub.person()];
  for (const person of people) await hub.approve(person, competitionId);
  const ids: number[] = [];
  for (const [place, values] of scores.entries()) {
    const person = people[place % 2]!;
    const request = { phaseId, resourceKey: await hub.upload(person) };
    ids.push((await hub.submissions.create(person, request)).id);
    await hub.finish(node, () => ({ scores: values }));
  }
  const desk = hub.leaderboards.settings;
  const [before] = await desk.list(organizer, competitionId);
  const save = (change: (board: EditableBoard) => Partial<EditedBoard>) =>
    desk.save(organizer, competitionId, { ...before!, ...change(before!) });
  const renew = () => hub.leaderboards.rebuild(phaseId, { anew: true });
  const rows = async (actor: Actor = anonymous) =>
    (await hub.leaderboards.get(actor, { phaseId })).rows.map(({ submissionId, scores }) => [
      submissionId,
      ...Object.values(scores).map((score) => score?.value ?? null),
    ]);
  return { ...phase, ids, desk, before: before!, save, renew, rows };
}

const column = (index: number, key: string): EditedBoard['columns'][number] => ({
  id: null,
  index,
  key,
  title: key,
  sorting: 'desc',
  precision: 1,
  hidden: false,
  group: null,
  bounds: null,
  computation: null,
  declaration: null,
});

test('columns keep their scores when they are renamed and turned, and computed ones are made of what is stored', async () => {
  const { ids, save, renew, rows } = await scored({ score: 2 }, { score: 5 });
  const [a, b] = ids;
  await save(({ columns }) => ({
    columns: [
      { ...columns[0]!, title: 'Error', key: 'error', sorting: 'asc', precision: 1 },
      { ...column(1, 'double'), computation: { kind: 'sum', indexes: [0], weights: null } },
    ],
  }));
  await renew();
  await renew();
  expect(await rows()).toEqual([
    [a, '2.0', '2.0'],
    [b, '5.0', '5.0'],
  ]);
});

test('another rule applies to all that was scored; one by hand keeps what was there', async () => {
  const { ids, save, renew, rows } = await scored({ score: 9 }, { score: 5 }, { score: 1 });
  const [best, other, last] = ids;
  const entries = async () => (await rows()).map(([id]) => id);
  expect(await entries()).toEqual([other, last]);
  await save(() => ({ submissionRule: 'Force_Latest_Multiple' }));
  await renew();
  expect(await entries()).toEqual([best, other, last]);
  await save(() => ({ submissionRule: 'Add' }));
  await renew();
  expect(await entries()).toEqual([other, last]);
  await save(() => ({ submissionRule: 'Force_Best', ladderStep: 2 }));
  await renew();
  expect(await rows()).toEqual([
    [best, '8.00'],
    [other, '4.00'],
  ]);
});

test('all that breaks the rules of bundles is told at once, and nothing is changed', async () => {
  const { competitionId, organizer, desk, before, save } = await scored();
  const wrong = save(({ columns }) => ({
    title: '',
    ladderStep: 0.1,
    columns: [
      columns[0]!,
      { ...column(0, 'twice'), computation: { kind: 'avg', indexes: [7], weights: null } },
    ],
  }));
  const { code, message } = await wrong.then(
    () => ({ code: '', message: '' }),
    (error: { code: string; message: string }) => error,
  );
  expect(code).toBe('board_invalid');
  for (const told of ['title', 'the index 0', 'no column 7', 'Force_Best']) expect(message).toContain(told);
  const another = { ...before, id: null, columns: [column(0, 'x')] };
  await expect(desk.save(organizer, competitionId, another)).rejects.toMatchObject({ code: 'board_invalid' });
  const theirs = (await scored()).before.columns;
  await expect(save(() => ({ columns: theirs }))).rejects.toMatchObject({ code: 'board_not_found' });
  expect(await desk.list(organizer, competitionId)).toEqual([before]);
});

test('boards are added, and removed where no phase uses them', async () => {
  const { competitionId, organizer, desk, before } = await scored();
  const added = await desk.save(organizer, competitionId, {
    ...before,
    id: null,
    key: 'second',
    columns: [column(0, 'x'), { ...column(1, 'secret'), hidden: true }],
    splits: [{ key: 's', title: 'S', columns: [1], visibility: 'owners', visibleFrom: null }],
  });
  expect(added).toMatchObject({
    phases: [],
    splits: [{ key: 's' }],
    columns: [{ key: 'x' }, { key: 'secret' }],
  });
  await expect(desk.remove(organizer, competitionId, before.id)).rejects.toMatchObject({
    code: 'board_in_use',
  });
  await desk.remove(organizer, competitionId, added.id);
  expect((await desk.list(organizer, competitionId)).map(({ id }) => id)).toEqual([before.id]);
  await expect(desk.list(await hub.person(), competitionId)).rejects.toMatchObject({
    code: 'organizers_only',
  });
});
