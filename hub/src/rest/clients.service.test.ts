import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  createPeople,
  createTestChallenge,
  type People,
  type TestChallenge,
} from '../http/testing/test-challenge.ts';
import type { TestPerson } from '../http/testing/test-hub.ts';
import { createRestHub, type Method, type RestHub } from './testing/rest-hub.ts';

/** What clients of Codabench do beside the example scripts. */

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

async function ask(
  method: Method,
  url: string,
  person?: TestPerson,
  payload?: object,
): Promise<LightMyRequestResponse> {
  return hub.inject({ method, url: `/api/${url}`, ...(payload && { payload }) }, person);
}

async function answerTo(...request: Parameters<typeof ask>) {
  const response = await ask(...request);
  expect(response.statusCode, response.body).toBeLessThan(300);
  return response.json();
}

test('a file in the form is submitted as it is, in one request', async () => {
  const boundary = 'a-boundary';
  const payload = [
    `--${boundary}\r\nContent-Disposition: form-data; name="phase"\r\n\r\n${challenge.phaseId}\r\n`,
    `--${boundary}\r\nContent-Disposition: form-data; name="data_file"; filename="mine.zip"\r\n`,
    'Content-Type: application/octet-stream\r\n\r\nPK content\r\n',
    `--${boundary}--\r\n`,
  ].join('');
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const response = await hub.inject(
    { method: 'POST', url: '/api/submissions/', payload, headers },
    people.participant,
  );
  expect(response.statusCode, response.body).toBe(201);
  expect(response.json()).toMatchObject({ filename: 'mine.zip', phase: challenge.phaseId });
});

test('a client that says JSON comes, and sends none, is understood', async () => {
  const response = await hub.inject(
    {
      method: 'POST',
      url: `/api/submissions/${challenge.submissionId}/re_run_submission/`,
      headers: { 'content-type': 'application/json' },
    },
    people.organizer,
  );
  expect(response.statusCode, response.body).toBe(200);
});

test('a script logs in with the form of the page, submits with its session, and downloads', async () => {
  const form = await hub.inject({ method: 'GET', url: '/accounts/login/' });
  const token = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(form.body)?.[1] ?? '';
  expect(String(form.headers['set-cookie'])).toContain(`csrftoken=${token}`);
  const { username, password } = people.participant;
  const send = (csrfmiddlewaretoken: string) =>
    hub.inject({
      method: 'POST',
      url: '/accounts/login/',
      headers: { cookie: `csrftoken=${token}`, 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ username, password, csrfmiddlewaretoken }).toString(),
    });
  expect((await send('another-token-altogether')).statusCode).toBe(403);
  const loggedIn = await send(token);
  expect(loggedIn.statusCode).toBe(302);
  const cookie = /sessionid=[^;]+/.exec(String(loggedIn.headers['set-cookie']))?.[0] ?? '';

  const payload = { type: 'submission', request_sassy_file_name: 'a.zip', file_size: 1 };
  const headers = { cookie, 'x-csrftoken': token };
  const created = await hub.inject({ method: 'POST', url: '/api/datasets/', headers, payload });
  expect(created.statusCode, created.body).toBe(201);
  const forged = { ...headers, origin: 'https://elsewhere.example' };
  const refused = await hub.inject({ method: 'POST', url: '/api/datasets/', headers: forged, payload });
  expect(refused.statusCode).toBe(403);

  const url = `/datasets/download/${challenge.submissionKey}/`;
  const download = await hub.inject({ method: 'GET', url, headers: { cookie } });
  expect(download.statusCode).toBe(302);
  const file = await hub.inject({ method: 'GET', url: String(download.headers.location) });
  expect(file.body).toBe('submission');
});

test('lists come in pages for whoever asks for pages', async () => {
  const url = `submissions/?phase=${challenge.phaseId}`;
  expect(await answerTo('GET', url, people.organizer)).toHaveLength(2);
  const page = await answerTo('GET', `${url}&page_size=50`, people.organizer);
  expect(page).toMatchObject({ count: 2, next: null, previous: null, results: [{}, {}] });
  expect((await ask('GET', `${url}&page=2`, people.organizer)).statusCode).toBe(404);
});

test('submissions are filtered by competition and state, and listed as a table', async () => {
  const { competitionId, submissionId, enteredId } = challenge;
  const ofCompetition = `submissions/?phase__competition=${competitionId}`;
  const ids = async (url: string, person: TestPerson) =>
    (await answerTo('GET', url, person)).map(({ id }: { id: number }) => id);
  expect(await ids(ofCompetition, people.organizer)).toEqual([enteredId, submissionId]);
  expect(await ids(`${ofCompetition}&status=Failed`, people.organizer)).toEqual([]);
  expect(await ids(ofCompetition, people.user)).toEqual([]);
  expect(await ids('submissions/', people.organizer)).toContain(submissionId);
  const table = await ask('GET', `${ofCompetition}&format=csv`, people.organizer);
  expect(table.body.split('\r\n')[0]).toBe('Submission ID,File Name,Owner,Created When,Status,Phase');
});

