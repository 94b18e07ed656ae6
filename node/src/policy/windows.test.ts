import { describe, expect, test } from 'vitest';
import { DAYS, findNextOpening, type Window } from './windows.ts';

const next = (window: Partial<Window>, now: string) => {
  const whole = { from: '00:00', to: '00:00', timezone: 'UTC', ...window };
  return findNextOpening([whole], new Date(now))?.toISOString() ?? 'open';
};

describe('when runs may begin', () => {
  test.each<[string, Partial<Window>, string, string]>([
    ['inside', { from: '08:00', to: '18:00' }, '2026-01-05T12:00:00Z', 'open'],
    ['at the first moment', { from: '08:00', to: '18:00' }, '2026-01-05T08:00:00Z', 'open'],
    ['at the end', { from: '08:00', to: '18:00' }, '2026-01-05T18:00:00Z', '2026-01-06T08:00:00.000Z'],
    ['before', { from: '08:00', to: '18:00' }, '2026-01-05T07:59:59Z', '2026-01-05T08:00:00.000Z'],
    ['over midnight, late', { from: '18:00', to: '06:00' }, '2026-01-05T23:00:00Z', 'open'],
    ['over midnight, early', { from: '18:00', to: '06:00' }, '2026-01-05T05:59:59Z', 'open'],
    [
      'over midnight, by day',
      { from: '18:00', to: '06:00' },
      '2026-01-05T06:00:00Z',
      '2026-01-05T18:00:00.000Z',
    ],
    // Monday is the 5th.
    [
      'the night after its day',
      { days: ['mon'], from: '18:00', to: '06:00' },
      '2026-01-06T05:00:00Z',
      'open',
    ],
    [
      'the night before its day',
      { days: ['mon'], from: '18:00', to: '06:00' },
      '2026-01-05T05:00:00Z',
      '2026-01-05T18:00:00.000Z',
    ],
    ['a week on', { days: ['mon'] }, '2026-01-06T00:00:00Z', '2026-01-12T00:00:00.000Z'],
    ['all day', {}, '2026-01-06T00:00:00Z', 'open'],
    [
      'in another time zone',
      { from: '18:00', to: '20:00', timezone: 'Europe/Berlin' },
      '2026-01-05T12:00:00Z',
      '2026-01-05T17:00:00.000Z',
    ],
    [
      'the day is that of the time zone',
      { days: ['tue'], timezone: 'Pacific/Auckland' },
      '2026-01-05T12:00:00Z',
      'open',
    ],
  ])('%s', (_, window, now, expected) => {
    expect(next(window, now)).toBe(expected);
  });

  // Berlin: the clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on 25 October.
  const night = { from: '01:00', to: '04:00', timezone: 'Europe/Berlin' };
  test.each<[string, Partial<Window>, string, string]>([
    ['an hour shorter in spring', night, '2026-03-29T01:59:59Z', 'open'],
    ['an hour shorter in spring', night, '2026-03-29T02:00:00Z', '2026-03-29T23:00:00.000Z'],
    ['an hour longer in autumn', night, '2026-10-25T02:59:59Z', 'open'],
    ['an hour longer in autumn', night, '2026-10-25T03:00:00Z', '2026-10-26T00:00:00.000Z'],
    [
      'from a time that the clocks leave out',
      { ...night, from: '02:30' },
      '2026-03-29T00:00:00Z',
      '2026-03-29T01:30:00.000Z',
    ],
    [
      'all of it left out',
      { ...night, from: '02:00', to: '03:00' },
      '2026-03-29T00:30:00Z',
      '2026-03-30T00:00:00.000Z',
    ],
    [
      'at the old hour after the change',
      { ...night, from: '18:00', to: '19:00' },
      '2026-03-29T16:00:00Z',
      'open',
    ],
  ])('clocks change: %s', (_, window, now, expected) => {
    expect(next(window, now)).toBe(expected);
  });
});

/** A small generator (mulberry32), so that what fails once fails again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Africa/Cairo',
];

describe('whatever the windows and the moment', () => {
  const random = randomFrom(20_260_105);
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const time = () => {
    const minutes = Math.floor(random() * 96) * 15;
    return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  };
  const window = (): Window => ({
    from: time(),
    to: time(),
    timezone: pick(ZONES),
    ...(random() < 0.5 && { days: DAYS.filter(() => random() < 0.4).concat(pick(DAYS)) }),
  });
  const moment = () => Date.UTC(2026, 0, 1) + Math.floor(random() * 365 * 24 * 60) * 60_000;
  const cases = Array.from({ length: 400 }, () => ({
    windows: Array.from({ length: 1 + Math.floor(random() * 3) }, window),
    now: moment(),
  }));

  test('they open at the moment that is named, and not before', () => {
    for (const { windows, now } of cases) {
      const until = findNextOpening(windows, new Date(now))?.getTime();
      if (until === undefined) continue;
      expect(until).toBeGreaterThan(now);
      expect(findNextOpening(windows, new Date(until)), JSON.stringify({ windows, now })).toBeNull();
      for (const part of [0.25, 0.5, 0.9]) {
        const between = Math.floor(now + (until - now) * part);
        expect(findNextOpening(windows, new Date(between))?.getTime()).toBe(until);
      }
      expect(findNextOpening(windows, new Date(until - 1))?.getTime()).toBe(until);
    }
  });

  test('they are open when a clock and a calendar on the wall say so', () => {
    for (const { windows, now } of cases) {
      // On a day of changing clocks the wall shows a time twice or not at all.
      if (windows.some(({ timezone }) => changesClocks(timezone, now))) continue;
      const expected = windows.some((each) => wallSaysOpen(each, now));
      expect(findNextOpening(windows, new Date(now)) === null, JSON.stringify({ windows, now })).toBe(
        expected,
      );
    }
  });

  test('two windows are open when one of them is', () => {
    for (const { windows, now } of cases) {
      const alone = windows.map((each) => findNextOpening([each], new Date(now))?.getTime() ?? 0);
      expect(findNextOpening(windows, new Date(now))?.getTime() ?? 0).toBe(Math.min(...alone));
    }
  });
});

function wall(timezone: string, now: number): { day: string; time: string } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  return { day: part('weekday').toLowerCase(), time: `${part('hour')}:${part('minute')}` };
}

function changesClocks(timezone: string, now: number): boolean {
  const times = [-36, 0, 36].map((hours) => Number(wall(timezone, now + hours * 3_600_000).time.slice(0, 2)));
  const [before = 0, at = 0, after = 0] = times;
  return (at + 12) % 24 !== before || (at + 12) % 24 !== after;
}

function wallSaysOpen({ days, from, to, timezone }: Window, now: number): boolean {
  const { day, time } = wall(timezone, now);
  const yesterday = wall(timezone, now - 86_400_000).day;
  const on = (name: string) => days === undefined || days.some((each) => each === name);
  if (to > from) return on(day) && time >= from && time < to;
  return (on(day) && time >= from) || (on(yesterday) && time < to);
}
