import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawZip } from '../../../test/fixtures/archives/raw-zip.ts';
import { createTestHub, type TestHub, type TestPerson } from '../http/testing/test-hub.ts';

let hub: TestHub;
let ada: TestPerson;
let ben: TestPerson;
beforeAll(async () => {
  hub = await createTestHub();
  ada = await hub.person('ada');
  ben = await hub.person('ben');
});
afterAll(() => hub[Symbol.asyncDispose]());

const upload = (files: Readonly<Record<string, string>>, by = ada) =>
  hub.upload(
    by,
    'competition_bundle',
    rawZip(Object.entries(files).map(([name, content]) => ({ name, content }))),
  );
const never = new AbortController().signal;
const mine = async (by: TestPerson) => hub.context.resources.library.list(by.actor, {});

test('a zip with a task.yaml becomes a task with its resources, and is gone', async () => {
  const resourceKey = await upload({
    'task.yaml': `
name: Segmentation
description: Of the liver
is_public: true
scoring_program: {zip: scoring.zip, name: Dice}
input_data: {zip: cases}
`,
    'scoring.zip': 'PK',
    'cases/1.txt': 'one',
    'cases/2.txt': 'two',
  });
  const task = await hub.context.tasks.fromArchiveNow(ada.actor, resourceKey, never);
  expect(task).toMatchObject({
    name: 'Segmentation',
    description: 'Of the liver',
    isPublic: true,
    version: 1,
    files: {
      scoringProgram: { name: 'Dice', type: 'scoring_program', fileName: 'scoring.zip' },
      ingestionProgram: null,
      inputData: { name: 'Segmentation: cases.zip', type: 'input_data' },
      referenceData: null,
    },
  });
  const { items } = await mine(ada);
  expect(items.map(({ type }) => type).toSorted()).toEqual(['input_data', 'scoring_program']);
  expect(items[0]?.uses).toMatchObject([{ kind: 'task', title: 'Segmentation', taskId: task.id }]);
  // The same programs by their keys, in another task.
  const again = await upload({
    'task.yaml': `name: Again\nscoring_program: {key: ${task.files.scoringProgram!.key}}\n`,
  });
  const other = await hub.context.tasks.fromArchiveNow(ada.actor, again, never);
  expect(other.files.scoringProgram).toEqual(task.files.scoringProgram);
});

test('all that is wrong with it is said at once, and nothing is made', async () => {
  const before = (await hub.context.tasks.list(ada.actor, {})).total;
  const resourceKey = await upload({
    'task.yaml': 'description: none\nscoring_program: {zip: gone.zip}\ninput_data: {zip: also-gone}\n',
  });
  await expect(hub.context.tasks.fromArchiveNow(ada.actor, resourceKey, never)).rejects.toMatchObject({
    code: 'task_archive_invalid',
    problems: [
      { where: 'name', file: 'task.yaml' },
      { where: 'scoring_program.zip', line: 2 },
      { where: 'input_data.zip', line: 3 },
    ],
  });
  const nothing = await upload({ 'readme.txt': 'hello' });
  await expect(hub.context.tasks.fromArchiveNow(ada.actor, nothing, never)).rejects.toMatchObject({
    problems: [{ code: 'task_file_missing' }],
  });
  expect((await hub.context.tasks.list(ada.actor, {})).total).toBe(before);
});

test('the work goes on in the background: it is followed, stops anywhere, and its task comes to exist once', async () => {
  const { creations, tasks, resources } = hub.context;
  const resourceKey = await upload({
    'task.yaml': 'name: Followed\nscoring_program: {zip: p.zip}\ninput_data: {zip: cases}\nodd: 1\n',
    'p.zip': 'PK',
    'cases/1.txt': 'one',
  });
  const begin = (checkOnly: boolean) => tasks.fromArchive(ada.actor, { resourceKey, checkOnly });
  const { creationId } = await begin(false);
  expect(await creations.get(ada.actor, creationId)).toMatchObject({
    kind: 'task',
    status: 'Starting',
    progress: null,
    taskId: null,
  });
  await expect(creations.get(ben.actor, creationId)).rejects.toMatchObject({ code: 'creation_not_found' });
  const { total } = await tasks.list(ada.actor, {});
  await expect(
    tasks.makeTask(creationId, AbortSignal.abort(new Error('the hub is stopping'))),
  ).rejects.toThrow();
  expect(await creations.get(ada.actor, creationId)).toMatchObject({ status: 'Starting' });
  await Promise.all([tasks.makeTask(creationId, never), tasks.makeTask(creationId, never)]);
  const { taskId, ...ended } = await creations.get(ada.actor, creationId);
  expect(ended).toMatchObject({
    status: 'Finished',
    progress: { total: 5 },
    problems: [{ severity: 'note', where: 'odd' }],
  });
  expect((await tasks.get(ada.actor, taskId!)).name).toBe('Followed');
  expect((await tasks.list(ada.actor, {})).total).toBe(total + 1);
  await expect(resources.library.get(ada.actor, resourceKey)).rejects.toMatchObject({
    code: 'resource_missing',
  });
});

