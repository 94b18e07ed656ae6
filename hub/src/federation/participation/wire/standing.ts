import { z } from 'zod';
import { participantStatus } from '../../../competitions/schema.ts';
import { count, id, line, moment, prose } from './text.ts';

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
  // Rehearsals are offered at the hub itself.
  canRehearse: z.unknown().transform(() => false),
  rehearsal: z.unknown().transform(() => null),
});

/** Where somebody stands in a peer's competition, by the peer's rules. */
export const standingReading = z.object({
  status: z.enum(participantStatus.enumValues).nullable(),
  acceptedTermsVersion: z.int().nullable(),
  allowances: z.array(allowance).max(100),
});

export type StandingReading = z.output<typeof standingReading>;
