/** A date as an exact instant. */
export interface ReadDate {
  instant: Date;
  /** Day and month could be swapped: read month first, as Python's dateutil does. */
  ambiguous: boolean;
}

interface Day {
  year: number;
  month: number;
  day: number;
  ambiguous: boolean;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const CLOCK =
  /(?:^|[\sTt,])(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?\s*([ap]\.?m\.?)?(?=$|[\sZz+-])/i;
const ZONE = /(?:\s*(?:Z|UTC|GMT))?\s*([+-]\d{1,2}(?::?\d{2})?)?$|\s*(?:Z|UTC|GMT)$/i;
const WEEKDAY = /\b(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\b\.?,?/i;

/**
 * Reads a date, with or without a time and an offset, in the forms that organizers write: ISO 8601, `2019-8-7 23:59`,
 * `8-7-2019`, `8/7/19 5pm`, `August 7, 2019`, `7 Aug 2019 12:00 UTC`. Midnight without a time, UTC without an offset.
 * `null` when it is no date, or not one that exists.
 */
export function readDate(text: string): ReadDate | null {
  const compact = /^(\d{4})(\d{2})(\d{2})(?:[Tt ]?(\d{2})(\d{2})(\d{2})?([Zz])?)?$/.exec(text.trim());
  const spread = compact
    ? `${compact[1]}-${compact[2]}-${compact[3]} ${compact[4] ?? '00'}:${compact[5] ?? '00'}:${compact[6] ?? '00'}`
    : text.trim().replace(WEEKDAY, '').trim();
  const clock = findClock(spread);
  if (clock === null) return null;
  const day = readDay(clock.rest);
  if (day === null) return null;
  const midnight = Date.UTC(day.year, day.month - 1, day.day);
  const real = new Date(midnight);
  if (real.getUTCMonth() !== day.month - 1 || real.getUTCDate() !== day.day) return null;
  return { instant: new Date(midnight + clock.milliseconds), ambiguous: day.ambiguous };
}

/** Cuts the time of day and the offset out; `milliseconds` are those since midnight UTC of the day that remains. */
function findClock(text: string): { milliseconds: number; rest: string } | null {
  const match = [...text.matchAll(new RegExp(CLOCK, 'gi'))].find(
    (found) => found[2] !== undefined || found[5],
  );
  if (match === undefined) return { milliseconds: 0, rest: text.replace(/\s*(?:Z|UTC|GMT)$/i, '') };
  const after = text.slice(match.index + match[0].length);
  const zone = ZONE.exec(after);
  const offset = readOffset(zone?.[1] ?? '');
  const hours = toHours(Number(match[1]), match[5]);
  const minutes = Number(match[2] ?? 0);
  const seconds = Number(match[3] ?? 0);
  if (hours === null || offset === null || hours > 23 || minutes > 59 || seconds > 59) return null;
  const fraction = Math.trunc(Number(`0.${match[4] ?? 0}`) * 1000);
  const rest = `${text.slice(0, match.index)} ${after.slice(0, zone?.index ?? after.length)}`;
  return { milliseconds: ((hours * 60 + minutes - offset) * 60 + seconds) * 1000 + fraction, rest };
}

function toHours(hours: number, half: string | undefined): number | null {
  if (half === undefined) return hours;
  if (hours < 1 || hours > 12) return null;
  return (hours % 12) + (half.toLowerCase().startsWith('p') ? 12 : 0);
}

/** Minutes east of UTC. */
function readOffset(text: string): number | null {
  const match = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(text);
  if (match === null) return text === '' ? 0 : null;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return minutes >= 24 * 60 ? null : minutes * (match[1] === '-' ? -1 : 1);
}

function readDay(text: string): Day | null {
  const parts = text
    .trim()
    .split(/[\s,./-]+/)
    .filter((part) => part !== '');
  if (parts.length !== 3) return null;
  const named = parts.findIndex(
    (part) => MONTHS.includes(part.slice(0, 3).toLowerCase()) && /^[a-z]+$/i.test(part),
  );
  if (named !== -1) return readNamedMonth(parts, named);
  if (!parts.every((part) => /^\d{1,4}$/.test(part))) return null;
  const [first = 0, second = 0, third = 0] = parts.map(Number);
  if (parts[0]?.length === 4) {
    return second > 12 ? dayOf(first, third, second) : dayOf(first, second, third);
  }
  const year = toYear(parts[2] ?? '');
  if (year === null) return null;
  if (first > 12) return dayOf(year, second, first);
  return { ...dayOf(year, first, second), ambiguous: second <= 12 && first !== second };
}

function readNamedMonth(parts: readonly string[], named: number): Day | null {
  const month = MONTHS.indexOf(parts[named]?.slice(0, 3).toLowerCase() ?? '') + 1;
  const [one = '', two = ''] = parts
    .filter((_, index) => index !== named)
    .map((part) => part.replace(/(?<=\d)(st|nd|rd|th)$/i, ''));
  if (!/^\d{1,4}$/.test(one) || !/^\d{1,4}$/.test(two)) return null;
  if (one.length === 4) return dayOf(Number(one), month, Number(two));
  const year = toYear(two);
  return year === null ? null : dayOf(year, month, Number(one));
}

/** Two digits mean the year nearest to now, as dateutil has it; with bundles of our days that is this century. */
function toYear(text: string): number | null {
  if (text.length === 4) return Number(text);
  return text.length === 2 ? 2000 + Number(text) : null;
}

function dayOf(year: number, month: number, day: number): Day {
  return { year, month, day, ambiguous: false };
}
