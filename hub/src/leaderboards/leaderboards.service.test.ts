import { eq } from 'drizzle-orm';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anonymous } from '../accounts/access.ts';
import { columns, leaderboards, phases } from '../competitions/schema.ts';
import { type Database, openDatabase, type Transaction } from '../db/database.ts';
import { submissions } from '../submissions/schema.ts';
import { createHarness, type Harness, type SeededPhase } from '../submissions/testing/harness.ts';
import type { Connection } from './boards.ts';
import { boardEffects } from './scoring.ts';
import { findStandings } from './standings.ts';

let hub: Harness;
beforeAll(async () => {
  hub = await createHarness();
});
afterAll(() => hub[Symbol.asyncDispose]());

/** A phase on whose board every scored submission is, and the function that enters one with these scores. */
async function boardOf(options: Parameters<Harness['phase']>[0] = {}) {
  const phase = await hub.phase({ rule: 'Force_Latest_Multiple', ...options });
  const { seed, phaseId } = phase;
  const enter = async (values: Record<string, number>, createdAt = new Date()): Promise<number> => {
    const { resourceId, ownerId } = seed.submission();
    const [submission] = await hub.database.queries
      .insert(submissions)
      .values({ phaseId, ownerId, resourceId, taskId: seed.taskIds[0]!, status: 'Finished', createdAt })
      .returning({ id: submissions.id });
    const submissionId = submission!.id;
    await hub.database.transaction((tx) =>
      boardEffects(tx, hub.boards, [{ submissionId, phaseId, parentId: null, values }]),
    );
    return submissionId;
  };
  return { ...phase, enter };
}

async function addColumn(
  { phaseId }: SeededPhase,
  column: Omit<typeof columns.$inferInsert, 'leaderboardId'>,
) {
  const [phase] = await hub.database.queries.select().from(phases).where(eq(phases.id, phaseId));
  await hub.database.queries.insert(columns).values({ ...column, leaderboardId: phase!.leaderboardId });
  hub.boards.forget(phaseId);
}

