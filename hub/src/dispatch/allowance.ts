import { desc, eq, sql } from 'drizzle-orm';
import { users } from '../accounts/schema.ts';
import { phases } from '../competitions/schema.ts';
import type { Database } from '../db/database.ts';
import type { DomainError } from '../http/domain-error.ts';
import { limitChanges, type OwnLimits, submissionUsage } from '../submissions/schema.ts';
import { LimitReachedError, SubmitterBlockedError } from './errors.ts';

/** What a person may use and has used of a phase, by the hub's clock. Unlimited is null. */
export interface PersonsLimits {
  readonly perDay: number | null;
  readonly perMonth: number | null;
  readonly inAll: number | null;
  readonly atATime: number | null;
  readonly usedToday: number;
  readonly usedThisMonth: number;
  readonly usedInAll: number;
  /** Counted where there is a limit at a time. */
  readonly inFlight: number;
  /** What of it organizers set for this person alone. */
  readonly own: OwnLimits;
  /** The last thing that organizers changed of it; null when they never did. */
  readonly change: { readonly reason: string; readonly by: string; readonly at: Date } | null;
}

/** Null when there is no such phase. */
export async function findLimits(
  { queries }: Pick<Database, 'queries'>,
  phaseId: number,
  userId: number,
): Promise<PersonsLimits | null> {
  const today = sql`(now() at time zone 'utc')::date`;
  const isThisMonth = sql`date_trunc('month', ${submissionUsage.day}) = date_trunc('month', ${today})`;
  const [row] = await queries
    .select({
      perDay: phases.maxSubmissionsPerDay,
      perMonth: phases.maxSubmissionsPerMonth,
      inAll: phases.maxSubmissionsPerPerson,
      atATime: phases.maxConcurrentSubmissions,
      usedToday: sql<number>`case when ${submissionUsage.day} = ${today} then ${submissionUsage.usedToday} else 0 end`,
      usedThisMonth: sql<number>`case when ${isThisMonth} then ${submissionUsage.usedThisMonth} else 0 end`,
      usedInAll: sql<number>`coalesce(${submissionUsage.usedInAll}, 0)`,
      inFlight: sql<number>`coalesce(${submissionUsage.inFlight}, 0)`,
      ownPerDay: submissionUsage.ownPerDay,
      ownPerMonth: submissionUsage.ownPerMonth,
      ownInAll: submissionUsage.ownInAll,
      ownAtATime: submissionUsage.ownAtATime,
      isBlocked: sql<boolean>`coalesce(${submissionUsage.isBlocked}, false)`,
    })
    .from(phases)
    .leftJoin(
      submissionUsage,
      sql`${submissionUsage.phaseId} = ${phases.id} and ${submissionUsage.userId} = ${userId}`,
    )
    .where(eq(phases.id, phaseId));
  if (!row) return null;
  const { ownPerDay, ownPerMonth, ownInAll, ownAtATime, isBlocked, ...limits } = row;
  const [change = null] = await queries
    .select({ reason: limitChanges.reason, by: users.username, at: limitChanges.changedAt })
    .from(limitChanges)
    .innerJoin(users, eq(users.id, limitChanges.changedBy))
    .where(sql`${limitChanges.phaseId} = ${phaseId} and ${limitChanges.userId} = ${userId}`)
    .orderBy(desc(limitChanges.id))
    .limit(1);
  return {
    ...limits,
    perDay: ownPerDay ?? limits.perDay,
    perMonth: ownPerMonth ?? limits.perMonth,
    inAll: ownInAll ?? limits.inAll,
    atATime: ownAtATime ?? limits.atATime,
    own: { perDay: ownPerDay, perMonth: ownPerMonth, inAll: ownInAll, atATime: ownAtATime, isBlocked },
    change,
  };
}

/** Why the limits do not let a person submit; null when they do. The one that lasts longest is told. */
export function whyLimited(limits: PersonsLimits): DomainError | null {
  if (limits.own.isBlocked) return new SubmitterBlockedError(limits.change?.reason ?? null);
  const isReached = (used: number, limit: number | null): limit is number => limit !== null && used >= limit;
  const { perDay, perMonth, inAll, atATime } = limits;
  if (isReached(limits.usedInAll, inAll)) return new LimitReachedError('limit_per_person', inAll);
  if (isReached(limits.usedThisMonth, perMonth)) return new LimitReachedError('limit_per_month', perMonth);
  if (isReached(limits.usedToday, perDay)) return new LimitReachedError('limit_per_day', perDay);
  if (isReached(limits.inFlight, atATime)) return new LimitReachedError('limit_at_a_time', atATime);
  return null;
}
