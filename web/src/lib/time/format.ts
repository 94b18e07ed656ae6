const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** "2026-11-21 12:04 UTC": the same for every reader, so it can be quoted in a mail to an organizer. */
export function formatUtc(iso: string): string {
  const text = new Date(iso).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 16)} UTC`;
}

/** The reader's own clock; `timeZone` is given by tests and by the server, which does not know the reader's. */
export function formatLocal(iso: string, timeZone?: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(new Date(iso));
}

/** Two units at most: "3 days 4 h", "12 min", "40 s". Negative durations count as none. */
export function formatDuration(seconds: number): string {
  const left = Math.max(0, Math.round(seconds));
  if (left < minute) return `${left} s`;
  if (left < hour) return `${Math.floor(left / minute)} min`;
  if (left < day) return joined(Math.floor(left / hour), 'h', Math.floor((left % hour) / minute), 'min');
  const days = Math.floor(left / day);
  return joined(days, days === 1 ? 'day' : 'days', days < 7 ? Math.floor((left % day) / hour) : 0, 'h');
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

export function secondsBetween(from: string | number | Date, to: string | number | Date): number {
  return (new Date(to).getTime() - new Date(from).getTime()) / 1000;
}

/** "in 3 days 4 h", "12 min ago", "just now". */
export function formatRelative(iso: string, now: number): string {
  const seconds = secondsBetween(now, iso);
  if (Math.abs(seconds) < 10) return 'just now';
  return seconds > 0 ? `in ${formatDuration(seconds)}` : `${formatDuration(-seconds)} ago`;
}

/** Decimal units, as file managers and clouds show them. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** "1 submission", "2 submissions": for nouns that take an s. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : `${noun}s`}`;
}
