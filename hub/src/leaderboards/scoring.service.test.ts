import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { users } from '../accounts/schema.ts';
import { columns, competitions, leaderboards, phases, tasks } from '../competitions/schema.ts';
import type { Database } from '../db/database.ts';
import { createTestDatabase } from '../db/testing/test-database.ts';
import { resources } from '../resources/schema.ts';
import { submissions } from '../submissions/schema.ts';
import { Boards } from './boards.ts';
import type { SubmissionRule } from './rules.ts';
import { leaderboardEntries } from './schema.ts';
import { boardEffects, type ScoredLeaf } from './scoring.ts';

let database: Database;
let ada: number;
let bob: number;
let taskId: number;
let resourceId: number;

beforeAll(async () => {
  database = await createTestDatabase();
  const people = await database.queries
    .insert(users)
    .values(['ada', 'bob'].map((username) => ({ username, email: `${username}@example.org` })))
    .returning({ id: users.id });
  [ada, bob] = [people[0]!.id, people[1]!.id];
  const [resource] = await database.queries
    .insert(resources)
    .values({ type: 'submission', name: 's', fileName: 's.zip', createdBy: ada })
    .returning();
  resourceId = resource!.id;
  const [task] = await database.queries.insert(tasks).values({ name: 't', createdBy: ada }).returning();
  taskId = task!.id;
});

afterAll(() => database[Symbol.asyncDispose]());

/** A phase whose board ranks by `accuracy` downwards, then `time` upwards. */
async function phaseWith(submissionRule: SubmissionRule): Promise<number> {
  const { queries } = database;
  const [competition] = await queries
    .insert(competitions)
    .values({ title: 'c', createdBy: ada, dockerImage: 'python:3' })
    .returning();
  const [leaderboard] = await queries
    .insert(leaderboards)
    .values({ competitionId: competition!.id, title: 'l', key: 'l', submissionRule })
    .returning();
  await queries.insert(columns).values([
    { leaderboardId: leaderboard!.id, index: 0, key: 'accuracy', title: 'Accuracy' },
    { leaderboardId: leaderboard!.id, index: 1, key: 'time', title: 'Time', sorting: 'asc' },
  ]);
  const [phase] = await queries
    .insert(phases)
    .values({
      competitionId: competition!.id,
      index: 0,
      name: 'p',
      startsAt: new Date(0),
      leaderboardId: leaderboard!.id,
    })
    .returning();
  return phase!.id;
}

async function submit(
  phaseId: number,
  ownerId: number,
  rest: Partial<typeof submissions.$inferInsert> = {},
): Promise<number> {
  const [submission] = await database.queries
    .insert(submissions)
    .values({ phaseId, ownerId, resourceId, taskId, status: 'Finished', ...rest })
    .returning({ id: submissions.id });
  return submission!.id;
}

const leaf = (
  phaseId: number,
  submissionId: number,
  values: Record<string, number>,
  parentId: number | null = null,
): ScoredLeaf => ({ submissionId, phaseId, parentId, values });

const board = async (phaseId: number) =>
  (
    await database.queries.query.leaderboardEntries.findMany({
      where: (entry, { eq }) => eq(entry.phaseId, phaseId),
      orderBy: (entry) => [entry.sortKey, entry.submittedAt, entry.submissionId],
    })
  ).map(({ submissionId }) => submissionId);

const boards = new Boards();
const record = (...leaves: ScoredLeaf[]) => database.transaction((tx) => boardEffects(tx, boards, leaves));

describe('scores', () => {
  it('are stored by column, replaced when recorded again, and unknown keys are ignored', async () => {
    const phaseId = await phaseWith('Add');
    const id = await submit(phaseId, ada);
    await record(leaf(phaseId, id, { accuracy: 0.123456789012, time: 3, other: 9 }));
    await record(leaf(phaseId, id, { accuracy: 0.5 }));
    const stored = await database.queries.query.scores.findMany({
      where: (score, { eq }) => eq(score.submissionId, id),
    });
    expect(stored.map(({ value }) => value)).toEqual(['0.5000000000']);
  });
});

