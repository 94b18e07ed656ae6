import { eq } from 'drizzle-orm';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { tasks } from '../competitions/schema.ts';
import { seedNode } from '../dispatch/testing/seed.ts';
import {
  createPeople,
  createTestChallenge,
  type People,
  type TestChallenge,
} from '../http/testing/test-challenge.ts';
import type { TestPerson } from '../http/testing/test-hub.ts';
import { siteDatasets } from '../sites/schema.ts';
import { createRestHub, type RestHub } from './testing/rest-hub.ts';

let hub: RestHub;
let people: People;
let challenge: TestChallenge;

beforeAll(async () => {
  hub = await createRestHub();
  people = await createPeople(hub);
});
beforeEach(async () => {
  challenge = await createTestChallenge(hub, people);
});
afterAll(() => hub[Symbol.asyncDispose]());

const get = (url: string, person?: TestPerson) => hub.inject({ method: 'GET', url: `/api/${url}` }, person);

/** Bodies as Python's requests sends them with `data=`. */
function postForm(
  url: string,
  fields: Record<string, string | number | (string | number)[]>,
  person?: TestPerson,
) {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of [value].flat()) form.append(name, String(one));
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return hub.inject({ method: 'POST', url: `/api/${url}`, payload: form.toString(), headers }, person);
}
const postJson = (url: string, payload: object, person?: TestPerson) =>
  hub.inject({ method: 'POST', url: `/api/${url}`, payload }, person);

function expectStatus(response: LightMyRequestResponse, status: number): void {
  expect(response.statusCode, response.body).toBe(status);
}

async function announce(
  person: TestPerson,
  type = 'submission',
): Promise<{ key: string; sassy_url: string }> {
  const fields = { type, request_sassy_file_name: 'entry.zip', file_size: 12345 };
  const response = await postForm('datasets/', fields, person);
  expectStatus(response, 201);
  return response.json();
}

const sendTo = (address: string, content = 'PK content') => hub.sendTo(address, content);

test.each([postForm, postJson])('a script logs in with a form or JSON and gets a token', async (post) => {
  const { username, password } = people.user;
  const response = await post('api-token-auth/', { username, password });
  expectStatus(response, 200);
  const headers = { authorization: `Token ${response.json().token}` };
  expectStatus(await hub.inject({ method: 'GET', url: '/api/submissions/', headers }), 200);
});

test('errors have the shapes that clients know', async () => {
  const wrong = await postForm('api-token-auth/', { username: 'user', password: 'wrong' });
  expectStatus(wrong, 400);
  expect(wrong.json()).toEqual({ non_field_errors: [expect.any(String)] });
  const missing = await postForm('api-token-auth/', { username: 'user' });
  expectStatus(missing, 400);
  expect(missing.json()).toEqual({ password: [expect.any(String)] });

  const anonymous = await get('submissions/');
  expectStatus(anonymous, 401);
  expect(anonymous.json()).toMatchObject({ detail: expect.any(String) });
  const badToken = await hub.inject({
    method: 'GET',
    url: '/api/submissions/',
    headers: { authorization: 'Token x' },
  });
  expectStatus(badToken, 401);

  for (const url of [
    'competitions/99999/',
    'submissions/99999/',
    'submissions/first/',
    'phases/0/',
    'submissions/99999999999/',
    'nothing/here/',
  ]) {
    const response = await get(url, people.user);
    expectStatus(response, 404);
    expect(response.json()).toMatchObject({ detail: expect.any(String) });
  }
  const type = await postForm('datasets/', { type: 'nonsense', request_sassy_file_name: 'a' }, people.user);
  expectStatus(type, 400);
  expect(type.json()).toEqual({ type: [expect.any(String)] });
  const empty = await postForm('submissions/', {}, people.user);
  expectStatus(empty, 400);
  expect(empty.json()).toEqual({ phase: ['This field is required.'], data: ['This field is required.'] });
  const text = await postForm('submissions/', { phase: 'Main', data: 'x' }, people.user);
  expectStatus(text, 400);
  expect(text.json()).toEqual({ phase: ['A valid integer is required.'] });
});

