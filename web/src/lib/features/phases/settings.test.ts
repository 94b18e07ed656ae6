import { describe, expect, it } from 'vitest';
import { fromField, limitsInWords, toField } from './settings.ts';

describe('moments in fields', () => {
  it('are UTC to the second, both ways', () => {
    expect(toField('2030-12-31T23:59:59.000Z')).toBe('2030-12-31T23:59:59');
    expect(fromField('2030-12-31T23:59:59')).toBe('2030-12-31T23:59:59.000Z');
    expect(fromField('2030-12-31T23:59')).toBe('2030-12-31T23:59:00.000Z');
    expect(fromField('')).toBeNull();
    expect(toField(null)).toBe('');
  });
});

describe('limits in words', () => {
  const none = {
    maxSubmissionsPerDay: null,
    maxSubmissionsPerMonth: null,
    maxSubmissionsPerPerson: null,
    maxConcurrentSubmissions: null,
  };
  it('leave out those that are not set', () => {
    expect(limitsInWords(none)).toBe('No limits');
    expect(limitsInWords({ ...none, maxSubmissionsPerDay: 5, maxConcurrentSubmissions: 1 })).toBe(
      '5 a day, 1 at a time',
    );
  });
});
