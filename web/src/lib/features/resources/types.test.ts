import { describe, expect, it } from 'vitest';
import { typeLabel, useInWords } from './types.ts';

describe('resources in words', () => {
  it('names types and uses', () => {
    expect(typeLabel('reference_data')).toBe('Reference data');
    expect(useInWords({ kind: 'task', title: 'Liver', taskId: 1, competitionId: null })).toBe('Task “Liver”');
  });
});
