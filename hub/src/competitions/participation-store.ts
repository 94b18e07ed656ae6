import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { Attribute } from '../accounts/attributes.ts';
import { users } from '../accounts/schema.ts';
import type { Queries } from '../db/database.ts';
import type { ParticipantStatus } from './access.ts';
import { participants } from './schema.ts';

/** Who has been denied stays so. */
export async function upsertParticipant(
  queries: Queries,
  participant: Pick<typeof participants.$inferInsert, 'competitionId' | 'userId' | 'acceptedTermsVersion'> & {
    status: ParticipantStatus;
  },
): Promise<ParticipantStatus> {
  const [row] = await queries
    .insert(participants)
    .values(participant)
    .onConflictDoUpdate({
      target: [participants.competitionId, participants.userId],
      set: {
        acceptedTermsVersion: participant.acceptedTermsVersion,
        acceptedTermsAt: new Date(),
        status: sql`case when ${participants.status} = 'pending' then excluded.status else ${participants.status} end`,
      },
    })
    .returning({ status: participants.status });
  return row!.status;
}

/** What is vouched for about somebody. */
export async function findAttributes(queries: Queries, userId: number): Promise<Attribute[]> {
  const [user] = await queries
    .select({ attributes: users.attributes })
    .from(users)
    .where(eq(users.id, userId));
  return user?.attributes ?? [];
}

export async function deleteParticipant(
  queries: Queries,
  competitionId: number,
  userId: number,
): Promise<void> {
  await queries
    .delete(participants)
    .where(
      and(
        eq(participants.competitionId, competitionId),
        eq(participants.userId, userId),
        sql`${participants.status} <> 'denied'`,
      ),
    );
}

export function listParticipants(
  queries: Queries,
  filter: { competitionId: number; status?: ParticipantStatus; after: number | null; limit: number },
) {
  return queries
    .select({
      id: participants.id,
      username: users.username,
      displayName: users.displayName,
      email: users.email,
      status: participants.status,
      acceptedTermsVersion: participants.acceptedTermsVersion,
      createdAt: participants.createdAt,
    })
    .from(participants)
    .innerJoin(users, eq(users.id, participants.userId))
    .where(
      and(
        eq(participants.competitionId, filter.competitionId),
        filter.status && eq(participants.status, filter.status),
        filter.after === null ? undefined : lt(participants.id, filter.after),
      ),
    )
    .orderBy(desc(participants.id))
    .limit(filter.limit);
}

export async function findParticipant(queries: Queries, id: number) {
  const [row] = await queries.select().from(participants).where(eq(participants.id, id));
  return row ?? null;
}

export async function updateParticipant(
  queries: Queries,
  id: number,
  status: ParticipantStatus,
): Promise<void> {
  await queries.update(participants).set({ status }).where(eq(participants.id, id));
}
