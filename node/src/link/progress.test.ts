import { create } from '@bufbuild/protobuf';
import { AttemptRefSchema, RunState } from '@weir/proto/node/v1';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProgressReports } from './progress.ts';

const ref = (runId: bigint) => create(AttemptRefSchema, { runId, attempt: 1 });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('only the last state of an attempt is sent, and none once its outcome has overtaken it', () => {
  const sent: [bigint | undefined, RunState][][] = [];
  using progress = new ProgressReports((runs) =>
    sent.push(runs.map(({ attempt, state }) => [attempt?.runId, state])),
  );
  progress.note(ref(1n), RunState.PREPARING);
  progress.note(ref(2n), RunState.PREPARING);
  progress.note(ref(1n), RunState.PREDICTING);
  progress.overtake(ref(2n));
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(60);
  expect(sent).toEqual([[[1n, RunState.PREDICTING]]]);
  progress.note(ref(1n), RunState.SCORING);
  progress.overtake(ref(1n));
  vi.advanceTimersByTime(60);
  expect(sent.length).toBe(1);
});
