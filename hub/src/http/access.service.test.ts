import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createPeople,
  createTestChallenge,
  type People,
  ROLES,
  type Role,
  type TestChallenge,
} from './testing/test-challenge.ts';
import { createTestHub, type TestHub } from './testing/test-hub.ts';

const everybody: Role[] = [...ROLES];
const users: Role[] = ['user', 'steward', 'participant', 'organizer', 'admin'];
const organizers: Role[] = ['organizer', 'admin'];
const involved: Role[] = ['participant', 'organizer', 'admin'];
/** The signature of the address is the permission; without one there is none. */
const nobody: Role[] = [];

interface Line {
  readonly allowed: readonly Role[];
  readonly url?: (challenge: TestChallenge) => string;
  readonly body?: (challenge: TestChallenge) => object;
}

const line = (allowed: readonly Role[], url?: Line['url'], body?: Line['body']): Line => ({
  allowed,
  ...(url ? { url } : {}),
  ...(body ? { body } : {}),
});

/** Who may ask for what. A route without a line here fails the test. tRPC has tables of its own, for people and for other hubs. */
const TABLE: Readonly<Record<string, Line>> = {
  'GET /healthz': line(everybody),
  'GET /readyz': line(everybody),
  'GET /metrics': line(['admin']),

  // Whoever sends signs for it as a hub, whatever person they are: see `federation/participation`.
  'PUT /federation/uploads/:grant': line(nobody, () => `/federation/uploads/${crypto.randomUUID()}`),
  // The signature of the address is the permission: see `federation/evaluation`.
  'GET /federation/outputs/:kind': line(nobody, () => '/federation/outputs/detailed_result'),
  'PUT /uploads/:key': line(nobody, ({ submissionKey }) => `/uploads/${submissionKey}`),
  'GET /files/resources/:key': line(['participant', 'admin'], (c) => `/files/resources/${c.submissionKey}`),
  'GET /files/phases/:id/:kind': line(involved, (c) => `/files/phases/${c.phaseId}/public_data`),
  'GET /files/dumps/:id': line(organizers, (c) => `/files/dumps/${c.dumpId}`),
  'GET /files/bundles/:id': line(organizers, (c) => `/files/bundles/${c.competitionId}`),
  'GET /files/submissions/:id/:kind': line(
    involved,
    (c) => `/files/submissions/${c.submissionId}/submission`,
  ),
  'GET /files/competitions/:id/submissions.csv': line(
    organizers,
    (c) => `/files/competitions/${c.competitionId}/submissions.csv`,
  ),
  'GET /files/competitions/:id/submissions.zip': line(
    organizers,
    (c) => `/files/competitions/${c.competitionId}/submissions.zip`,
  ),
  'GET /files/leaderboards/:phaseId/:format': line(everybody, (c) => `/files/leaderboards/${c.phaseId}/csv`),
  'GET /files/logs/:id/:stream': line(involved, (c) => `/files/logs/${c.runId}/scoring_stdout`),
  'GET /files/receipts/:id': line(involved, (c) => `/files/receipts/${c.runId}`),
  'GET /.well-known/weir/keys.json': line(everybody),
  'GET /.well-known/weir/hub.json': line(everybody),
  // They lead back to a page of the portal, whoever comes: nothing is told without the answer to a sign-in of this browser.
  'GET /sign-in/institution/return': line(everybody),
  'GET /sign-in/hub/return': line(everybody),
  'GET /accounts/login': line(everybody),
  // Without the cookie and the form of the log-in page, it is refused like any forged one.
  'POST /accounts/login': line(nobody, undefined, () => ({
    username: 'user',
    password: "user's long password",
  })),
  'GET /datasets/download/:key': line(
    ['participant', 'admin'],
    (c) => `/datasets/download/${c.submissionKey}/`,
  ),
  'GET /reports/:id': line(involved, (c) => `/reports/${c.runId}`),
  // There is no peer: whoever asks for a file of one gets none.
  'GET /files/peers/:hub/:id/phases/:phaseId/:kind': line(
    nobody,
    () => '/files/peers/south/1/phases/1/public_data',
  ),
  'GET /files/peers/:hub/:id/boards/:phaseId/:format': line(
    nobody,
    () => '/files/peers/south/1/boards/1/csv',
  ),
  'GET /files/peers/:hub/:id/submissions/:submissionId': line(
    nobody,
    () => '/files/peers/south/1/submissions/1',
  ),
  'GET /reports/peers/:hub/:id/:submissionId': line(nobody, () => '/reports/peers/south/1/1'),
  'GET /files/peer-submissions/:id/:submissionId/:kind': line(
    nobody,
    () => '/files/peer-submissions/1/1/submission',
  ),
  'GET /reports/peer-submissions/:id/:submissionId': line(nobody, () => '/reports/peer-submissions/1/1'),
  'GET /media/logo/:id': line(everybody, (c) => `/media/logo/${c.competitionId}`),

  'POST /node/v1/enrol': line(nobody, undefined, () => ({
    enrolment: crypto.randomUUID(),
    name: 'node',
    certificateRequest: '-',
    mac: '-',
  })),
  'GET /node/v1/artifacts/sha256/:hex': line(nobody, () => `/node/v1/artifacts/sha256/${'0'.repeat(64)}`),
  'PUT /node/v1/outputs/:kind': line(nobody, () => '/node/v1/outputs/scoring_result'),

  'POST /api/api-token-auth': line(everybody, undefined, () => ({
    username: 'user',
    password: "user's long password",
  })),
  'GET /api/openapi.json': line(everybody),
  'GET /api/my_profile': line(users),
  'GET /api/datasets': line(users),
  'POST /api/datasets': line(users, undefined, () => ({
    type: 'submission',
    request_sassy_file_name: 'a.zip',
  })),
  'GET /api/datasets/public': line(users),
  'GET /api/datasets/:key': line(['participant', 'admin'], (c) => `/api/datasets/${c.submissionKey}/`),
  'PATCH /api/datasets/:key': line(
    ['participant', 'admin'],
    (c) => `/api/datasets/${c.submissionKey}/`,
    () => ({ name: 'New' }),
  ),
  'PUT /api/datasets/:key': line(
    ['participant', 'admin'],
    (c) => `/api/datasets/${c.submissionKey}/`,
    () => ({ name: 'New' }),
  ),
  'DELETE /api/datasets/:key': line(['participant', 'admin'], (c) => `/api/datasets/${c.submissionKey}/`),
  // Of numbers that are not theirs, everybody is told so.
  'POST /api/datasets/delete_many': line(users, undefined, () => [0]),
  'PUT /api/datasets/check/:key': line(organizers, (c) => `/api/datasets/check/${c.bundleKey}/`),
  'PUT /api/datasets/completed/:key': line(organizers, (c) => `/api/datasets/completed/${c.bundleKey}/`),
  'GET /api/competitions': line(everybody),
  'GET /api/competitions/public': line(everybody),
  'GET /api/competitions/front_page': line(everybody),
  'GET /api/competitions/:id': line(everybody, (c) => `/api/competitions/${c.competitionId}`),
  'POST /api/competitions': line(users),
  'PATCH /api/competitions/:id': line(
    organizers,
    (c) => `/api/competitions/${c.competitionId}/`,
    () => ({ title: 'New' }),
  ),
  'PUT /api/competitions/:id': line(
    organizers,
    (c) => `/api/competitions/${c.competitionId}/`,
    () => ({ title: 'New' }),
  ),
  'DELETE /api/competitions/:id': line(organizers, (c) => `/api/competitions/${c.competitionId}/`),
  'GET /api/competitions/:id/creation_status': line(
    organizers,
    (c) => `/api/competitions/${c.creationId}/creation_status/`,
  ),
  'POST /api/competitions/:id/register': line(users, (c) => `/api/competitions/${c.competitionId}/register/`),
  'POST /api/competitions/:id/toggle_publish': line(
    organizers,
    (c) => `/api/competitions/${c.competitionId}/toggle_publish/`,
  ),
  'POST /api/competitions/:id/create_dump': line(
    organizers,
    (c) => `/api/competitions/${c.competitionId}/create_dump/`,
  ),
  'GET /api/competitions/:id/get_files': line(
    organizers,
    (c) => `/api/competitions/${c.competitionId}/get_files/`,
  ),
  'GET /api/competitions/:id/results': line(
    organizers,
    (c) => `/api/competitions/${c.competitionId}/results/`,
  ),
  'GET /api/competitions/:id/results.json': line(
    organizers,
    (c) => `/api/competitions/${c.competitionId}/results.json`,
  ),
  'GET /api/competitions/:id/results.csv': line(
    organizers,
    (c) => `/api/competitions/${c.competitionId}/results.csv?phase=${c.phaseId}`,
  ),
  'GET /api/competitions/:id/results.zip': line(
    organizers,
    (c) => `/api/competitions/${c.competitionId}/results.zip`,
  ),
  'GET /api/participants': line(organizers, (c) => `/api/participants/?competition=${c.competitionId}`),
  'PATCH /api/participants/:id': line(
    organizers,
    (c) => `/api/participants/${c.participantId}/`,
    () => ({ status: 'denied' }),
  ),
  'GET /api/phases': line(everybody, (c) => `/api/phases/?competition=${c.competitionId}`),
  'POST /api/phases/:id/manually_migrate': line(
    organizers,
    (c) => `/api/phases/${c.phaseId}/manually_migrate/`,
  ),
  'GET /api/phases/:id/rerun_submissions': line(
    organizers,
    (c) => `/api/phases/${c.phaseId}/rerun_submissions/`,
  ),
  'POST /api/phases/:id/rerun_submissions': line(
    organizers,
    (c) => `/api/phases/${c.phaseId}/rerun_submissions/`,
  ),
  'GET /api/leaderboards/:id': line(everybody, (c) => `/api/leaderboards/${c.leaderboardId}/`),
  'PATCH /api/submission_scores/:id': line(
    organizers,
    (c) => `/api/submission_scores/${c.submissionId * 10_000}/`,
    () => ({ score: 0.5 }),
  ),
  'PUT /api/submission_scores/:id': line(
    organizers,
    (c) => `/api/submission_scores/${c.submissionId * 10_000}/`,
    () => ({ score: 0.5 }),
  ),
  'GET /api/phases/:id': line(everybody, (c) => `/api/phases/${c.phaseId}/`),
  'PATCH /api/phases/:id': line(
    organizers,
    (c) => `/api/phases/${c.phaseId}/`,
    () => ({ name: 'New' }),
  ),
  'PUT /api/phases/:id': line(
    organizers,
    (c) => `/api/phases/${c.phaseId}/`,
    () => ({ name: 'New' }),
  ),
  'GET /api/phases/:id/get_leaderboard': line(everybody, (c) => `/api/phases/${c.phaseId}/get_leaderboard/`),
  'GET /api/tasks': line(users),
  'POST /api/tasks': line(users, undefined, () => ({ name: 'New' })),
  'GET /api/tasks/:id': line(organizers, (c) => `/api/tasks/${c.taskId}/`),
  'PATCH /api/tasks/:id': line(
    organizers,
    (c) => `/api/tasks/${c.taskId}/`,
    () => ({ name: 'New' }),
  ),
  'PUT /api/tasks/:id': line(
    organizers,
    (c) => `/api/tasks/${c.taskId}/`,
    () => ({ name: 'New' }),
  ),
  'DELETE /api/tasks/:id': line(organizers, (c) => `/api/tasks/${c.taskId}/`),
  'POST /api/tasks/delete_many': line(organizers, undefined, (c) => [c.taskId]),
  'POST /api/tasks/upload_task': line(users),
  'GET /api/can_make_submission/:id': line(users, (c) => `/api/can_make_submission/${c.phaseId}/`),
  'GET /api/submissions': line(users),
  'POST /api/submissions': line(['participant'], undefined, (c) => ({
    phase: c.phaseId,
    data: c.submissionKey,
  })),
  'GET /api/submissions/:id': line(involved, (c) => `/api/submissions/${c.submissionId}/`),
  'PATCH /api/submissions/:id': line(
    involved,
    (c) => `/api/submissions/${c.submissionId}/`,
    () => ({ name: 'New' }),
  ),
  'GET /api/submissions/:id/get_detail_result': line(
    involved,
    (c) => `/api/submissions/${c.submissionId}/get_detail_result/`,
  ),
  'GET /api/submissions/:id/toggle_public': line(
    involved,
    (c) => `/api/submissions/${c.submissionId}/toggle_public/`,
  ),
  'POST /api/submissions/:id/toggle_public': line(
    involved,
    (c) => `/api/submissions/${c.submissionId}/toggle_public/`,
  ),
  'PATCH /api/submissions/:id/update_fact_sheet': line(
    involved,
    (c) => `/api/submissions/${c.submissionId}/update_fact_sheet/`,
  ),
  'DELETE /api/submissions/delete_many': line(involved, undefined, (c) => [c.submissionId]),
  'POST /api/submissions/re_run_many_submissions': line(organizers, undefined, (c) => [c.submissionId]),
  'POST /api/submissions/download_many': line(involved, undefined, (c) => ({ pks: [c.submissionId] })),
  'DELETE /api/submissions/:id': line(involved, (c) => `/api/submissions/${c.submissionId}/`),
  'DELETE /api/submissions/:id/soft_delete': line(
    involved,
    (c) => `/api/submissions/${c.submissionId}/soft_delete/`,
  ),
  'GET /api/submissions/:id/get_details': line(
    involved,
    (c) => `/api/submissions/${c.submissionId}/get_details/`,
  ),
  'GET /api/submissions/:id/cancel_submission': line(
    involved,
    (c) => `/api/submissions/${c.submissionId}/cancel_submission/`,
  ),
  'POST /api/submissions/:id/cancel_submission': line(
    involved,
    (c) => `/api/submissions/${c.submissionId}/cancel_submission/`,
  ),
  'POST /api/submissions/:id/run_submission': line(
    organizers,
    (c) => `/api/submissions/${c.submissionId}/run_submission/`,
  ),
  'POST /api/submissions/:id/re_run_submission': line(
    organizers,
    (c) => `/api/submissions/${c.submissionId}/re_run_submission/`,
  ),
  'POST /api/submissions/:id/submission_leaderboard_connection': line(
    involved,
    (c) => `/api/submissions/${c.submissionId}/submission_leaderboard_connection/`,
  ),
  'DELETE /api/submissions/:id/submission_leaderboard_connection': line(
    involved,
    (c) => `/api/submissions/${c.submissionId}/submission_leaderboard_connection/`,
  ),
};

