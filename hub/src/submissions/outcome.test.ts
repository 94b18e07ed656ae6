import { describe, expect, it } from 'vitest';
import { progressOfLeaf, progressOfParent, type RunProgress, type RunState } from './outcome.ts';

const run = (state: RunState, failureCode: string | null = null): RunProgress => ({
  state,
  failureCode,
  fault: failureCode ? 'participant' : null,
});

describe('a submission at several sites', () => {
  it.each<[RunState[], string]>([
    [['queued'], 'Submitted'],
    [['awaiting_site'], 'Submitted'],
    [['preparing'], 'Preparing'],
    [['predicting'], 'Running'],
    [['reviewing'], 'Scoring'],
    [['queued', 'predicting'], 'Running'],
    [['finished', 'queued'], 'Scoring'],
    [['finished', 'finished'], 'Finished'],
    [['finished', 'failed'], 'Finished'],
    [['finished', 'cancelled'], 'Finished'],
    [['refused', 'cancelled'], 'Failed'],
    [['cancelled', 'cancelled'], 'Cancelled'],
  ])('with runs %j is %s', (states, status) => {
    expect(progressOfLeaf(states.map((state) => run(state))).status).toBe(status);
  });

  it('fails for the reason of the first failure', () => {
    const progress = progressOfLeaf([
      run('cancelled'),
      run('failed', 'scoring_failed'),
      run('failed', 'other'),
    ]);
    expect(progress).toEqual({ status: 'Failed', failureCode: 'scoring_failed', fault: 'participant' });
  });
});

it('a submission with several tasks is finished as soon as all are over and one has finished', () => {
  const finished = progressOfLeaf([run('finished')]);
  const failed = progressOfLeaf([run('failed', 'scoring_failed')]);
  const scoring = progressOfLeaf([run('scoring')]);
  expect(progressOfParent([finished, scoring]).status).toBe('Scoring');
  expect(progressOfParent([finished, failed]).status).toBe('Finished');
  expect(progressOfParent([failed, failed])).toEqual(failed);
});
