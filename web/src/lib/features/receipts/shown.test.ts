import { expect, test } from 'vitest';
import type { RunReceipt, Submission } from '#lib/api/types.ts';
import { shownOnPage } from './shown.ts';

const score = (value: string) => ({ columnKey: 'auc', value });
const run = { runId: 7, shown: { auc: '0.50' } } as unknown as RunReceipt;
const page = (scores: unknown[], runs: unknown[]) =>
  ({ scores, runs, children: [] }) as unknown as Submission;

test("a submission's only run is held to the score of the submission", () => {
  const submission = page(
    [score('0.99'), { columnKey: 'computed', value: '1' }],
    [{ id: 7, scores: [score('0.50')] }],
  );
  expect(shownOnPage(submission, run)).toEqual({ auc: '0.99' });
});

test('one of several runs is held to its own score', () => {
  const submission = page(
    [score('0.70')],
    [
      { id: 7, scores: [score('0.98')] },
      { id: 8, scores: [] },
    ],
  );
  expect(shownOnPage(submission, run)).toEqual({ auc: '0.98' });
});

test('what the page does not show is as the hub says', () => {
  expect(shownOnPage(page([], []), run)).toEqual({ auc: '0.50' });
});