let hub: TestHub;
let people: People;
beforeAll(async () => {
  hub = await createTestHub();
  people = await createPeople(hub);
});
afterAll(() => hub[Symbol.asyncDispose]());

test('every route has a line in the table', () => {
  const routes = hub.routes
    .filter(({ config }) => !config?.isRefusal)
    .flatMap(({ method, url }) => [method].flat().map((one) => `${one} ${url.replace(/(.)\/$/, '$1')}`))
    // What is below /api and no route of it is nothing, for everybody.
    .filter((route) => !/^HEAD | \/(?:federation\/)?trpc\/| \/api\/\*$/.test(route));
  expect(new Set(routes)).toEqual(new Set(Object.keys(TABLE)));
});

describe.each(Object.keys(TABLE))('%s', (route) => {
  test.each(ROLES)('%s', async (role) => {
    const challenge = await createTestChallenge(hub, people);
    const { allowed, url, body } = TABLE[route]!;
    const [method, path] = route.split(' ') as ['GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', string];
    const response = await hub.inject(
      {
        method,
        url: url?.(challenge) ?? path,
        remoteAddress: '192.0.2.7',
        ...(method === 'GET' ? {} : { payload: body?.(challenge) ?? {} }),
      },
      role === 'anonymous' ? undefined : people[role],
    );
    expect(response.statusCode, response.body).toBeLessThan(500);
    // What a role may not see is missing for it; in a body of the REST API, a field that names nothing. Whoever meets another objection to what was
    // sent has got past the door.
    const isDenied =
      [401, 403, 404].includes(response.statusCode) ||
      /(?:object|key=\S+) does not exist/.test(response.body);
    expect(isDenied ? 'denied' : 'allowed', response.body).toBe(
      allowed.includes(role) ? 'allowed' : 'denied',
    );
  });
});
