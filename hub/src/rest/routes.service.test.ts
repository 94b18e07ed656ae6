import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { leaderboards } from '../competitions/schema.ts';
import {
  createPeople,
  createTestChallenge,
  type People,
  type TestChallenge,
} from '../http/testing/test-challenge.ts';
import type { TestPerson } from '../http/testing/test-hub.ts';
import { leaderboardEntries } from '../leaderboards/schema.ts';
import { submissions } from '../submissions/schema.ts';
import { createRestHub, type Method, type RestHub } from './testing/rest-hub.ts';

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

async function send(method: Method, url: string, status: number, person?: TestPerson, payload?: object) {
  const response = await hub.ask(method, url, { status, person, payload });
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
  const fields = { type: 'input_data', name: 'Scans', is_public: true };
  const key = await hub.sendFile(people.organizer, fields, 'PK');
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
  const shown = await hub.context.competitions.get(people.organizer.actor, challenge.competitionId);
  const endsAt = new Date(Date.now() + 3_600_000);
  await hub.context.competitions.phases.edit(people.organizer.actor, challenge.phaseId, { endsAt });
  await hub.context.competitions.phases.add(people.organizer.actor, challenge.competitionId, {
    name: 'Final',
    startsAt: new Date(endsAt.getTime() + 1),
    endsAt: null,
    taskIds: shown.phases[0]!.tasks.map(({ id }) => id),
    leaderboardId: shown.leaderboards[0]!.id,
  });
  expect(await send('POST', migrate, 200, people.organizer)).toEqual({});
});

test('the entries of a board are told of every phase that shares it', async () => {
  const { leaderboardId, competitionId, phaseId, taskId, submissionId } = challenge;
  const url = `leaderboards/${leaderboardId}/`;
  const connection = `submissions/${submissionId}/submission_leaderboard_connection/`;
  await send('POST', connection, 200, people.participant);
  const { phases } = hub.context.competitions;
  const endsAt = new Date(Date.now() + 3_600_000);
  const startsAt = new Date(endsAt.getTime() + 1);
  await phases.edit(people.organizer.actor, phaseId, { endsAt });
  const next = { name: 'Next', startsAt, endsAt: null, taskIds: [taskId], leaderboardId };
  const { id: other } = await phases.add(people.organizer.actor, competitionId, next);
  const { queries } = hub.context.database;
  const [own] = await queries.select().from(submissions).where(eq(submissions.id, submissionId));
  const { id: _, ...same } = own!;
  const [entry] = await queries
    .insert(submissions)
    .values({ ...same, phaseId: other })
    .returning();
  await queries.insert(leaderboardEntries).values({
    phaseId: other,
    ownerId: same.ownerId,
    slot: 0,
    submissionId: entry!.id,
    sortKey: ['Infinity'],
    submittedAt: entry!.createdAt,
  });

  const told = (await send('GET', url, 200)).submissions;
  expect(told).toMatchObject([
    { id: submissionId, phase: phaseId, owner: 'participant', rank: 1, scores: [{ score: '0.75' }] },
    { id: entry!.id, phase: other, scores: [] },
  ]);
  await send('GET', 'leaderboards/99999/', 404);
  await queries.update(leaderboards).set({ hidden: true }).where(eq(leaderboards.id, leaderboardId));
  await send('GET', url, 403, people.participant);
  expect((await send('GET', url, 200, people.organizer)).submissions).toHaveLength(2);
});

test('phases are listed by their competition; PUT changes as PATCH does, and leaves what is not sent', async () => {
  const { competitionId, phaseId, submissionId } = challenge;
  const { organizer, participant } = people;
  const list = `phases/?competition=${competitionId}`;
  expect(await send('GET', list, 200)).toMatchObject([
    { id: phaseId, name: 'Main', competition: competitionId },
  ]);
  await send('GET', 'phases/', 400);
  await send('PUT', `phases/${phaseId}/`, 403, participant, { name: 'Mine' });
  const renamed = await send('PUT', `phases/${phaseId}/`, 200, organizer, { name: 'Renamed' });
  expect(renamed).toMatchObject({ name: 'Renamed', status: 'Current' });
  await send('PUT', `competitions/${competitionId}/`, 403, participant, { title: 'Mine' });
  const retitled = await send('PUT', `competitions/${competitionId}/`, 200, organizer, { title: 'Retitled' });
  expect(retitled).toMatchObject({ title: 'Retitled', phases: [{ name: 'Renamed' }] });
  const { scores } = await send('GET', `submissions/${submissionId}/`, 200, organizer);
  const score = `submission_scores/${scores[0].id}/`;
  await send('PUT', score, 403, participant, { score: 1 });
  expect(await send('PUT', score, 200, organizer, { score: 0.5 })).toMatchObject({ column_key: 'score' });
});

test('a competition is deleted by whoever made it, and is gone then', async () => {
  const url = `competitions/${challenge.competitionId}/`;
  await send('DELETE', url, 403, people.participant);
  await send('DELETE', url, 204, people.organizer);
  await send('GET', url, 404, people.organizer);
});

test('an upload is deleted by whoever owns it, once nothing uses it', async () => {
  const url = `datasets/${await hub.sendFile(people.organizer, { type: 'input_data' }, 'PK')}/`;
  expect(await send('PUT', url, 200, people.organizer, { name: 'Scans' })).toMatchObject({ name: 'Scans' });
  await send('DELETE', url, 404, people.participant);
  await send('DELETE', url, 204, people.organizer);
  await send('GET', url, 404, people.organizer);
  const used = `datasets/${challenge.submissionKey}/`;
  expect(await send('DELETE', used, 409, people.participant)).toMatchObject({ code: 'resource_in_use' });
  await send('GET', used, 200, people.participant);
});

test('a submission that waits is started by organizers alone, and cancelled by its owner too', async () => {
  const { competitionId, phaseId } = challenge;
  const { organizer, participant } = people;
  await send('PATCH', `competitions/${competitionId}/`, 200, organizer, { auto_run_submissions: false });
  const data = await hub.sendFile(participant, { type: 'submission' }, 'PK');
  const { id, status } = await send('POST', 'submissions/', 201, participant, { phase: phaseId, data });
  expect(status).toBe('Submitting');
  await send('POST', `submissions/${id}/run_submission/`, 403, participant);
  expect(await send('POST', `submissions/${id}/run_submission/`, 200, organizer)).toMatchObject({
    id,
    status: 'Submitted',
  });
  await send('POST', `submissions/${id}/cancel_submission/`, 404, people.user);
  expect(await send('POST', `submissions/${id}/cancel_submission/`, 200, participant)).toEqual({
    canceled: true,
  });
  await send('POST', `submissions/${challenge.submissionId}/toggle_public/`, 200, participant);
  expect(await send('GET', `submissions/${challenge.submissionId}/`, 200)).toMatchObject({ is_public: true });
});

test('a profile is that of whom the token belongs to', async () => {
  expect(await send('GET', 'my_profile/', 200, people.admin)).toMatchObject({
    username: 'admin',
    email: 'admin@example.org',
    is_superuser: true,
    logged_in: true,
  });
  await send('GET', 'my_profile/', 401);
});
