import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createPeople,
  createTestChallenge,
  type People,
  type TestChallenge,
} from '../http/testing/test-challenge.ts';
import { createTestHub, type TestHub } from '../http/testing/test-hub.ts';
import { ANSWERS, type AnswerName } from './answers.ts';

interface Description {
  readonly openapi: string;
  readonly paths: Record<
    string,
    Record<string, { summary: string; requestBody?: object; parameters?: object[] }>
  >;
  readonly components: { readonly schemas: Record<string, object> };
}

let hub: TestHub;
let people: People;
let challenge: TestChallenge;
let description: Description;

beforeAll(async () => {
  hub = await createTestHub();
  people = await createPeople(hub);
  challenge = await createTestChallenge(hub, people);
  description = (await hub.inject({ method: 'GET', url: '/api/openapi.json' })).json();
});
afterAll(() => hub[Symbol.asyncDispose]());

test('every route of the API is described, and nothing else', () => {
  const registered = hub.routes
    .filter(({ url, config }) => url.startsWith('/api/') && !config?.isRefusal)
    .flatMap(({ method, url }) =>
      [method].flat().map((one) => `${one} ${url.replace(/:(\w+)/g, '{$1}').replace(/(.)\/$/, '$1')}`),
    )
    .filter((route) => !/^HEAD |\/\*$|openapi\.json$/.test(route));
  const described = Object.entries(description.paths).flatMap(([url, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${url.replace(/(.)\/$/, '$1')}`),
  );
  expect(new Set(described)).toEqual(new Set(registered));
});

test('it is OpenAPI whose references lead somewhere, with a sentence for each operation', () => {
  expect(description.openapi).toBe('3.1.0');
  expect(Object.keys(description.components.schemas).toSorted()).toEqual(Object.keys(ANSWERS).toSorted());
  const references = JSON.stringify(description).matchAll(/"\$ref":"([^"]*)"/g);
  for (const [, reference] of references) {
    const name = reference!.replace('#/components/schemas/', '');
    expect(description.components.schemas).toHaveProperty(name);
  }
  for (const operations of Object.values(description.paths))
    for (const operation of Object.values(operations)) expect(operation.summary).toMatch(/\w/);
});

test('bodies, queries and answers are described', () => {
  const { post, get } = description.paths['/api/submissions']!;
  expect(post?.requestBody).toMatchObject({
    content: {
      'application/json': { schema: { required: expect.arrayContaining(['phase', 'data']) } },
      'multipart/form-data': { schema: expect.any(Object) },
    },
  });
  expect(get?.parameters).toContainEqual(expect.objectContaining({ name: 'phase', in: 'query' }));
});

const examples: readonly [url: (challenge: TestChallenge) => string, answer: AnswerName][] = [
  [(c) => `competitions/${c.competitionId}/`, 'Competition'],
  [(c) => `phases/${c.phaseId}/`, 'Phase'],
  [(c) => `phases/${c.phaseId}/get_leaderboard/`, 'Board'],
  [(c) => `leaderboards/${c.leaderboardId}/`, 'Entries'],
  [(c) => `submissions/${c.submissionId}/`, 'Submission'],
  [(c) => `submissions/${c.submissionId}/get_details/`, 'SubmissionDetails'],
  [(c) => `can_make_submission/${c.phaseId}/`, 'Allowance'],
  [(c) => `competitions/${c.creationId}/creation_status/`, 'Creation'],
  [() => 'my_profile/', 'Profile'],
];
const lists: readonly [url: (challenge: TestChallenge) => string, answer: AnswerName][] = [
  [() => 'competitions/', 'CompetitionCard'],
  [() => 'competitions/public/', 'CompetitionCard'],
  [(c) => `submissions/?phase=${c.phaseId}`, 'Submission'],
  [(c) => `submissions/?phase=${c.phaseId}&page_size=10`, 'Submission'],
  [() => 'datasets/', 'Dataset'],
  [(c) => `participants/?competition=${c.competitionId}`, 'Participant'],
];

const fetched = async (url: string) =>
  (await hub.inject({ method: 'GET', url: `/api/${url}` }, people.organizer)).json();

test.each(examples)('what is answered is what is described: %s', async (url, answer) => {
  const put = `/api/submissions/${challenge.submissionId}/submission_leaderboard_connection/`;
  await hub.inject({ method: 'POST', url: put }, people.participant);
  expect(ANSWERS[answer].safeParse(await fetched(url(challenge))).error?.issues ?? []).toEqual([]);
});

test.each(lists)('what is listed is what is described: %s', async (url, answer) => {
  const listed = await fetched(url(challenge));
  const items: unknown[] = Array.isArray(listed) ? listed : listed.results;
  expect(items.length).toBeGreaterThan(0);
  for (const item of items) expect(ANSWERS[answer].safeParse(item).error?.issues ?? []).toEqual([]);
});
