import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  createPeople,
  createTestChallenge,
  type People,
  type TestChallenge,
} from '../http/testing/test-challenge.ts';
import { createTestHub, type TestHub, type TestPerson } from '../http/testing/test-hub.ts';

let hub: TestHub;
let people: People;
let challenge: TestChallenge;

beforeAll(async () => {
  hub = await createTestHub();
  people = await createPeople(hub);
});
beforeEach(async () => {
  challenge = await createTestChallenge(hub, people);
});
afterAll(() => hub[Symbol.asyncDispose]());

type Method = 'GET' | 'POST' | 'DELETE';

async function send(method: Method, url: string, status: number, person?: TestPerson) {
  const response: LightMyRequestResponse = await hub.inject({ method, url: `/api/${url}` }, person);
  expect(response.statusCode, response.body).toBe(status);
  return response.body === '' ? null : response.json();
}

test('the front page shows published competitions, and no others', async () => {
  const ids = async () =>
    (await send('GET', 'competitions/front_page/', 200)).popular_comps.map(({ id }: { id: number }) => id);
  expect(await ids()).toContain(challenge.competitionId);
  const url = `competitions/${challenge.competitionId}/toggle_publish/`;
  await send('POST', url, 403, people.participant);
  expect(await send('POST', url, 200, people.organizer)).toEqual({ published: false });
  expect(await ids()).not.toContain(challenge.competitionId);
  expect(await send('POST', url, 200, people.organizer)).toEqual({ published: true });
});

test('public uploads are listed for everybody who is logged in', async () => {
  const announced = await hub.inject(
    {
      method: 'POST',
      url: '/api/datasets/',
      payload: { type: 'input_data', request_sassy_file_name: 'x.zip', name: 'Scans', is_public: true },
    },
    people.organizer,
  );
  const { key, sassy_url } = announced.json();
  const { pathname, search } = new URL(sassy_url);
  await hub.inject({ method: 'PUT', url: pathname + search, payload: 'PK' });
  const { results } = await send('GET', 'datasets/public/?search=Scans', 200, people.user);
  expect(results).toMatchObject([{ key, name: 'Scans', is_public: true, created_by: 'organizer' }]);
  await send('GET', 'datasets/public/', 401);
});

test('an owner deletes a submission softly, unless it is on a board', async () => {
  const url = `submissions/${challenge.submissionId}/soft_delete/`;
  const connection = `submissions/${challenge.submissionId}/submission_leaderboard_connection/`;
  await send('POST', connection, 200, people.participant);
  expect(await send('DELETE', url, 403, people.participant)).toMatchObject({ error: expect.any(String) });
  await send('DELETE', url, 404, people.user);
  await send('DELETE', connection, 200, people.organizer);
  expect(await send('DELETE', url, 200, people.participant)).toEqual({
    message: 'Submission deleted successfully',
  });
  await send('GET', `submissions/${challenge.submissionId}/`, 404, people.participant);
});

test('a phase is run again, and taken over into the next one, by its organizers', async () => {
  const rerun = `phases/${challenge.phaseId}/rerun_submissions/`;
  await send('POST', rerun, 403, people.participant);
  expect(await send('POST', rerun, 200, people.organizer)).toMatchObject({ id: expect.any(Number) });
  const migrate = `phases/${challenge.phaseId}/manually_migrate/`;
  await send('POST', migrate, 403, people.participant);
  expect(await send('POST', migrate, 400, people.organizer)).toMatchObject({ code: 'no_phase_after' });
  const { leaderboards, phases } = await hub.context.competitions.get(
    people.organizer.actor,
    challenge.competitionId,
  );
  const endsAt = new Date(Date.now() + 3_600_000);
  await hub.context.competitions.phases.edit(people.organizer.actor, challenge.phaseId, { endsAt });
  await hub.context.competitions.phases.add(people.organizer.actor, challenge.competitionId, {
    name: 'Final',
    startsAt: new Date(endsAt.getTime() + 1),
    endsAt: null,
    taskIds: phases[0]!.tasks.map(({ id }) => id),
    leaderboardId: leaderboards[0]!.id,
  });
  expect(await send('POST', migrate, 200, people.organizer)).toEqual({});
});