test('an organizer takes the board away as JSON, as a table and in an archive', async () => {
  const { competitionId, phaseId, submissionId } = challenge;
  await answerTo(
    'POST',
    `submissions/${submissionId}/submission_leaderboard_connection/`,
    people.participant,
  );
  const results = await answerTo('GET', `competitions/${competitionId}/results.json`, people.organizer);
  const column = `Task(${challenge.taskId})-Score`;
  expect(results).toEqual({
    [`Results - Main(${phaseId})`]: { [`participant-${submissionId}`]: { [column]: '0.75' } },
  });
  const table = await ask(
    'GET',
    `competitions/${competitionId}/results.csv?phase=${phaseId}`,
    people.organizer,
  );
  expect(table.body).toBe(`Username,fact_sheet_answers,${column}\r\nparticipant-${submissionId},,0.75\r\n`);
  const archive = await ask('GET', `competitions/${competitionId}/results.zip`, people.organizer);
  expect(archive.rawPayload.subarray(0, 2).toString()).toBe('PK');
});

test('an organizer edits a score by its number, and it stands on the board', async () => {
  const { submissionId, phaseId } = challenge;
  await answerTo(
    'POST',
    `submissions/${submissionId}/submission_leaderboard_connection/`,
    people.participant,
  );
  const { scores } = await answerTo('GET', `submissions/${submissionId}/`, people.organizer);
  await answerTo('PATCH', `submission_scores/${scores[0].id}/`, people.organizer, { score: '0.5' });
  const { submissions } = await answerTo('GET', `phases/${phaseId}/get_leaderboard/`);
  expect(submissions[0].scores).toMatchObject([{ id: scores[0].id, score: '0.50' }]);
  const wrong = await ask('PATCH', `submission_scores/${scores[0].id}/`, people.organizer, { score: 'much' });
  expect(wrong.json()).toEqual({ score: ['A valid number is required.'] });
});

test('a submission is published, described and deleted; many at once', async () => {
  const { submissionId } = challenge;
  await answerTo('GET', `submissions/${submissionId}/toggle_public/`, people.participant);
  expect(await answerTo('GET', `submissions/${submissionId}/`)).toMatchObject({ is_public: true });
  const edited = await answerTo('PATCH', `submissions/${submissionId}/`, people.participant, {
    name: 'best',
  });
  expect(edited.name).toBe('best');
  const again = await answerTo('POST', 'submissions/re_run_many_submissions/', people.organizer, [
    submissionId,
  ]);
  expect(again).toEqual({ done: [submissionId], refused: [] });
  const [{ url }] = await answerTo('POST', 'submissions/download_many/', people.organizer, {
    pks: [submissionId],
  });
  const { pathname, search } = new URL(url);
  expect((await hub.inject({ method: 'GET', url: pathname + search })).body).toBe('submission');
  await answerTo('DELETE', 'submissions/delete_many/', people.participant, [submissionId]);
  expect((await ask('GET', `submissions/${submissionId}/`, people.participant)).statusCode).toBe(404);
});

test('a report has an address for whoever may open it', async () => {
  const url = await answerTo(
    'GET',
    `submissions/${challenge.submissionId}/get_detail_result/`,
    people.participant,
  );
  const { pathname, search } = new URL(url);
  expect((await hub.inject({ method: 'GET', url: pathname + search })).body).toBe('<h1>Report</h1>');
});

test('somebody who asked to take part is refused, and cannot submit', async () => {
  const { competitionId, participantId, phaseId } = challenge;
  const [one] = await answerTo('GET', `participants/?competition=${competitionId}`, people.organizer);
  expect(one).toMatchObject({ id: participantId, username: 'participant', status: 'approved' });
  await answerTo('PATCH', `participants/${participantId}/`, people.organizer, { status: 'denied' });
  const may = await answerTo('GET', `can_make_submission/${phaseId}/`, people.participant);
  expect(may.can).toBe(false);
});

test('an address tells which methods it takes', async () => {
  const options = await ask('OPTIONS', 'submissions/');
  expect(options.statusCode).toBe(200);
  expect(options.headers.allow).toBe('POST, GET, HEAD, OPTIONS');
  const put = await ask('PUT', 'submissions/', people.user, {});
  expect(put.statusCode).toBe(405);
  expect(put.json()).toMatchObject({ detail: 'Method "PUT" not allowed.' });
  expect((await ask('HEAD', 'competitions/')).statusCode).toBe(200);
  const anonymous = await ask('GET', 'submissions/');
  expect(anonymous.headers['www-authenticate']).toBe('Token');
});
