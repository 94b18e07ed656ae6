/** A date as an exact instant. */
export interface ReadDate {
  instant: Date;
  /** Day and month could be swapped: read month first, as Python's dateutil does. */
  ambiguous: boolean;
  /** A zone given by a name that means different offsets to different people (`EST`, `CET`): taken for UTC. */
  unknownZone: string | null;
  /** Minutes east of UTC that the clock in the text is. */
  offsetMinutes: number;
}

interface Day {
  year: number;
  month: number;
  day: number;
  ambiguous: boolean;
}

interface Clock {
  /** Since midnight UTC of the day given with it; the offset may carry it past either end of that day. */
  milliseconds: number;
  offsetMinutes: number;
  unknownZone: string | null;
  /** The text without time and zone. */
  rest: string;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAY = /\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?/i;
const COMPACT = /^(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})?(Z)?)?$/i;
/** `23:59:59.5`, `23:59 pm`, `5pm`, after the start, a space, a comma or ISO's T; then perhaps a zone. */
const CLOCK =
  /(?:^|[\sT,])(?:(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d+))?)?|(?<alone>\d{1,2})(?=\s*[ap]\.?m))\s*(?<half>[ap]\.?m\b\.?)?/i;
const ZONE = /^\s*(?<name>Z|[A-Z]{3,5})?\s*(?<offset>[+-]\d{1,2}(?::?\d{2})?)?(?=$|[\s,])/;

/**
 * Reads a date, with or without a time and an offset, in the forms that organizers write: ISO 8601, `2019-8-7 23:59`,
 * `8-7-2019`, `8/7/19 5pm`, `August 7, 2019 at 10:00`, `7 Aug 2019 12:00 UTC`. Midnight without a time, UTC without an
 * offset. `null` when it is no date, or not one that exists.
 */
export function readDate(text: string): ReadDate | null {
  const clock = readClock(spellOut(text.trim()));
  const day = clock === null ? null : readDay(clock.rest);
  if (clock === null || day === null) return null;
  const midnight = new Date(Date.UTC(day.year, day.month - 1, day.day));
  if (midnight.getUTCMonth() !== day.month - 1 || midnight.getUTCDate() !== day.day) return null;
  return {
    instant: new Date(midnight.getTime() + clock.milliseconds),
    ambiguous: day.ambiguous,
    unknownZone: clock.unknownZone,
    offsetMinutes: clock.offsetMinutes,
  };
}

function spellOut(text: string): string {
  const compact = COMPACT.exec(text);
  if (compact === null)
    return text
      .replace(WEEKDAY, '')
      .replace(/\bat\b/i, ' ')
      .trim();
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = compact;
  return `${year}-${month}-${day} ${hour}:${minute}:${second}`;
}

function readClock(text: string): Clock | null {
  const match = CLOCK.exec(text);
  if (match === null) {
    const rest = text.replace(/\s*\b(?:Z|UTC|GMT)$/, '');
    return { milliseconds: 0, offsetMinutes: 0, unknownZone: null, rest };
  }
  const after = text.slice(match.index + match[0].length);
  const zone = ZONE.exec(after);
  const { hour, alone, minute = '0', second = '0', fraction = '0', half } = match.groups ?? {};
  const hours = toHours(Number(hour ?? alone), half);
  const offset = toMinutes(zone?.groups?.offset);
  if (hours === null || offset === null || hours > 23 || Number(minute) > 59 || Number(second) > 59)
    return null;
  const name = zone?.groups?.name;
  const minutes = hours * 60 + Number(minute) - offset;
  return {
    milliseconds: (minutes * 60 + Number(second)) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0')),
    offsetMinutes: offset,
    unknownZone: name === undefined || ['Z', 'UTC', 'GMT'].includes(name) ? null : name,
    rest: `${text.slice(0, match.index)} ${after.slice(zone?.[0].length ?? 0)}`,
  };
}

function toHours(hours: number, half: string | undefined): number | null {
  if (half === undefined) return hours;
  if (hours < 1 || hours > 12) return null;
  return (hours % 12) + (half.toLowerCase().startsWith('p') ? 12 : 0);
}

/** Minutes east of UTC of an offset such as `+02:00`, `-0530` or `+2`. */
function toMinutes(offset: string | undefined): number | null {
  if (offset === undefined) return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(offset) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return total >= 24 * 60 ? null : total * (sign === '-' ? -1 : 1);
}

function readDay(text: string): Day | null {
  const parts = text.split(/[\s,./-]+/).filter((part) => part !== '');
  if (parts.length !== 3) return null;
  const named = parts.findIndex((part) => /^[a-z]{3,}$/i.test(part));
  if (named !== -1) return readNamedMonth(parts, named);
  if (!parts.every((part) => /^\d{1,4}$/.test(part))) return null;
  const [first = 0, second = 0, third = 0] = parts.map(Number);
  if (parts[0]?.length === 4) return { year: first, month: second, day: third, ambiguous: false };
  const year = toYear(parts[2] ?? '');
  if (year === null) return null;
  if (first > 12) return { year, month: second, day: first, ambiguous: false };
  return { year, month: first, day: second, ambiguous: second <= 12 && first !== second };
}

function readNamedMonth(parts: readonly string[], named: number): Day | null {
  const month = MONTHS.indexOf(parts[named]?.slice(0, 3).toLowerCase() ?? '') + 1;
  const [one = '', two = ''] = parts
    .filter((_, index) => index !== named)
    .map((part) => part.replace(/(?<=\d)(?:st|nd|rd|th)$/i, ''));
  if (month === 0 || !/^\d{1,4}$/.test(one) || !/^\d{1,4}$/.test(two)) return null;
  if (one.length === 4) return { year: Number(one), month, day: Number(two), ambiguous: false };
  const year = toYear(two);
  return year === null ? null : { year, month, day: Number(one), ambiguous: false };
}

/** Two digits are of this century. */
function toYear(text: string): number | null {
  if (text.length === 4) return Number(text);
  return text.length === 2 ? 2000 + Number(text) : null;
}