describe('Force_Best', () => {
  it('keeps the best of each owner and announces only boards that changed', async () => {
    const phaseId = await phaseWith('Force_Best');
    const [first, second, worse, other] = [
      await submit(phaseId, ada),
      await submit(phaseId, ada),
      await submit(phaseId, ada),
      await submit(phaseId, bob),
    ];
    expect(await record(leaf(phaseId, first, { accuracy: 0.5 }))).toEqual([`leaderboard:${phaseId}`]);
    await record(leaf(phaseId, second, { accuracy: 0.9 }), leaf(phaseId, other, { accuracy: 0.7 }));
    expect(await record(leaf(phaseId, worse, { accuracy: 0.8 }))).toEqual([]);
    expect(await board(phaseId)).toEqual([second, other]);
  });

  it('chooses within one batch, prefers the older of equals, and puts missing scores last', async () => {
    const phaseId = await phaseWith('Force_Best');
    const [missing, older, newer] = [
      await submit(phaseId, ada),
      await submit(phaseId, ada),
      await submit(phaseId, ada),
    ];
    await record(
      leaf(phaseId, newer, { accuracy: 0.9 }),
      leaf(phaseId, missing, { time: 1 }),
      leaf(phaseId, older, { accuracy: 0.9 }),
    );
    expect(await board(phaseId)).toEqual([older]);
  });

  it('leaves the best one when many of one owner are scored at once', async () => {
    const phaseId = await phaseWith('Force_Best');
    const ids = await Promise.all(Array.from({ length: 20 }, () => submit(phaseId, ada)));
    await Promise.all(ids.map((id, index) => record(leaf(phaseId, id, { accuracy: (index * 7) % 20 }))));
    expect(await board(phaseId)).toEqual([ids[17]]);
  });
});

describe('Force_Last', () => {
  it('keeps the latest submitted, also when an older one is scored after it', async () => {
    const phaseId = await phaseWith('Force_Last');
    const [older, newer] = [await submit(phaseId, ada), await submit(phaseId, ada)];
    await record(leaf(phaseId, newer, { accuracy: 0.1 }));
    await record(leaf(phaseId, older, { accuracy: 0.9 }));
    expect(await board(phaseId)).toEqual([newer]);
  });
});

it('Force_Latest_Multiple adds every one', async () => {
  const phaseId = await phaseWith('Force_Latest_Multiple');
  const [first, second] = [await submit(phaseId, ada), await submit(phaseId, ada)];
  await record(leaf(phaseId, first, { accuracy: 0.1 }), leaf(phaseId, second, { accuracy: 0.9 }));
  expect(await board(phaseId)).toEqual([second, first]);
});

it.each(['Add', 'Add_And_Delete', 'Add_And_Delete_Multiple'] as const)(
  '%s adds nothing by itself',
  async (rule) => {
    const phaseId = await phaseWith(rule);
    const id = await submit(phaseId, ada);
    expect(await record(leaf(phaseId, id, { accuracy: 1 }))).toEqual([]);
    expect(await board(phaseId)).toEqual([]);
  },
);

it('never shows re-runs on one task, nor deleted submissions', async () => {
  const phaseId = await phaseWith('Force_Latest_Multiple');
  const rerun = await submit(phaseId, ada, { isSpecificTaskReRun: true });
  const deleted = await submit(phaseId, ada, { deletedAt: new Date() });
  await record(leaf(phaseId, rerun, { accuracy: 1 }), leaf(phaseId, deleted, { accuracy: 1 }));
  expect(await board(phaseId)).toEqual([]);
});

it('places a submission with several tasks by its best task', async () => {
  const phaseId = await phaseWith('Force_Latest_Multiple');
  const rival = await submit(phaseId, bob);
  const parent = await submit(phaseId, ada, { taskId: null });
  const [one, two] = [
    await submit(phaseId, ada, { parentId: parent }),
    await submit(phaseId, ada, { parentId: parent, status: 'Scoring' }),
  ];
  await record(leaf(phaseId, rival, { accuracy: 0.5 }), leaf(phaseId, one, { accuracy: 0.2 }, parent));
  expect(await board(phaseId)).toEqual([rival, parent]);
  await record(leaf(phaseId, two, { accuracy: 0.8 }, parent));
  expect(await board(phaseId)).toEqual([parent, rival]);
  expect(await database.queries.$count(leaderboardEntries)).toBeGreaterThan(0);
});
