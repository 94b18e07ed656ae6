import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Actor, anonymous } from '../accounts/access.ts';
import type { BoardSplit } from '../bundles/model.ts';
import { columns, leaderboards, phases, phaseTasks, tasks } from '../competitions/schema.ts';
import { submissionChanges, submissions } from '../submissions/schema.ts';
import { createHarness, type Harness } from '../submissions/testing/harness.ts';
import { toCsv, toJson } from './export.ts';
import { boardEffects } from './scoring.ts';
import type { BoardPage } from './service.ts';

let hub: Harness;
beforeAll(async () => {
  hub = await createHarness();
});
afterAll(() => hub[Symbol.asyncDispose]());

type BoardSettings = Partial<typeof leaderboards.$inferInsert>;
type ColumnSettings = Partial<typeof columns.$inferInsert> & { key: string };

/** A phase whose board has the column `score`, and these. */
async function boardWith(
  settings: BoardSettings,
  { more = [], taskCount = 1 }: { more?: ColumnSettings[]; taskCount?: number } = {},
) {
  const { queries } = hub.database;
  const phase = await hub.phase({ rule: settings.submissionRule ?? 'Force_Latest_Multiple' });
  const { seed, phaseId, organizer } = phase;
  const [{ leaderboardId } = { leaderboardId: 0 }] = await queries
    .select({ leaderboardId: phases.leaderboardId })
    .from(phases)
    .where(eq(phases.id, phaseId));
  if (Object.keys(settings).length > 0)
    await queries.update(leaderboards).set(settings).where(eq(leaderboards.id, leaderboardId));
  for (const [place, column] of more.entries())
    await queries.insert(columns).values({ leaderboardId, index: place + 1, title: column.key, ...column });
  const taskIds = [seed.taskIds[0]!];
  while (taskIds.length < taskCount) {
    const [task] = await queries
      .insert(tasks)
      .values({ name: `Task ${taskIds.length}`, createdBy: seed.submission().ownerId })
      .returning();
    await queries.insert(phaseTasks).values({ phaseId, taskId: task!.id, index: taskIds.length });
    taskIds.push(task!.id);
  }
  hub.boards.forget(phaseId);

  const insert = async (values: Partial<typeof submissions.$inferInsert>) => {
    const { resourceId, ownerId } = seed.submission();
    const [row] = await queries
      .insert(submissions)
      .values({ phaseId, ownerId, resourceId, taskId: taskIds[0]!, status: 'Finished', ...values })
      .returning({ id: submissions.id });
    return row!.id;
  };
  const record = (
    ...leaves: { submissionId: number; parentId: number | null; values: Record<string, number> }[]
  ) =>
    hub.database.transaction((tx) =>
      boardEffects(
        tx,
        hub.boards,
        leaves.map((leaf) => ({ phaseId, ...leaf })),
      ),
    );
  return {
    phaseId,
    organizer,
    taskIds,
    record,
    /** @param owner the owner's id; without, somebody new's */
    async enter(values: Record<string, number>, ownerId?: number) {
      const submissionId = await insert(ownerId === undefined ? {} : { ownerId });
      await record({ submissionId, parentId: null, values });
      return submissionId;
    },
    /** One set of scores for each task. */
    async enterParts(...parts: Record<string, number>[]) {
      const { ownerId } = seed.submission();
      const parentId = await insert({ ownerId, taskId: null });
      for (const [place, values] of parts.entries()) {
        const submissionId = await insert({ ownerId, parentId, taskId: taskIds[place]! });
        await record({ submissionId, parentId, values });
      }
      return parentId;
    },
    get: (actor: Actor, request: object = {}) => hub.leaderboards.get(actor, { phaseId, ...request }),
  };
}

