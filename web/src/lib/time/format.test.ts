import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatLocal, formatRelative, formatUtc } from './format.ts';

const noon = '2026-11-21T12:04:30.000Z';

describe('times for people', () => {
  it('writes UTC the same for everybody', () => {
    expect(formatUtc(noon)).toBe('2026-11-21 12:04 UTC');
    expect(formatUtc('2026-11-21T01:04:30+02:00')).toBe('2026-11-20 23:04 UTC');
  });

  it("writes the reader's own clock", () => {
    expect(formatLocal(noon, 'Europe/Berlin')).toBe('21 Nov 2026, 13:04');
  });

  it.each([
    [-5, '0 s'],
    [40, '40 s'],
    [720, '12 min'],
    [3600, '1 h'],
    [3600 * 3 + 60 * 5, '3 h 5 min'],
    [86400, '1 day'],
    [86400 * 3 + 3600 * 4, '3 days 4 h'],
    [86400 * 30 + 3600 * 4, '30 days'],
  ])('shortens %d seconds to "%s"', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it('says how long ago, and how long still', () => {
    const now = Date.parse(noon);
    expect(formatRelative('2026-11-21T12:04:28Z', now)).toBe('just now');
    expect(formatRelative('2026-11-21T11:04:30Z', now)).toBe('1 h ago');
    expect(formatRelative('2026-11-24T16:04:30Z', now)).toBe('in 3 days 4 h');
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [48_213, '48.2 kB'],
    [7_340_032, '7.3 MB'],
    [123_000_000, '123 MB'],
    [1_500_000_000_000_000, '1500 TB'],
  ])('writes %d as "%s"', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
