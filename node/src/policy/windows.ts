import { z } from 'zod';

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'not a time of day; write it like "18:00", with quotes');

export const windowSchema = z.strictObject({
  /** The days on which the window opens; absent: every day. */
  days: z
    .array(z.enum(DAYS, { error: `write days like ${DAYS.join(', ')}` }))
    .min(1)
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

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null;
  } catch {
    return false;
  }
}