const ids = ({ rows }: { rows: { submissionId: number }[] }) => rows.map(({ submissionId }) => submissionId);
const ownerOf = async (submissionId: number) => {
  const [row] = await hub.database.queries.select().from(submissions).where(eq(submissions.id, submissionId));
  return row!.ownerId;
};
describe('a split', () => {
  const split: BoardSplit = {
    key: 'final',
    title: 'Final',
    columns: [1],
    visibility: 'organizers',
    visibleFrom: null,
  };
  const more: ColumnSettings[] = [{ key: 'private', hidden: true, sorting: 'asc' }];

  test('ranks the same entries by its own columns, and is there for those who may see it', async () => {
    const board = await boardWith({ splits: [split] }, { more });
    const [a, b, c] = [
      await board.enter({ score: 9, private: 3 }),
      await board.enter({ score: 5, private: 1 }),
      await board.enter({ score: 1 }),
    ];
    expect(ids(await board.get(anonymous))).toEqual([a, b, c]);
    expect(await board.get(anonymous)).toMatchObject({ splits: [], columns: [{ key: 'score' }] });
    await expect(board.get(anonymous, { split: 'final' })).rejects.toMatchObject({ code: 'split_not_found' });
    const final = await board.get(board.organizer, { split: 'final' });
    expect(final).toMatchObject({
      split: 'final',
      columns: [{ key: 'private', isPrimary: true }],
      rows: [
        { submissionId: b, rank: 1, scores: { private: { value: '1.00' } } },
        { submissionId: a, rank: 2, scores: { private: { value: '3.00' } } },
        { submissionId: c, rank: 3, scores: { private: null } },
      ],
    });
    const page = await board.get(board.organizer, { split: 'final', limit: 1 });
    expect(ids(await board.get(board.organizer, { split: 'final', cursor: page.nextCursor }))).toEqual([
      a,
      c,
    ]);
  });

  test('is opened by organizers, or by its day', async () => {
    const board = await boardWith({ splits: [split] }, { more });
    const id = await board.enter({ score: 9, private: 3 });
    const open = (visibility: 'owners' | 'everybody' | 'organizers', visibleFrom: string | null = null) =>
      hub.leaderboards.openSplit(board.organizer, {
        phaseId: board.phaseId,
        key: 'final',
        visibility,
        visibleFrom,
      });
    await open('organizers', '2001-01-01T00:00:00Z');
    expect(ids(await board.get(anonymous, { split: 'final' }))).toEqual([id]);
    await open('organizers', '2999-01-01T00:00:00Z');
    await expect(board.get(anonymous, { split: 'final' })).rejects.toMatchObject({ code: 'split_not_found' });
    await open('everybody');
    expect(ids(await board.get(anonymous, { split: 'final' }))).toEqual([id]);
    await expect(
      hub.leaderboards.openSplit(board.organizer, {
        phaseId: board.phaseId,
        key: 'no',
        visibility: 'everybody',
        visibleFrom: null,
      }),
    ).rejects.toMatchObject({ code: 'split_not_found' });
  });

  test('shows owners their own entries alone, without their ranks', async () => {
    const board = await boardWith({ splits: [{ ...split, visibility: 'owners' }] }, { more });
    const [me, nobody] = [await hub.person(), await hub.person()];
    await board.enter({ score: 8, private: 2 });
    const mine = await board.enter({ score: 9, private: 3 }, me.user.id);
    const { rows } = await board.get(me, { split: 'final' });
    expect(rows).toMatchObject([{ submissionId: mine, rank: null, scores: { private: { value: '3.00' } } }]);
    expect((await board.get(nobody, { split: 'final' })).rows).toEqual([]);
  });
});

describe('a ladder', () => {
  test('releases the primary score in steps, and an entry only where it is a step better', async () => {
    const board = await boardWith(
      { submissionRule: 'Force_Best', ladderStep: 0.05 },
      { more: [{ key: 'recall' }] },
    );
    const first = await board.enter({ score: 0.62, recall: 0.1 });
    const owner = await ownerOf(first);
    await board.enter({ score: 0.649, recall: 0.9 }, owner);
    expect(await board.get(anonymous)).toMatchObject({
      ladderStep: 0.05,
      columns: [{ key: 'score' }],
      rows: [{ submissionId: first, scores: { score: { value: '0.60' } }, perTask: [{ scores: {} }] }],
    });
    const better = await board.enter({ score: 0.65, recall: 0 }, owner);
    expect((await board.get(anonymous)).rows).toMatchObject([
      { submissionId: better, scores: { score: { value: '0.65' } }, released: null },
    ]);
    expect((await board.get(board.organizer)).rows).toMatchObject([
      { released: '0.65', scores: { score: { value: '0.65' }, recall: { value: '0.00' } } },
    ]);
  });

  test('rounds towards the worse, below zero too', async () => {
    const board = await boardWith({ submissionRule: 'Force_Best', ladderStep: 0.5 });
    await board.enter({ score: -0.2 });
    expect((await board.get(anonymous)).rows).toMatchObject([{ scores: { score: { value: '-0.50' } } }]);
  });
});

