import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { AssignmentBatch } from './assignment-batch.ts';

function recorded() {
  const sent: (bigint | undefined)[][] = [];
  const batch = new AssignmentBatch((assignments) => sent.push(assignments.map(({ runId }) => runId)));
  return { sent, batch };
}

test('what is assigned in one turn of the event loop goes out together, promises between them or not', async () => {
  const { sent, batch } = recorded();
  batch.add({ runId: 1n });
  await Promise.resolve();
  batch.add({ runId: 2n });
  expect(sent).toEqual([]);
  await turn();
  expect(sent).toEqual([[1n, 2n]]);
  batch.add({ runId: 3n });
  await turn();
  expect(sent).toEqual([[1n, 2n], [3n]]);
});

test('no message grows beyond what the contract permits', async () => {
  const { sent, batch } = recorded();
  const factSheetAnswers = 'x'.repeat(100_000);
  for (const runId of [1n, 2n, 3n]) batch.add({ runId, factSheetAnswers });
  await turn();
  expect(sent).toEqual([[1n], [2n], [3n]]);
});
