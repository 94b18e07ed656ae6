import { and, desc, eq, isNotNull, isNull, lt, sum } from 'drizzle-orm';
import { z } from 'zod';
import type { Queries } from '../db/database.ts';
import type { StoredBlob } from '../storage/blob-store.ts';
import { resources } from './schema.ts';

export type Resource = typeof resources.$inferSelect;
export type NewResource = typeof resources.$inferInsert;
export type ResourceType = Resource['type'];

export async function insertResource(queries: Queries, resource: NewResource): Promise<Resource> {
  const [inserted] = await queries.insert(resources).values(resource).returning();
  return inserted!;
}

export async function findResource(queries: Queries, key: string): Promise<Resource | null> {
  if (!z.guid().safeParse(key).success) return null;
  const [resource] = await queries
    .select()
    .from(resources)
    .where(and(eq(resources.key, key), isNull(resources.deletedAt)));
  return resource ?? null;
}

/** The first content that arrives stays; null when there is some already. */
export async function completeResource(
  queries: Queries,
  id: number,
  blob: StoredBlob,
): Promise<Resource | null> {
  const [resource] = await queries
    .update(resources)
    .set({ ...blob, uploadedAt: new Date() })
    .where(and(eq(resources.id, id), isNull(resources.digest)))
    .returning();
  return resource ?? null;
}

export async function listResources(
  queries: Queries,
  filter: { ownerId: number; type?: ResourceType; before?: number; limit: number },
): Promise<Resource[]> {
  return queries
    .select()
    .from(resources)
    .where(
      and(
        eq(resources.createdBy, filter.ownerId),
        isNull(resources.deletedAt),
        filter.type ? eq(resources.type, filter.type) : undefined,
        filter.before ? lt(resources.id, filter.before) : undefined,
      ),
    )
    .orderBy(desc(resources.id))
    .limit(filter.limit);
}

/** Bytes of everything that the person has uploaded and not deleted. */
export async function storageUsedBy(queries: Queries, userId: number): Promise<number> {
  const mine = and(eq(resources.createdBy, userId), isNotNull(resources.digest), isNull(resources.deletedAt));
  const [row] = await queries
    .select({ bytes: sum(resources.size) })
    .from(resources)
    .where(mine);
  return Number(row?.bytes ?? 0);
}
