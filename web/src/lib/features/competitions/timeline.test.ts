import { describe, expect, it } from 'vitest';
import { toTimeline } from './timeline.ts';

const phase = (id: number, startsAt: string, endsAt: string | null) => ({
  id,
  name: `Phase ${id}`,
  startsAt,
  endsAt,
  state: 'open' as const,
});

describe('time line of phases', () => {
  const now = Date.parse('2026-06-16T00:00:00Z');

  it('orders by start and says how much of each has passed', () => {
    const line = toTimeline(
      [
        phase(3, '2026-07-01T00:00:00Z', null),
        phase(2, '2026-06-01T00:00:00Z', '2026-07-01T00:00:00Z'),
        phase(1, '2026-01-01T00:00:00Z', '2026-06-01T00:00:00Z'),
      ],
      now,
    );
    expect(line.map((entry) => [entry.phase.id, entry.passed])).toEqual([
      [1, 1],
      [2, 0.5],
      [3, 0],
    ]);
  });

  it('has no share for a phase without an end', () => {
    expect(toTimeline([phase(1, '2026-01-01T00:00:00Z', null)], now)[0]?.passed).toBeNull();
  });
});
