import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { columns, competitions, leaderboards } from '../competitions/schema.ts';
import {
  createPeople,
  createTestChallenge,
  type People,
  type TestChallenge,
} from '../http/testing/test-challenge.ts';
import { createTestHub, type TestHub, type TestPerson } from '../http/testing/test-hub.ts';

let hub: TestHub;
let people: People;
let robot: TestPerson;
/** Two competitions, of which the first allows robots. */
let open: TestChallenge;
let closed: TestChallenge;

beforeAll(async () => {
  hub = await createTestHub();
  people = await createPeople(hub);
  robot = await hub.person('robot', { isRobot: true });
  [open, closed] = [await createTestChallenge(hub, people), await createTestChallenge(hub, people)];
  await settings(open, { allowRobotSubmissions: true });
});
afterAll(() => hub[Symbol.asyncDispose]());

const settings = ({ competitionId }: TestChallenge, change: Partial<typeof competitions.$inferInsert>) =>
  hub.context.database.queries.update(competitions).set(change).where(eq(competitions.id, competitionId));

async function get(url: string, person: TestPerson) {
  const response = await hub.inject({ method: 'GET', url: `/api/${url}` }, person);
  expect(response.statusCode, response.body).toBe(200);
  return response.json();
}
/** The newest first. */
const idsOf = ({ enteredId, submissionId }: TestChallenge) => [enteredId, submissionId];
const listed = async (person: TestPerson, phase?: TestChallenge): Promise<number[]> =>
  (await get(`submissions/${phase ? `?phase=${phase.phaseId}` : ''}`, person)).map(
    ({ id }: { id: number }) => id,
  );

test('administrators and organizers see all submissions of a phase, participants their own, others none', async () => {
  for (const person of [people.admin, people.organizer, people.participant]) {
    expect(await listed(person, closed)).toEqual(idsOf(closed));
  }
  expect(await listed(people.user, closed)).toEqual([]);
});

test('robots see all submissions of a phase where they are allowed', async () => {
  expect(await listed(robot, open)).toEqual(idsOf(open));
  expect(await listed(robot, closed)).toEqual([]);
});

test('without a phase everybody gets what they may see', async () => {
  expect(await listed(people.admin)).toEqual([...idsOf(closed), ...idsOf(open)]);
  expect(await listed(people.participant)).toEqual([...idsOf(closed), ...idsOf(open)]);
  expect(await listed(robot)).toEqual(idsOf(open));
  expect(await listed(people.user)).toEqual([]);
});

test('the board names the questions whose answers it shows', async () => {
  const question = { type: 'text' as const, selection: [], isRequired: false };
  const board = () => get(`phases/${open.phaseId}/get_leaderboard/`, people.participant);
  expect(await board()).toMatchObject({ id: open.phaseId, fact_sheet_keys: null });
  await settings(open, {
    factSheet: [
      { ...question, key: 'method', title: 'Method', isOnLeaderboard: true },
      { ...question, key: 'phone', title: 'Phone', isOnLeaderboard: false },
    ],
  });
  expect((await board()).fact_sheet_keys).toEqual([['method', 'Method']]);
});

test('of a board that releases scores in steps, participants get the steps and organizers what was scored', async () => {
  const board = (person: TestPerson) => get(`phases/${closed.phaseId}/get_leaderboard/`, person);
  const scoresFor = async (person: TestPerson) =>
    (await board(person)).submissions.flatMap((entry: { scores: { score: string }[] }) =>
      entry.scores.map(({ score }) => Number(score)),
    );
  const edit = { columnKey: 'score', value: 0.7, reason: 'scored by hand' };
  await hub.context.submissions.editScore(people.organizer.actor, closed.enteredId, edit);
  expect(await scoresFor(people.participant)).toEqual([0.7]);
  const { queries } = hub.context.database;
  const isOfIt = eq(leaderboards.competitionId, closed.competitionId);
  await queries.update(leaderboards).set({ ladderStep: 0.5 }).where(isOfIt);
  await hub.context.leaderboards.rebuild(closed.phaseId);
  expect(await scoresFor(people.participant)).toEqual([0.5]);
  expect(await scoresFor(people.organizer)).toEqual([0.7]);
  await queries.update(leaderboards).set({ ladderStep: null }).where(isOfIt);
});

test('columns made of ranks are of the whole entry, and stand with its first task', async () => {
  const edit = { columnKey: 'score', value: 0.7, reason: 'scored by hand' };
  await hub.context.submissions.editScore(people.organizer.actor, open.enteredId, edit);
  const { queries } = hub.context.database;
  const [board] = await queries
    .select({ id: leaderboards.id })
    .from(leaderboards)
    .where(eq(leaderboards.competitionId, open.competitionId));
  await queries.insert(columns).values({
    leaderboardId: board!.id,
    index: 1,
    key: 'place',
    title: 'Place',
    precision: 2,
    sorting: 'asc',
    computation: 'avg_rank',
    computationIndexes: [0],
  });
  hub.context.dispatch.phaseChanged(open.phaseId);
  await hub.context.leaderboards.rebuild(open.phaseId, { anew: true });
  const entries = (await get(`phases/${open.phaseId}/get_leaderboard/`, people.participant)).submissions;
  expect(entries).toMatchObject([
    { id: open.enteredId, scores: [{ column_key: 'score' }, { column_key: 'place', score: '1.00' }] },
  ]);
  const results = await get(`competitions/${open.competitionId}/results.json`, people.organizer);
  const [line] = Object.values(Object.values(results)[0] as object);
  expect(line).toMatchObject({ [`Task(${open.taskId})-Place`]: '1.00' });
});