describe('intervals', () => {
  test('are what the scoring program writes beside a score', async () => {
    const board = await boardWith(
      {},
      {
        more: [
          { key: 'low', hidden: true },
          { key: 'high', hidden: true },
        ],
      },
    );
    const [phase] = await hub.database.queries.select().from(phases).where(eq(phases.id, board.phaseId));
    await hub.database.queries
      .update(columns)
      .set({ lowIndex: 1, highIndex: 2 })
      .where(eq(columns.leaderboardId, phase!.leaderboardId));
    await board.enter({ score: 0.5, low: 0.4, high: 0.7 });
    const { rows, columns: seen } = await board.get(anonymous);
    expect(seen).toMatchObject([{ key: 'score', hasInterval: true }]);
    expect(rows[0]!.scores).toEqual({
      score: { value: '0.50', interval: { low: '0.40', high: '0.70', from: 'program' } },
    });
  });

  test('are drawn from at least three tasks', async () => {
    const settings = { taskRule: 'mean', bootstrapSamples: 500 } as const;
    const board = await boardWith(settings, { taskCount: 3 });
    await board.enterParts({ score: 1 }, { score: 2 }, { score: 6 });
    await board.enterParts({ score: 2 }, { score: 2 }, { score: 2 });
    await board.enterParts({ score: 0 }, { score: 0.5 }, { score: 0.2 });
    const { rows } = await board.get(anonymous);
    expect(rows.map(({ tieGroup }) => tieGroup)).toEqual([1, 1, 2]);
    const { nextCursor: cursor } = await board.get(anonymous, { limit: 2 });
    expect((await board.get(anonymous, { cursor })).rows).toMatchObject([{ tieGroup: 2 }]);
    expect((await board.get(anonymous, { sort: 'score' })).rows[0]!.tieGroup).toBeNull();
    const { value, interval } = rows[0]!.scores.score!;
    expect(value).toBe('3.00');
    expect(interval).toMatchObject({ from: 'tasks' });
    expect(Number(interval!.low)).toBeLessThan(3);
    expect(Number(interval!.high)).toBeGreaterThan(3);
    const two = await boardWith(settings, { taskCount: 2 });
    await two.enterParts({ score: 1 }, { score: 2 });
    expect((await two.get(anonymous)).rows[0]!.scores).toEqual({ score: { value: '1.50' } });
  });
});

test('a page can be in the order of any column, of the whole or of one task, what is missing last', async () => {
  const board = await boardWith({ taskRule: 'sum' }, { taskCount: 2 });
  const [a, b, c] = [
    await board.enterParts({ score: 1 }, { score: 9 }),
    await board.enterParts({ score: 4 }, { score: 4 }),
    await board.enterParts({ score: 7 }),
  ];
  expect(ids(await board.get(anonymous))).toEqual([a, b, c]);
  const [first, second] = board.taskIds;
  expect(ids(await board.get(anonymous, { sort: 'score', task: first }))).toEqual([c, b, a]);
  expect(ids(await board.get(anonymous, { sort: 'score', task: first, reversed: true }))).toEqual([a, b, c]);
  expect(ids(await board.get(anonymous, { sort: 'score', task: second }))).toEqual([a, b, c]);
  const ranks = (await board.get(anonymous, { sort: 'score', task: first })).rows.map(({ rank }) => rank);
  expect(ranks).toEqual([3, 2, 1]);
  const page = await board.get(anonymous, { sort: 'score', task: first, limit: 2 });
  expect(ids(await board.get(anonymous, { sort: 'score', task: first, cursor: page.nextCursor }))).toEqual([
    a,
  ]);
});