test('a check finds all that would keep the task out, keys that name nothing and damaged data too, and makes nothing', async () => {
  const { creations, tasks } = hub.context;
  const before = await mine(ada);
  const check = async (yaml: string) => {
    const resourceKey = await upload({ 'task.yaml': yaml, 'p.zip': 'PK' });
    const { creationId } = await tasks.fromArchive(ada.actor, { resourceKey, checkOnly: true });
    await tasks.makeTask(creationId, never);
    return creations.get(ada.actor, creationId);
  };
  const key = crypto.randomUUID();
  expect(
    await check(
      `name: T\nscoring_program: {key: ${key}}\nreference_data: {key: ${key}}\ninput_data: p.zip\n`,
    ),
  ).toMatchObject({
    status: 'Failed',
    problems: [
      { where: 'scoring_program', code: 'resource_missing' },
      { where: 'reference_data', code: 'resource_missing' },
    ],
  });
  expect(await check('name: T\nscoring_program: p.zip\n')).toMatchObject({
    status: 'Finished',
    checkOnly: true,
    taskId: null,
    problems: [],
  });
  expect((await mine(ada)).total).toBe(before.total);
});

test('a resource is renamed, made public and found; its uses are told to its owner alone; it is deleted when there are none', async () => {
  const { library } = hub.context.resources;
  const key = await upload({
    'task.yaml': 'name: Third\nscoring_program: {zip: p.zip, name: Program three}\n',
    'p.zip': 'PK',
  });
  const task = await hub.context.tasks.fromArchiveNow(ada.actor, key, never);
  const program = task.files.scoringProgram!.key;
  await expect(library.get(ben.actor, program)).rejects.toMatchObject({ code: 'resource_missing' });
  expect((await hub.inject({ url: `/files/resources/${program}` }, ben)).statusCode).toBe(404);
  await library.edit(ada.actor, program, { name: 'Scorer 100%', description: 'Mean Dice', isPublic: true });
  expect((await library.list(ben.actor, { scope: 'public', search: '100%' })).items).toMatchObject([
    { name: 'Scorer 100%', isMine: false, canEdit: false, owner: 'ada', uses: [] },
  ]);
  expect((await hub.inject({ url: `/files/resources/${program}` }, ben)).statusCode).toBe(200);
  await expect(library.edit(ben.actor, program, { name: 'Mine' })).rejects.toMatchObject({
    code: 'not_your_resource',
  });
  await expect(library.remove(ada.actor, program)).rejects.toMatchObject({
    code: 'resource_in_use',
    message: expect.stringContaining('the task "Third"'),
  });
  expect(await library.removeMany(ada.actor, [program])).toMatchObject({
    done: [],
    refused: [{ key: program }],
  });
  await hub.context.tasks.remove(ada.actor, task.id);
  await library.remove(ada.actor, program);
  await expect(library.get(ada.actor, program)).rejects.toMatchObject({ code: 'resource_missing' });
});

test('a page goes on where the one before ended', async () => {
  const { library } = hub.context.resources;
  for (const name of ['a', 'b', 'c'])
    await hub.context.resources.startUpload(ben.actor, {
      type: 'solution',
      fileName: `${name}.zip`,
      size: 1,
    });
  const first = await library.list(ben.actor, { type: 'solution', limit: 2 });
  expect(first).toMatchObject({ total: 3, items: [{ name: 'c.zip', url: null }, { name: 'b.zip' }] });
  const second = await library.list(ben.actor, { type: 'solution', limit: 2, cursor: first.nextCursor! });
  expect(second).toMatchObject({ items: [{ name: 'a.zip' }], nextCursor: null });
});