test('what a body names and is not there is told by its field', async () => {
  const { key, sassy_url } = await announce(people.participant);
  await sendTo(sassy_url);
  const noPhase = 'Invalid pk "99999" - object does not exist.';
  const nothing = '11111111-2222-4333-8444-555555555555';
  const noKey = `Object with key=${nothing} does not exist.`;
  for (const post of [postForm, postJson]) {
    const phase = await post('submissions/', { phase: 99999, data: key }, people.participant);
    expectStatus(phase, 400);
    expect(phase.json()).toEqual({ phase: [noPhase] });
    const both = await post('submissions/', { phase: 99999, data: nothing }, people.participant);
    expect(both.json()).toEqual({ phase: [noPhase], data: [noKey] });
  }
  const elsewhere = { phase: challenge.phaseId, data: key, queue: 7 };
  expect((await postJson('submissions/', elsewhere, people.participant)).json()).toEqual({
    queue: [expect.stringMatching(/queue/)],
  });

  const task = await postJson('tasks/', { name: 'T', scoring_program: nothing }, people.organizer);
  expectStatus(task, 400);
  expect(task.json()).toEqual({ scoring_program: [noKey] });
  for (const [sent, problem] of [
    [{ tasks: [nothing] }, { tasks: [noKey] }],
    [{ starting_kit: 99999 }, { starting_kit: [noPhase] }],
    [{ public_data: nothing }, { public_data: [noKey] }],
    [{ leaderboard: 99999 }, { leaderboard: [expect.any(String)] }],
  ] as const) {
    const url = `/api/phases/${challenge.phaseId}/`;
    const phase = await hub.inject({ method: 'PATCH', url, payload: sent }, people.organizer);
    expectStatus(phase, 400);
    expect(phase.json()).toEqual(problem);
  }
});

test('competitions are listed and shown to anybody, with or without the slash', async () => {
  const list = await get('competitions/');
  expectStatus(list, 200);
  expect(list.json()).toContainEqual(
    expect.objectContaining({
      id: challenge.competitionId,
      title: 'Test challenge',
      created_by: 'organizer',
    }),
  );
  const pages = await get('competitions/public/?page_size=1');
  expectStatus(pages, 200);
  expect(pages.json()).toMatchObject({ previous: null, results: [expect.any(Object)] });
  const response = await get(`competitions/${challenge.competitionId}`);
  expectStatus(response, 200);
  expect(response.json()).toMatchObject({
    title: 'Test challenge',
    published: true,
    phases: [
      {
        id: challenge.phaseId,
        name: 'Main',
        status: 'Current',
        tasks: [{ id: challenge.taskId, name: 'Task' }],
      },
    ],
  });
  expect(response.json()).not.toHaveProperty('secret_key');
  expect((await get(`phases/${challenge.phaseId}/`)).json()).toMatchObject({
    name: 'Main',
    has_max_submissions: false,
    tasks: [challenge.taskKey],
    public_data: expect.any(Number),
    starting_kit: null,
  });
});

test('a bundle is announced, sent, completed, and its making followed', async () => {
  const { key, sassy_url } = await announce(people.organizer, 'competition_bundle');
  await sendTo(sassy_url, 'not a zip');
  const url = `/api/datasets/completed/${key}/`;
  const completed = await hub.inject({ method: 'PUT', url }, people.organizer);
  expectStatus(completed, 200);
  const { status_id } = completed.json();
  const progress = async () =>
    (await get(`competitions/${status_id}/creation_status/`, people.organizer)).json();
  expect(await progress()).toMatchObject({
    status: 'Starting',
    resulting_competition: null,
    created_by: 'organizer',
  });
  await hub.context.competitions.makeCompetition(status_id, new AbortController().signal);
  expect(await progress()).toMatchObject({ status: 'Failed', details: expect.stringContaining('zip') });
});