test('equal scores share a rank and stand by age, missing ones are last, and pages go on exactly', async () => {
  const { phaseId, enter } = await boardOf();
  const older = new Date(Date.now() - 60_000);
  const missing = await enter({});
  const [b, a, c, d] = [
    await enter({ score: 5 }),
    await enter({ score: 5 }, older),
    await enter({ score: 9 }),
    await enter({ score: 1 }),
  ];
  const whole = await hub.leaderboards.get(anonymous, { phaseId });
  expect(whole.rows.map(({ submissionId, rank }) => [submissionId, rank])).toEqual([
    [c, 1],
    [a, 2],
    [b, 2],
    [d, 4],
    [missing, 5],
  ]);
  expect(whole.rows.at(-1)!.scores).toEqual({ score: null });
  expect(whole).toMatchObject({ total: 5, nextCursor: null });

  for (const limit of [1, 2, 3]) {
    const rows: unknown[] = [];
    let cursor: string | null = null;
    do {
      const page = await hub.leaderboards.get(anonymous, {
        phaseId,
        limit,
        ...(cursor !== null && { cursor }),
      });
      rows.push(...page.rows);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(rows).toEqual(whole.rows);
  }
});

test('scores are rounded for people and ranked exactly', async () => {
  const { phaseId, enter } = await boardOf();
  const [low, high] = [await enter({ score: 0.12341 }), await enter({ score: 0.12344 })];
  const { rows } = await hub.leaderboards.get(anonymous, { phaseId });
  expect(rows).toMatchObject([
    { submissionId: high, rank: 1, scores: { score: { value: '0.12' } } },
    { submissionId: low, rank: 2, scores: { score: { value: '0.12' } } },
  ]);
});

test('hidden columns are for organizers, computed ones for everybody', async () => {
  const phase = await boardOf();
  await addColumn(phase, { index: 1, key: 'secret', title: 'Secret', hidden: true });
  await addColumn(phase, {
    index: 2,
    key: 'mean',
    title: 'Mean',
    computation: 'avg',
    computationIndexes: [0, 1],
  });
  await phase.enter({ score: 1, secret: 4 });
  const { phaseId } = phase;
  const seen = await hub.leaderboards.get(anonymous, { phaseId });
  expect(seen.columns.map(({ key }) => key)).toEqual(['score', 'mean']);
  expect(seen.rows[0]!.scores).toEqual({ score: { value: '1.00' }, mean: { value: '2.50' } });
  const managed = await hub.leaderboards.get(phase.organizer, { phaseId });
  expect(managed.rows[0]!.scores).toMatchObject({ secret: { value: '4.00' } });
});

test('hidden boards and boards of unpublished competitions are for organizers', async () => {
  const { phaseId, organizer } = await boardOf();
  const [phase] = await hub.database.queries.select().from(phases).where(eq(phases.id, phaseId));
  await hub.database.queries
    .update(leaderboards)
    .set({ hidden: true })
    .where(eq(leaderboards.id, phase!.leaderboardId));
  await expect(hub.leaderboards.get(anonymous, { phaseId })).rejects.toMatchObject({ code: 'board_hidden' });
  await expect(hub.leaderboards.version(anonymous, phaseId)).rejects.toMatchObject({ code: 'board_hidden' });
  expect((await hub.leaderboards.get(organizer, { phaseId })).rows).toEqual([]);

  const draft = await boardOf({ competition: { published: false } });
  await expect(hub.leaderboards.get(anonymous, { phaseId: draft.phaseId })).rejects.toMatchObject({
    code: 'phase_not_found',
  });
});

test('the version grows with each change', async () => {
  const { phaseId, enter } = await boardOf();
  const versions = [await hub.leaderboards.version(anonymous, phaseId)];
  for (const score of [1, 0]) {
    await enter({ score });
    versions.push(await hub.leaderboards.version(anonymous, phaseId));
  }
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
});

test('a cursor that nobody gave starts from the beginning', async () => {
  const { phaseId, enter } = await boardOf();
  await enter({ score: 1 });
  for (const value of ['x', { orderKey: ["1}'; drop table users"], submittedAt: 'now', submissionId: 1 }]) {
    const cursor = Buffer.from(JSON.stringify(value)).toString('base64url');
    expect((await hub.leaderboards.get(anonymous, { phaseId, cursor })).rows).toHaveLength(1);
  }
});

describe('on a board of thousands', () => {
  const SIZE = 3_000;
  let board: Awaited<ReturnType<typeof boardOf>>;
  beforeAll(async () => {
    board = await boardOf();
    const { seed, phaseId } = board;
    const { resourceId, ownerId } = seed.submission();
    await hub.database.pool.query(
      `with entered as (
         insert into submissions (phase_id, owner_id, task_id, resource_id, status)
         select $1, $2, $3, $4, 'Finished' from generate_series(1, $5::int) returning id
       ), scored as (
         insert into scores (submission_id, column_id, value)
         select e.id, c.id, e.id % 100 from entered e, phases p join leaderboard_columns c on c.leaderboard_id = p.leaderboard_id where p.id = $1
       )
       insert into leaderboard_entries (phase_id, owner_id, slot, submission_id, sort_key, submitted_at)
       select $1, $2, id, id, array[-(id % 100)], now() from entered`,
      [phaseId, ownerId, seed.taskIds[0], resourceId, SIZE],
    );
    await hub.database.pool.query('vacuum analyze leaderboard_entries, submissions, scores');
  });

  /** The rows that the statements looked at in tables and indexes, by the database's own count. */
  async function rowsRead(database: Database, work: (tx: Transaction) => Promise<unknown>): Promise<number> {
    const sent: { text: string; values: unknown[] }[] = [];
    await database.transaction((tx) =>
      work({
        ...tx,
        prepared: (statement, values) => {
          sent.push({ text: statement.text, values });
          return tx.prepared(statement, values);
        },
      }),
    );
    let rows = 0;
    for (const { text, values } of sent) {
      const answer = await database.pool.query(`explain (analyze, format json) ${text}`, values);
      rows += rowsOf(answer.rows[0]['QUERY PLAN'][0].Plan);
    }
    return rows;
  }

  test('the first page looks at what it shows, and a score that arrives at what it moves', async () => {
    const { phaseId, enter } = board;
    // As the hub reads boards.
    await using standings = openDatabase(hub.database.url, pino({ level: 'silent' }), { byKey: true });
    const own = { terms: [], split: null, sort: null, isSnapshot: true };
    const page = (connection: Connection) =>
      findStandings(connection, { phaseId, after: null, limit: 51, ...own });
    expect(await page(standings)).toMatchObject({ standings: { length: 51 }, total: 0 });
    expect(await rowsRead(standings, page)).toBeLessThan(SIZE / 5);

    const submissionId = await enter({ score: 50 });
    const leaf = { submissionId, phaseId, parentId: null, values: { score: 51 } };
    const arrival = await rowsRead(hub.database, (tx) => boardEffects(tx, hub.boards, [leaf]));
    expect(arrival).toBeLessThan(50);
  });
});

interface Plan {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

function rowsOf(plan: Plan): number {
  const here = plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0);
  const below = (plan.Plans ?? []).reduce((sum, part) => sum + rowsOf(part), 0);
  return below + (plan['Relation Name'] === undefined ? 0 : here * plan['Actual Loops']);
}
