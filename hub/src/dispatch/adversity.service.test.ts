import { Disposition, FailureCode } from '@weir/proto/node/v1';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Database } from '../db/database.ts';
import type { Dispatcher } from './service.ts';
import {
  assignmentOf,
  createDispatchFixture,
  type DispatchFixture,
  failed,
  scored,
} from './testing/fixture.ts';
import { seedPhase } from './testing/seed.ts';

let fixture: DispatchFixture;
let database: Database;
let dispatch: Dispatcher;

beforeAll(async () => {
  fixture = await createDispatchFixture();
  database = fixture.database;
});

afterAll(() => fixture[Symbol.asyncDispose]());

beforeEach(async () => {
  await fixture.emptyQueue();
  dispatch = fixture.newDispatcher();
});

test('runs whose competition was deleted end, and use up the room of no node', async () => {
  const phase = await seedPhase(database);
  const { submissionId } = await dispatch.admit(phase.submission());
  await database.queries.execute(
    sql`update competitions set deleted_at = now() where id = (select competition_id from phases where id = ${phase.phaseId})`,
  );
  dispatch.phaseChanged(phase.phaseId);
  const node = await fixture.connect(dispatch, { credit: 3 });
  await vi.waitFor(async () => expect((await fixture.submission(submissionId)).status).toBe('Failed'));
  await vi.waitFor(() => expect(node.credit).toBe(3));
  expect(node.assigned).toHaveLength(0);
});

test('a competition that is given up cancels what is not over', async () => {
  const phase = await seedPhase(database);
  const { submissionId } = await dispatch.admit(phase.submission());
  const { rows } = await database.queries.execute<{ id: number }>(
    sql`select competition_id as id from phases where id = ${phase.phaseId}`,
  );
  await dispatch.cancelCompetition(rows[0]!.id);
  expect((await fixture.submission(submissionId)).status).toBe('Cancelled');
});

test('a report that cannot be stored fails alone', async () => {
  const phase = await seedPhase(database);
  const node = await fixture.connect(dispatch);
  await dispatch.admit(phase.submission());
  await dispatch.admit(phase.submission());
  const [hostile, honest] = [assignmentOf(node, 0), assignmentOf(node, 1)];
  const answers = await Promise.all([
    dispatch.report(node.node.id, [scored(hostile.runId, 1, { 'x\u0000': 1 })]),
    dispatch.report(node.node.id, [scored(honest.runId, 1, { score: 1 })]),
  ]);
  expect(answers).toEqual([[Disposition.REJECTED], [Disposition.ACCEPTED]]);
});

test('an outcome at which the hub fails is asked for again, and what is reported with it is recorded', async () => {
  const phase = await seedPhase(database);
  const node = await fixture.connect(dispatch);
  await dispatch.admit(phase.submission());
  await dispatch.admit(phase.submission());
  const [poison, honest] = [assignmentOf(node, 0), assignmentOf(node, 1)];
  const { accept } = fixture.receipts;
  const failing = vi
    .spyOn(fixture.receipts, 'accept')
    .mockImplementation(async (nodeId, outcome, run) =>
      outcome.attempt?.runId === poison.runId
        ? Promise.reject(new Error('a fault of the hub'))
        : accept(nodeId, outcome, run),
    );
  const [first, second] = [scored(poison.runId, 1, { score: 1 }), scored(honest.runId, 1, { score: 1 })];
  expect(await dispatch.report(node.node.id, [first, second])).toEqual([
    Disposition.UNSPECIFIED,
    Disposition.ACCEPTED,
  ]);
  await expect(dispatch.report(node.node.id, [first])).rejects.toThrow('a fault of the hub');
  failing.mockRestore();
  expect(await dispatch.report(node.node.id, [first])).toEqual([Disposition.ACCEPTED]);
});

test('a submission that no site can take leaves room where it was', async () => {
  const phase = await seedPhase(database, { tasks: 2 });
  await database.queries.execute(
    sql`update tasks set site_dataset_name = 'gone', site_dataset_version = '1', site_dataset_reference = true where id = ${phase.taskIds[1]}`,
  );
  const node = await fixture.connect(dispatch, { credit: 4 });
  await expect(dispatch.admit(phase.submission())).rejects.toMatchObject({ code: 'no_site_holds_data' });
  expect(node.credit).toBe(4);
});

test('cancelling the rest of what is scored in part neither hides the score nor gives the entry back', async () => {
  const phase = await seedPhase(database, { tasks: 2, perPerson: 1 });
  const node = await fixture.connect(dispatch, { credit: 1 });
  const { submissionId } = await dispatch.admit(phase.submission());
  await dispatch.report(node.node.id, [scored(assignmentOf(node).runId, 1, { score: 0.5 })]);
  await dispatch.cancel(submissionId);
  expect((await fixture.submission(submissionId)).status).toBe('Finished');
  await expect(dispatch.admit(phase.submission())).rejects.toMatchObject({ code: 'limit_per_person' });
});

test('many submissions are started at the same moment', async () => {
  const phase = await seedPhase(database);
  const waiting = [];
  for (let index = 0; index < 20; index++)
    waiting.push(await dispatch.admit(phase.submission({ start: false })));
  dispatch.phaseChanged(phase.phaseId);
  await Promise.all(waiting.map(({ submissionId }) => dispatch.release(submissionId)));
  for (const { submissionId } of waiting)
    expect((await fixture.submission(submissionId)).status).toBe('Submitted');
});

test('the first report decides, also when the run is to be tried again', async () => {
  const phase = await seedPhase(database);
  const node = await fixture.connect(dispatch, { credit: 1 });
  const { submissionId } = await dispatch.admit(phase.submission());
  const { runId } = assignmentOf(node);
  await dispatch.report(node.node.id, [failed(runId, 1, FailureCode.ENGINE_FAILED)]);
  expect(await dispatch.report(node.node.id, [scored(runId, 1, { score: 1 })])).toEqual([
    Disposition.ACCEPTED,
  ]);
  expect((await fixture.submission(submissionId)).status).not.toBe('Finished');
  // Nor does a heartbeat that was under way take the ended attempt up again.
  expect(await dispatch.extend(node.node.id, [{ runId: Number(runId), attempt: 1 }])).toHaveLength(1);
});

test('heartbeats, cancels, reports and admissions of the same runs get through side by side', async () => {
  const phase = await seedPhase(database, { tasks: 2 });
  const node = await fixture.connect(dispatch, { credit: 200 });
  const other = fixture.newDispatcher();
  const admitted = await Promise.all(
    Array.from({ length: 40 }, () => dispatch.admit(phase.submission({ limited: false }))),
  );
  const held = node.assigned.map((_, index) => assignmentOf(node, index));
  const keys = held.map(({ runId, attempt }) => ({ runId: Number(runId), attempt }));
  await Promise.all([
    ...Array.from({ length: 10 }, (_, turn) =>
      dispatch.extend(node.node.id, turn % 2 ? keys : keys.toReversed()),
    ),
    ...held.map(({ runId, attempt }, index) =>
      (index % 2 ? dispatch : other).report(node.node.id, [scored(runId, attempt, { score: index })]),
    ),
    ...admitted.slice(0, 10).map(({ submissionId }) => other.cancel(submissionId)),
    ...Array.from({ length: 10 }, () => dispatch.admit(phase.submission())),
  ]);
  for (const { submissionId } of admitted) {
    expect(['Finished', 'Cancelled']).toContain((await fixture.submission(submissionId)).status);
  }
});