test('a participant submits as the example script does, and follows it', async () => {
  const { participant } = people;
  const { phaseId, taskId } = challenge;
  const may = await get(`can_make_submission/${phaseId}/`, participant);
  expect(may.json()).toEqual({ can: true, reason: null });

  const { key, sassy_url } = await announce(participant);
  await sendTo(sassy_url);
  const created = await postForm(
    'submissions/',
    { phase: phaseId, 'tasks[]': [taskId], data: key },
    participant,
  );
  expectStatus(created, 201);
  const { id } = created.json();
  expect(created.json()).toMatchObject({
    data: key,
    phase: phaseId,
    status: 'Submitted',
    filename: 'entry.zip',
    md5: expect.stringMatching(/^[0-9a-f]{32}$/),
    created_when: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d$/),
  });

  const one = (await get(`submissions/${id}/`, participant)).json();
  expect(one).toMatchObject({
    id,
    pk: id,
    owner: 'participant',
    phase: phaseId,
    status: 'Submitted',
    task: { id: taskId, key: challenge.taskKey, name: 'Task' },
    children: [],
    on_leaderboard: false,
  });
  const list = (await get(`submissions/?phase=${phaseId}`, participant)).json();
  expect(list.map((submission: { id: number }) => submission.id)).toContain(id);
  expect((await get(`submissions/?phase=${phaseId}`, people.user)).json()).toEqual([]);
  expect((await get(`submissions/?phase=${phaseId}`, people.organizer)).json().length).toBe(list.length);

  const cancelled = await get(`submissions/${id}/cancel_submission/`, participant);
  expect(cancelled.json()).toEqual({ canceled: true });
});

test('a script rehearses, everywhere or at one site', async () => {
  const { queries } = hub.context.database;
  const { participant } = people;
  const { phaseId, taskId } = challenge;
  const rehearse = async (fields: Record<string, string | number> = {}, post: typeof postForm = postForm) => {
    const { key, sassy_url } = await announce(participant);
    await sendTo(sassy_url);
    return post('submissions/', { phase: phaseId, data: key, rehearse: 'true', ...fields }, participant);
  };
  const plain = await createTestChallenge(hub, people);
  const nothing = await rehearse({ phase: plain.phaseId });
  expectStatus(nothing, 400);
  expect(nothing.body).toMatch(/no task of this phase runs on data/i);

  const dataset = { siteDatasetName: `ward-${taskId}`, siteDatasetVersion: '1', siteDatasetInput: true };
  await queries.update(tasks).set(dataset).where(eq(tasks.id, taskId));
  for (const side of ['north', 'south']) {
    const { siteId } = await seedNode(hub.context.database, `${side}-${taskId}`, `ward-${taskId}`);
    await queries.update(siteDatasets).set({ hasSynthetic: true }).where(eq(siteDatasets.siteId, siteId));
  }
  const created = await rehearse();
  expectStatus(created, 201);
  const one = (await get(`submissions/${created.json().id}/`, participant)).json();
  expect(one).toMatchObject({ is_rehearsal: true, on_leaderboard: false, status: 'Submitted' });
  expectStatus(await rehearse({ rehearsal_site: `north-${taskId}` }, postJson), 201);
  const elsewhere = await rehearse({ rehearsal_site: 'nowhere' });
  expectStatus(elsewhere, 400);
  expect(elsewhere.body).toMatch(/this site has no synthetic data/i);
});

test.each([
  ['no tasks', (_: TestChallenge) => ({})],
  ['an empty list', (_: TestChallenge) => ({ tasks: [] })],
  ['an empty text', (_: TestChallenge) => ({ tasks: '' })],
  ['a list of numbers', ({ taskId }: TestChallenge) => ({ tasks: [taskId] })],
  ['one number', ({ taskId }: TestChallenge) => ({ tasks: taskId })],
])('a submission as JSON with %s', async (_, tasks) => {
  const { key, sassy_url } = await announce(people.participant);
  await sendTo(sassy_url);
  const body = { phase: challenge.phaseId, data: key, ...tasks(challenge) };
  expectStatus(await postJson('submissions/', body, people.participant), 201);
});

test('what was not sent cannot be submitted, and strangers cannot submit', async () => {
  const { key } = await announce(people.participant);
  const early = await postForm('submissions/', { phase: challenge.phaseId, data: key }, people.participant);
  expectStatus(early, 409);
  const stranger = await announce(people.user);
  await sendTo(stranger.sassy_url);
  const refused = await postForm(
    'submissions/',
    { phase: challenge.phaseId, data: stranger.key },
    people.user,
  );
  expectStatus(refused, 403);
  expect((await get(`can_make_submission/${challenge.phaseId}/`, people.user)).json()).toMatchObject({
    can: false,
  });
  expectStatus(
    await hub.inject(
      { method: 'POST', url: `/api/competitions/${challenge.competitionId}/register/` },
      people.user,
    ),
    201,
  );
  expect((await get(`can_make_submission/${challenge.phaseId}/`, people.user)).json()).toMatchObject({
    can: true,
  });
});

