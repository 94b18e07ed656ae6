import { z } from 'zod';
import { participantStatus } from '../../../competitions/schema.ts';
import { count, id, line, moment, prose, word } from './text.ts';

const limit = count.nullable();

const allowance = z.object({
  phaseId: id,
  can: z.boolean(),
  reason: prose(1_000).nullable(),
  perDay: limit,
  perMonth: limit,
  inAll: limit,
  atATime: limit,
  usedToday: count,
  usedThisMonth: count,
  usedInAll: count,
  inFlight: count,
  own: z.object({ perDay: limit, perMonth: limit, inAll: limit, atATime: limit, isBlocked: z.boolean() }),
  change: z.object({ reason: prose(2_000), by: line(300), at: moment }).nullable(),
  dayEndsAt: moment,
  canRehearse: z.boolean(),
  rehearsal: z
    .object({
      sites: z.array(z.object({ name: word(100), title: line(300), online: z.boolean() })).max(1_000),
      usedToday: count,
      perDay: count,
      inFlight: count,
      atATime: count,
    })
    .nullable(),
});

/** Where somebody stands in a peer's competition, by the peer's rules. */
export const standingReading = z.object({
  status: z.enum(participantStatus.enumValues).nullable(),
  acceptedTermsVersion: z.int().nullable(),
  allowances: z.array(allowance).max(100),
});

export type StandingReading = z.output<typeof standingReading>;
