import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawZip } from '../../../test/fixtures/archives/raw-zip.ts';
import type { TestPerson } from '../http/testing/test-hub.ts';
import { createRestHub, type RestHub } from './testing/rest-hub.ts';

let hub: RestHub;
let olga: TestPerson;
let sam: TestPerson;
beforeAll(async () => {
  hub = await createRestHub();
  olga = await hub.person('olga');
  sam = await hub.person('sam');
});
afterAll(() => hub[Symbol.asyncDispose]());

const get = (url: string, person = olga, status = 200) => hub.ask('GET', url, { person, status });
const send = (
  method: 'POST' | 'PATCH' | 'PUT' | 'DELETE',
  url: string,
  asking: { payload?: object; status?: number; person?: TestPerson } = {},
) => hub.ask(method, url, { person: olga, ...asking });

/** Sends a file as a browser's form does. */
async function sendForm(url: string, field: string, content: Buffer | null, status: number) {
  const form = new FormData();
  if (content)
    form.append(field, new Blob([Uint8Array.from(content)], { type: 'application/zip' }), 'task.zip');
  else form.append('other', 'text');
  const encoded = new Response(form);
  const headers = { 'content-type': encoded.headers.get('content-type')! };
  const payload = Buffer.from(await encoded.arrayBuffer());
  const response = await hub.inject({ method: 'POST', url: `/api/${url}`, headers, payload }, olga);
  expect(response.statusCode, response.body).toBe(status);
  return response;
}

const archiveOf = (files: Readonly<Record<string, string>>) =>
  rawZip(Object.entries(files).map(([name, content]) => ({ name, content })));

test('a task is made of an archive in a form, read, changed into a new version, and deleted', async () => {
  const archive = archiveOf({
    'task.yaml':
      'name: Segmentation\ndescription: Of the liver\nscoring_program: {zip: scoring.zip}\ninput_data: {zip: cases.zip}\n',
    'scoring.zip': 'PK',
    'cases.zip': 'PK',
  });
  const made = (await sendForm('tasks/upload_task/', 'file', archive, 201)).json();
  expect(made).toMatchObject({
    message: "Task 'Segmentation' created successfully!",
    name: 'Segmentation',
    description: 'Of the liver',
    scoring_program: { type: 'scoring_program' },
    input_data: { type: 'input_data' },
    reference_data: null,
  });
  expect((await get('tasks/')).json().results.map(({ key }: { key: string }) => key)).toEqual([made.key]);
  await get(`tasks/${made.id}/`, sam, 404);

  const changed = (
    await send('PATCH', `tasks/${made.id}/`, { payload: { name: 'Liver', input_data: null } })
  ).json();
  expect(changed).toMatchObject({ name: 'Liver', input_data: null });
  expect(changed.scoring_program.key).toBe(made.scoring_program.key);
  expect((await hub.context.tasks.get(olga.actor, made.id)).version).toBe(2);
  await send('PATCH', `tasks/${made.id}/`, { payload: { name: 'Mine' }, status: 404, person: sam });

  const { key: program } = changed.scoring_program;
  const kept = { name: 'Whole', scoring_program: program };
  expect((await send('PUT', `tasks/${made.id}/`, { payload: kept })).json()).toMatchObject({
    name: 'Whole',
    scoring_program: { key: program },
  });
  await send('PUT', `tasks/${made.id}/`, { payload: kept, status: 404, person: sam });

  await send('DELETE', `tasks/${made.id}/`, { status: 204 });
  expect((await get('tasks/')).json().results).toEqual([]);
});

test('an archive that is none, or says something wrong, makes nothing and says why', async () => {
  const wrong = archiveOf({ 'task.yaml': 'description: nameless\nscoring_program: {zip: missing.zip}\n' });
  expect((await sendForm('tasks/upload_task/', 'file', wrong, 400)).body).toContain('missing.zip');
  expect((await sendForm('tasks/upload_task/', 'file', Buffer.from('no archive'), 400)).body).not.toContain(
    'Error:',
  );
  expect((await sendForm('tasks/upload_task/', 'file', null, 400)).json()).toEqual({
    file: ['No attached file found.'],
  });
  expect((await get('tasks/')).json().results).toEqual([]);
});

test('many tasks are deleted together, or none of them', async () => {
  const key = await hub.sendFile(olga, { type: 'scoring_program' }, 'PK');
  const make = async () =>
    (await send('POST', 'tasks/', { payload: { name: 'T', scoring_program: key }, status: 201 })).json().id;
  const [first, second] = [await make(), await make()];
  await send('POST', 'tasks/delete_many/', { payload: [first, 99999], status: 404 });
  await send('POST', 'tasks/delete_many/', { payload: [first, second], status: 404, person: sam });
  expect((await get('tasks/')).json().count).toBe(2);
  await send('POST', 'tasks/delete_many/', { payload: [first, second] });
  expect((await get('tasks/')).json().count).toBe(0);
});

test('an upload is renamed, described and published by whoever owns it, and by nobody else', async () => {
  const key = await hub.sendFile(olga, { type: 'input_data' }, archiveOf({ 'a.txt': 'a' }));
  await send('PUT', `datasets/completed/${key}/`);
  await get(`datasets/${key}/`, sam, 404);
  const payload = { name: 'Cases', description: 'Of the liver', is_public: true };
  expect((await send('PATCH', `datasets/${key}/`, { payload })).json()).toMatchObject({ key, ...payload });
  expect((await get(`datasets/${key}/`, sam)).json()).toMatchObject({ key, name: 'Cases' });
  await send('PATCH', `datasets/${key}/`, { payload: { name: 'Taken' }, status: 403, person: sam });
  expect((await get(`datasets/${key}/`)).json().name).toBe('Cases');
  expect(
    (await send('PATCH', `datasets/${key}/`, { payload: { name: '' }, status: 400 })).json(),
  ).toHaveProperty('name');

  const { id } = (await get(`datasets/${key}/`)).json();
  await send('POST', 'datasets/delete_many/', { payload: [id], status: 400, person: sam });
  await send('POST', 'datasets/delete_many/', { payload: [id] });
  await get(`datasets/${key}/`, olga, 404);
});
