import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';

/** In the order of ISO 8601: Monday is 1. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const BAD_TIME = 'write a time of day like "18:00", with quotes';
const time = z.string(BAD_TIME).regex(/^([01]\d|2[0-3]):[0-5]\d$/, BAD_TIME);

export const windowSchema = z.strictObject({
  /** The days on which the window opens; absent: every day. */
  days: z
    .array(z.enum(DAYS, { error: `write days like ${DAYS.join(', ')}` }))
    .min(1, 'name at least one day, or leave `days` out for every day')
    .optional(),
  from: time,
  /** Before `from`, or the same: on the next day. */
  to: time,
  timezone: z
    .string()
    .default('UTC')
    .refine(isTimeZone, 'not a time zone; write it like Europe/Berlin or UTC'),
});

export type Window = z.infer<typeof windowSchema>;

/** Over a week there is an opening of every window, also where a day is left out of a calendar. */
const DAYS_AHEAD = 8;

/**
 * When runs may begin again: null when they may now. A window's ends are wall-clock times in its time zone, so that it is an hour longer
 * or shorter when the clocks change in it; a time that the clocks leave out is the same time after the change.
 */
export function findNextOpening(windows: readonly Window[], now: Date): Date | null {
  const openings = windows.map((window) => findOpening(window, now.getTime()));
  const next = Math.min(...openings);
  return next <= now.getTime() ? null : new Date(next);
}

/** When the window opens next; not later than `now` while it is open. In milliseconds. */
function findOpening({ days, from, to, timezone }: Window, now: number): number {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone).toPlainDate();
  const overMidnight = to <= from;
  // Yesterday's window may still be open.
  for (let ahead = -1; ahead <= DAYS_AHEAD; ahead += 1) {
    const day = today.add({ days: ahead });
    const name = DAYS[day.dayOfWeek - 1];
    if (days !== undefined && (name === undefined || !days.includes(name))) continue;
    const opens = momentOf(day, from, timezone);
    const closes = momentOf(overMidnight ? day.add({ days: 1 }) : day, to, timezone);
    if (now < closes && opens < closes) return opens;
  }
  return Number.POSITIVE_INFINITY;
}

function momentOf(day: Temporal.PlainDate, time: string, timeZone: string): number {
  return day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds;
}

function isTimeZone(name: string): boolean {
  try {
    return Temporal.Now.instant().toZonedDateTimeISO(name).timeZoneId !== '';
  } catch {
    return false;
  }
}
