import { expect, test } from 'vitest';
import { showBatch, tellProgress } from './batches.ts';

test.each([
  ['waits', { finishedAt: null, total: null, entered: 0, over: 0 }, 'Waiting', 'Not begun yet'],
  [
    'enters',
    { finishedAt: null, total: 30, entered: 12, over: 5 },
    'Entering',
    '12 of 30 submissions entered, 5 of them over',
  ],
  [
    'runs',
    { finishedAt: 'x', total: 2, entered: 2, over: 1 },
    'Running',
    '2 submissions entered, 1 of them over',
  ],
  [
    'is done',
    { finishedAt: 'x', total: 1, entered: 1, over: 1 },
    'Done',
    '1 submission entered, 1 of them over',
  ],
  [
    'had nothing to do',
    { finishedAt: 'x', total: 0, entered: 0, over: 0 },
    'Done',
    'There was nothing to enter',
  ],
])('a batch that %s', (_name, batch, label, progress) => {
  expect(showBatch(batch).label).toBe(label);
  expect(tellProgress(batch)).toBe(progress);
});
