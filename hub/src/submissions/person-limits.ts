import { and, eq, isNotNull } from 'drizzle-orm';
import { type Actor, requireUser } from '../accounts/access.ts';
import { users } from '../accounts/schema.ts';
import type { CompetitionGate } from '../competitions/gate.ts';
import type { Database } from '../db/database.ts';
import { findLimits, type PersonsLimits } from '../dispatch/allowance.ts';
import type { LiveBus } from '../live/bus.ts';
import { NotAllowedError, UnknownPersonError } from './errors.ts';
import { limitChanges, type OwnLimits, submissions, submissionUsage } from './schema.ts';

export interface LimitsRequest {
  readonly phaseId: number;
  readonly username: string;
}

export interface LimitsChange extends LimitsRequest {
  /** In place of the phase's; null: the phase's own. */
  readonly own: OwnLimits;
  /** Forget what has been used. */
  readonly reset: boolean;
  /** The participant sees it. */
  readonly reason: string;
}

/** One person's limits in a phase, which organizers may raise, lower, reset, or close. */
export interface LimitsOfPersons {
  /** The actor's own. @throws CompetitionMissingError | PhaseMissingError */
  mine(actor: Actor, phaseId: number): Promise<PersonsLimits>;
  /** @throws NotAllowedError | UnknownPersonError */
  get(actor: Actor, request: LimitsRequest): Promise<PersonsLimits>;
  /** Takes effect with the next submission: under the lock that counts. @throws NotAllowedError | UnknownPersonError */
  set(actor: Actor, change: LimitsChange): Promise<PersonsLimits>;
}

export function createLimitsOfPersons(
  database: Database,
  competitions: CompetitionGate,
  live: LiveBus,
): LimitsOfPersons {
  const { queries } = database;

  async function reach(actor: Actor, { phaseId, username }: LimitsRequest) {
    const { id: organizerId } = requireUser(actor);
    const { access } = await competitions.viewPhase(actor, phaseId);
    if (!access.canManage) throw new NotAllowedError('Only organizers see and change the limits of others.');
    const [person] = await queries.select({ id: users.id }).from(users).where(eq(users.username, username));
    if (!person) throw new UnknownPersonError(username);
    return { organizerId, userId: person.id };
  }

  async function limitsOf(phaseId: number, userId: number): Promise<PersonsLimits> {
    const limits = await findLimits(database, phaseId, userId);
    if (!limits) throw new Error(`phase ${phaseId} is gone`);
    return limits;
  }

  return {
    async mine(actor, phaseId) {
      const { id } = requireUser(actor);
      await competitions.viewPhase(actor, phaseId);
      return limitsOf(phaseId, id);
    },

    async get(actor, request) {
      const { userId } = await reach(actor, request);
      return limitsOf(request.phaseId, userId);
    },

    async set(actor, request) {
      const { organizerId: changedBy, userId } = await reach(actor, request);
      const { phaseId, own, reset, reason } = request;
      await database.transaction(async (tx) => {
        // What no longer counts is not given back later. Submissions before usage, as everywhere.
        if (reset)
          await tx.queries
            .update(submissions)
            .set({ countedOn: null })
            .where(
              and(
                eq(submissions.ownerId, userId),
                eq(submissions.phaseId, phaseId),
                isNotNull(submissions.countedOn),
              ),
            );
        const { before } = await limitsBefore(tx.queries, phaseId, userId);
        const { perDay, perMonth, inAll, atATime, isBlocked } = own;
        const columns = {
          ownPerDay: perDay,
          ownPerMonth: perMonth,
          ownInAll: inAll,
          ownAtATime: atATime,
          isBlocked,
          ...(reset && { usedToday: 0, usedThisMonth: 0, usedInAll: 0 }),
        };
        await tx.queries
          .update(submissionUsage)
          .set(columns)
          .where(and(eq(submissionUsage.phaseId, phaseId), eq(submissionUsage.userId, userId)));
        await tx.queries
          .insert(limitChanges)
          .values({ phaseId, userId, before, after: own, isReset: reset, reason, changedBy });
        tx.afterCommit(() => live.announce([`phase:${phaseId}:owner:${userId}`]));
      });
      return limitsOf(phaseId, userId);
    },
  };
}

/** Locks the row, and makes it for whoever has not submitted yet. */
async function limitsBefore(
  queries: Database['queries'],
  phaseId: number,
  userId: number,
): Promise<{ before: OwnLimits }> {
  await queries
    .insert(submissionUsage)
    .values({ phaseId, userId, day: new Date().toISOString().slice(0, 10), usedToday: 0, usedInAll: 0 })
    .onConflictDoNothing();
  const [row] = await queries
    .select({
      perDay: submissionUsage.ownPerDay,
      perMonth: submissionUsage.ownPerMonth,
      inAll: submissionUsage.ownInAll,
      atATime: submissionUsage.ownAtATime,
      isBlocked: submissionUsage.isBlocked,
    })
    .from(submissionUsage)
    .where(and(eq(submissionUsage.phaseId, phaseId), eq(submissionUsage.userId, userId)))
    .for('update');
  return { before: row! };
}