test('the files of a submission are fetched from their addresses without logging in', async () => {
  const details = (
    await get(`submissions/${challenge.submissionId}/get_details/`, people.participant)
  ).json();
  for (const [field, content] of [
    ['data_file', 'submission'],
    ['prediction_result', 'predictions'],
    ['scoring_result', 'scores'],
    ['detailed_result', '<h1>Report</h1>'],
  ] as const) {
    const { pathname, search } = new URL(details[field]);
    const file = await hub.inject({ method: 'GET', url: pathname + search });
    expect(file.body).toBe(content);
    expect(file.headers['content-security-policy']).toContain('sandbox');
    expectStatus(await hub.inject({ method: 'GET', url: pathname }), 404);
  }
});

test('every log has an address, one without a line too', async () => {
  const { logs } = (
    await get(`submissions/${challenge.submissionId}/get_details/`, people.participant)
  ).json();
  expect(logs).toHaveLength(8);
  for (const { name, data_file } of logs) {
    const { pathname, search } = new URL(data_file);
    const log = await hub.inject({ method: 'GET', url: pathname + search });
    expectStatus(log, 200);
    expect(log.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(pathname).toContain(name);
  }
});

test('organizers run a submission again on a task', async () => {
  const url = `submissions/${challenge.submissionId}/re_run_submission/?task_key=${challenge.taskKey}`;
  const response = await postForm(url, {}, people.organizer);
  expectStatus(response, 200);
  const again = (await get(`submissions/${response.json().id}/`, people.organizer)).json();
  expect(again).toMatchObject({
    is_specific_task_re_run: true,
    owner: 'participant',
    task: { key: challenge.taskKey },
  });
  expectStatus(await postForm(url, {}, people.participant), 403);

  const tasks = (await get('tasks/?page_size=1000', people.organizer)).json();
  expect(tasks).toMatchObject({ count: expect.any(Number), next: null, previous: null });
  expect(tasks.results.map(({ key }: { key: string }) => key)).toContain(challenge.taskKey);
});

test('the fact sheet of a submission is answered afterwards, as a whole', async () => {
  const patch = (url: string, payload: object, person: TestPerson) =>
    hub.inject({ method: 'PATCH', url: `/api/${url}`, payload }, person);
  const question = { key: 'method', type: 'select', title: 'Method', selection: ['a', 'b'] };
  const sheet = { fact_sheet: { method: { ...question, is_required: 'true', is_on_leaderboard: 'true' } } };
  expectStatus(await patch(`competitions/${challenge.competitionId}/`, sheet, people.organizer), 200);
  const url = `submissions/${challenge.submissionId}/update_fact_sheet/`;
  const answered = await patch(url, { method: 'b' }, people.participant);
  expectStatus(answered, 200);
  expect(answered.json()).toEqual({});
  const shown = async (path: string) =>
    (await get(`submissions/${challenge.submissionId}/${path}`, people.participant)).json()
      .fact_sheet_answers;
  expect(await shown('')).toEqual({ method: 'b' });
  expect(await shown('get_details/')).toEqual({ method: 'b' });
  for (const wrong of [{ method: 'c' }, { other: 'b' }, {}]) {
    expectStatus(await patch(url, wrong, people.participant), 400);
  }
  expectStatus(await patch(url, { method: 'a' }, people.user), 404);
  expect(await shown('')).toEqual({ method: 'b' });
});

test('the board of a phase names its columns and rows', async () => {
  const put = `submissions/${challenge.submissionId}/submission_leaderboard_connection/`;
  expectStatus(await postForm(put, {}, people.participant), 200);
  const board = (await get(`phases/${challenge.phaseId}/get_leaderboard/`)).json();
  expect(board).toMatchObject({
    title: 'Results',
    primary_index: 0,
    tasks: [{ id: challenge.taskId, name: 'Task', columns: [{ key: 'score', title: 'Score' }] }],
    submissions: [{ id: challenge.submissionId, owner: 'participant', scores: expect.any(Array) }],
  });
});

test('a page of another site cannot change anything by a link', async () => {
  const cookie = (await hub.context.accounts.sessions.start(people.participant.id)).split(';', 1)[0]!;
  const url = `/api/submissions/${challenge.submissionId}/cancel_submission/`;
  const response = await hub.inject({ method: 'GET', url, headers: { cookie } });
  expectStatus(response, 403);
});
