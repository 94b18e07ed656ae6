/** A date as an exact instant. */
export interface ReadDate {
  instant: Date;
  /** Day and month could be swapped: read month first, as Python's dateutil does. */
  ambiguous: boolean;
  /** What the text leaves out: taken from the day on which it is read, as Python's dateutil does. */
  leftOut: ('year' | 'month' | 'day')[];
  /** A zone given by a name that means different offsets to different people (`EST`, `CET`): taken for UTC. */
  unknownZone: string | null;
  /** Minutes east of UTC that the clock in the text is. */
  offsetMinutes: number;
}

/** What is not there was left out. */
interface Day {
  year?: number;
  month?: number;
  day?: number;
  ambiguous?: boolean;
}

interface Clock {
  /** Since midnight UTC of the day given with it; the offset may carry it past either end of that day. */
  milliseconds: number;
  offsetMinutes: number;
  unknownZone: string | null;
  /** The text without time and zone. */
  rest: string;
}

const MONTHS = [
  ...['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august'],
  ...['september', 'october', 'november', 'december'],
];
const WEEKDAY = /\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?/i;
const COMPACT = /^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(Z)?|(?=[\sT]|$))/i;
/** An hour after a whole date, without anything that says so: `2024-05-06 10`, `2024-05-06T103000`. */
const BARE_HOUR = /^(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})(?:T|\s+)(\d{2})(?:(\d{2})(\d{2})?)?(?=$|\s|Z)(?!\s*h)/;
/**
 * `23:59:59.5`, `11:59 pm`, `11.59pm`, `1159pm`, `5pm`, `10h`, `10h30m`, after the start, a space, a comma or ISO's T; then perhaps a zone. Of `11.59pm`
 * dateutil drops the minutes; they are kept here.
 */
const CLOCK =
  /(?:^|[\sT,])(?:(?<hour>\d{1,2}):(?<minute>\d{1,2})(?::(?<second>\d{1,2})(?:[.,](?<fraction>\d+))?)?|(?<hours>\d{1,2})\s*h(?:ours?)?(?:\s*(?<minutes>\d{1,2})(?:\s*m(?:inutes?)?)?(?:\s*(?<seconds>\d{1,2})\s*s(?:econds?)?)?)?(?![a-z\d])|(?<alone>\d{1,2}?)(?:\.?(?<past>\d{2}))?(?=\s*[ap]\.?m))\s*(?<half>[ap]\.?m\b\.?)?/i;
const ZONE = /^\s*(?<name>Z|[A-Z]{3,5})?\s*(?<offset>[+-]\d{1,2}(?::?\d{2})?)?(?=$|[\s,])/;

/**
 * Reads a date, with or without a time and an offset, in the forms that organizers write and Python's dateutil reads: ISO 8601, `2019-8-7 23:59`,
 * `8-7-2019`, `8/7/19 5pm`, `August 7, 2019 at 10:00`, `7 Aug 2019 12:00 UTC`, `2024-05-06 10h`, `May 2024`. Midnight without a time, UTC without an
 * offset. `null` when it is no date, or not one that exists.
 * @param today the day on which it is read
 */
export function readDate(text: string, today: Date = new Date()): ReadDate | null {
  const clock = readClock(spellOut(text.trim()));
  const read = clock === null ? null : readDay(clock.rest);
  if (clock === null || read === null || text.trim() === '') return null;
  const { year = today.getUTCFullYear(), month = today.getUTCMonth() + 1, ambiguous = false } = read;
  const day = read.day ?? Math.min(today.getUTCDate(), new Date(Date.UTC(year, month, 0)).getUTCDate());
  const midnight = new Date(Date.UTC(year, month - 1, day));
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return null;
  return {
    instant: new Date(midnight.getTime() + clock.milliseconds),
    ambiguous,
    leftOut: (['year', 'month', 'day'] as const).filter((part) => read[part] === undefined),
    unknownZone: clock.unknownZone,
    offsetMinutes: clock.offsetMinutes,
  };
}

