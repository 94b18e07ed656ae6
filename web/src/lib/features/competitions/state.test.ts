import { describe, expect, it } from 'vitest';
import type { Phase } from '#lib/api/types.ts';
import { deadlineOf, phaseToShow } from './state.ts';

function phase(id: number, state: Phase['state']): Phase {
  return {
    id,
    index: id,
    name: `Phase ${id}`,
    description: '',
    startsAt: '2026-01-01T00:00:00Z',
    endsAt: null,
    state,
    maxSubmissionsPerDay: null,
    maxSubmissionsPerMonth: null,
    maxSubmissionsPerPerson: null,
    maxConcurrentSubmissions: null,
    executionTimeLimitSeconds: 600,
    autoMigrateToThisPhase: false,
    hideOutput: false,
    hidePredictionOutput: false,
    hideScoreOutput: false,
    leaderboardId: 1,
    tasks: [],
    files: [],
  };
}

describe('the phase that is shown first', () => {
  it('is the one asked for', () => {
    expect(phaseToShow([phase(1, 'closed'), phase(2, 'open')], 1)?.id).toBe(1);
  });

  it('is else the open one, the next one, the last one', () => {
    expect(phaseToShow([phase(1, 'closed'), phase(2, 'open'), phase(3, 'upcoming')], undefined)?.id).toBe(2);
    expect(phaseToShow([phase(1, 'closed'), phase(2, 'upcoming')], 99)?.id).toBe(2);
    expect(phaseToShow([phase(1, 'closed'), phase(2, 'closed')], undefined)?.id).toBe(2);
    expect(phaseToShow([], undefined)).toBeUndefined();
  });
});

describe('what a card says about time', () => {
  it('names the end of the open phase', () => {
    const endsAt = '2026-12-01T00:00:00Z';
    expect(deadlineOf({ state: 'open', currentPhase: { name: 'Final', endsAt }, nextStart: null })).toEqual({
      words: 'Final ends',
      at: endsAt,
    });
  });

  it('has words for competitions without dates', () => {
    expect(deadlineOf({ state: 'closed', currentPhase: null, nextStart: null }).at).toBeNull();
  });
});
