import { describe, expect, it } from 'vitest';
import {
  currentStep,
  explainFault,
  isHeld,
  isSettled,
  runSteps,
  showStatus,
  submissionStatuses,
} from './status.ts';

describe('what a submission looks like', () => {
  it('gives every status a label', () => {
    for (const status of submissionStatuses) expect(showStatus(status).label).not.toBe('');
  });

  it('counts only terminal statuses as settled', () => {
    expect(submissionStatuses.filter(isSettled)).toEqual(['Finished', 'Failed', 'Cancelled']);
  });

  it('tells what an organizer has to start from what starts by itself', () => {
    expect(submissionStatuses.filter(isHeld)).toEqual(['Submitting']);
  });
});

describe('steps of a run', () => {
  it('moves forward only', () => {
    const way = ['queued', 'preparing', 'predicting', 'scoring', 'reporting', 'finished'] as const;
    const steps = way.map((state) => currentStep({ state }));
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(steps.at(-1)).toBe(runSteps.length);
  });

  it('has no step for a run that ended without a score', () => {
    expect(currentStep({ state: 'refused' })).toBe(-1);
  });
});

describe('whose fault it was', () => {
  it("charges only the participant's own", () => {
    expect(explainFault('participant')).not.toContain('not counted');
    expect(explainFault('site')).toContain('not counted');
  });
});