function spellOut(text: string): string {
  return text
    .replace(COMPACT, (_, year, month, day, hour, minute, second = '00', zone = '') =>
      [`${year}-${month}-${day}`, ...(hour ? [`${hour}:${minute}:${second}${zone}`] : [])].join(' '),
    )
    .replace(BARE_HOUR, (_, day, hour, minute = '00', second = '00') => `${day} ${hour}:${minute}:${second}`)
    .replace(WEEKDAY, '')
    .replace(/\b(?:at|on|of|and)\b/gi, ' ')
    .trim();
}

function readClock(text: string): Clock | null {
  const match = CLOCK.exec(text);
  if (match === null) {
    const rest = text.replace(/\s*\b(?:Z|UTC|GMT)$/, '');
    return { milliseconds: 0, offsetMinutes: 0, unknownZone: null, rest };
  }
  const after = text.slice(match.index + match[0].length);
  const zone = ZONE.exec(after);
  const { hour, hours: spelt, alone, fraction = '0', half } = match.groups ?? {};
  const minute = match.groups?.minute ?? match.groups?.minutes ?? match.groups?.past ?? '0';
  const second = match.groups?.second ?? match.groups?.seconds ?? '0';
  const hours = toHours(Number(hour ?? spelt ?? alone), half);
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
  if (hours > 12) return null;
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
  const parts = text
    .split(/[\s,./-]+/)
    .filter((part) => part !== '')
    .map((part) => part.replace(/(?<=^\d{1,2})(?:st|nd|rd|th)$/i, ''));
  if (parts.length > 3) return null;
  const named = parts.findIndex((part) => /^[a-z]/i.test(part));
  if (named !== -1) return readNamedMonth(parts, named);
  if (!parts.every((part) => /^\d{1,4}$/.test(part))) return null;
  const [first = 0, second = 0, third = 0] = parts.map(Number);
  if (parts.length === 0) return {};
  if (parts.length === 1) return isYear(parts[0]) ? { year: first } : { day: first };
  if (parts.length === 2) {
    if (isYear(parts[0])) return { year: first, month: second };
    if (isYear(parts[1])) return { year: second, month: first };
    return { month: first, day: second, ambiguous: first <= 12 && second <= 12 && first !== second };
  }
  if (parts[0]?.length === 4) return { year: first, month: second, day: third };
  const year = toYear(parts[2] ?? '');
  if (year === null) return null;
  if (first > 12) return { year, month: second, day: first };
  return { year, month: first, day: second, ambiguous: second <= 12 && first !== second };
}

function readNamedMonth(parts: readonly string[], named: number): Day | null {
  const name = parts[named]?.toLowerCase() ?? '';
  const month =
    MONTHS.findIndex(
      (full) => [full, full.slice(0, 3)].includes(name) || (name === 'sept' && full === 'september'),
    ) + 1;
  const numbers = parts.filter((_, index) => index !== named);
  if (month === 0 || !numbers.every((part) => /^\d{1,4}$/.test(part))) return null;
  const [one, two] = numbers;
  if (one === undefined) return { month };
  if (two === undefined) return isYear(one) ? { year: Number(one), month } : { month, day: Number(one) };
  if (one.length === 4) return { year: Number(one), month, day: Number(two) };
  const year = toYear(two);
  return year === null ? null : { year, month, day: Number(one) };
}

/** Rather than a day of a month. */
function isYear(text: string | undefined): text is string {
  return text?.length === 4;
}

/** Two digits are of the century that brings them closest to now. */
function toYear(text: string, thisYear = new Date().getUTCFullYear()): number | null {
  if (text.length === 4) return Number(text);
  if (text.length !== 2) return null;
  const year = Math.floor(thisYear / 100) * 100 + Number(text);
  if (year >= thisYear + 50) return year - 100;
  return year < thisYear - 50 ? year + 100 : year;
}