test('pages in another order have the ranks of the board, ties and baselines included', async () => {
  const board = await boardWith({}, { more: [{ key: 'second' }] });
  const entered = [
    await board.enter({ score: 3, second: 1 }),
    await board.enter({ score: 2, second: 2 }),
    await board.enter({ score: 2, second: 2 }),
    await board.enter({ score: 5, second: 2 }),
    await board.enter({ second: 4 }),
    await board.enter({ score: 1 }),
  ];
  const baseline = await board.enter({ score: 4, second: 3 });
  await hub.leaderboards.mark(board.organizer, {
    submissionId: baseline,
    isBaseline: true,
    mark: null,
    note: '',
  });
  const ranks = new Map(
    (await board.get(anonymous)).rows.map(({ submissionId, rank }) => [submissionId, rank]),
  );
  const rankOf = [...entered, baseline].map((id) => ranks.get(id));
  expect(rankOf).toEqual([2, 3, 3, 1, 6, 5, null]);
  const paged = async (order: object) => {
    const found: [number, number | null][] = [];
    let cursor: string | null = null;
    do {
      const page: BoardPage = await board.get(anonymous, { ...order, limit: 2, ...(cursor && { cursor }) });
      found.push(...page.rows.map(({ submissionId, rank }): [number, number | null] => [submissionId, rank]));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(found.every(([id, rank]) => rank === ranks.get(id))).toBe(true);
    return found.map(([id]) => id);
  };
  const [three, tieA, tieB, five, none, last] = entered;
  expect(await paged({ sort: 'second' })).toEqual([none, baseline, five, tieA, tieB, three, last]);
  expect(await paged({ sort: 'second', reversed: true })).toEqual([
    three,
    five,
    tieA,
    tieB,
    baseline,
    none,
    last,
  ]);
});

test('baselines stand in the order and take no rank, marks and edits are shown, hidden names are not', async () => {
  const board = await boardWith({});
  const [best, baseline, last] = [
    await board.enter({ score: 9 }),
    await board.enter({ score: 5 }),
    await board.enter({ score: 1 }),
  ];
  await hub.leaderboards.mark(board.organizer, {
    submissionId: baseline,
    isBaseline: true,
    mark: null,
    note: 'Ours',
  });
  await hub.leaderboards.mark(board.organizer, {
    submissionId: best,
    isBaseline: false,
    mark: 'verified',
    note: '',
  });
  await hub.database.queries
    .insert(submissionChanges)
    .values({ submissionId: last, kind: 'score', reason: 'Typing error', changedBy: 1 });
  await hub.leaderboards.setAnonymous(board.organizer, { phaseId: board.phaseId, anonymous: true });
  const { rows } = await board.get(anonymous);
  expect(rows).toMatchObject([
    { submissionId: best, rank: 1, mark: 'verified', owner: null, displayName: 'Anonymous', isEdited: false },
    { submissionId: baseline, rank: null, isBaseline: true, note: 'Ours' },
    { submissionId: last, rank: 2, isEdited: true, perTask: [{ isEdited: true }] },
  ]);
  expect((await board.get(board.organizer)).rows[0]!.owner).not.toBeNull();
});

test('the whole board comes as CSV and JSON, with nothing that a spreadsheet would run', async () => {
  const board = await boardWith({});
  await board.enter({ score: -1.5 });
  const id = await board.enter({ score: 2 });
  await hub.leaderboards.mark(board.organizer, {
    submissionId: id,
    isBaseline: false,
    mark: 'flagged',
    note: '=cmd|"/c calc"!A1',
  });
  const { phaseId } = board;
  const read = (as: typeof toCsv) =>
    hub.leaderboards.whole(anonymous, { phaseId }, (view, rows) =>
      text(Readable.from(as({ board: view, rows, source: null }))),
    );
  const [head, first, second] = (await read(toCsv)).split('\r\n');
  expect(head).toMatch(/^rank,participant,username,submission,submitted,score,baseline,mark,note,edited/);
  expect(first).toContain(`,2,false,flagged,"'=cmd|""/c calc""!A1",false`);
  expect(second).toContain(',-1.5,false,');
  expect(JSON.parse(await read(toJson))).toMatchObject({
    phaseId,
    total: 2,
    entries: [{ submissionId: id, rank: 1 }, { rank: 2 }],
  });
});
