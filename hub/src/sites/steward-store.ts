import { and, asc, count, eq, inArray, isNull, sql } from 'drizzle-orm';
import { users } from '../accounts/schema.ts';
import type { Queries } from '../db/database.ts';
import { nodes, siteStewards, sites } from './schema.ts';

export async function findSite(
  queries: Queries,
  name: string,
  userId: number,
): Promise<{ id: number; isSteward: boolean } | null> {
  const [row] = await queries
    .select({ id: sites.id, steward: siteStewards.userId })
    .from(sites)
    .leftJoin(siteStewards, and(eq(siteStewards.siteId, sites.id), eq(siteStewards.userId, userId)))
    // Sites of other hubs are looked after there.
    .where(and(eq(sites.name, name), isNull(sites.peerId)));
  return row ? { id: row.id, isSteward: row.steward !== null } : null;
}

/** Of one steward, or all. */
export function listSites(queries: Queries, stewardId: number | null) {
  const looked =
    stewardId === null
      ? undefined
      : inArray(
          sites.id,
          queries
            .select({ siteId: siteStewards.siteId })
            .from(siteStewards)
            .where(eq(siteStewards.userId, stewardId)),
        );
  return queries
    .select({ name: sites.name, title: sites.title })
    .from(sites)
    .where(and(isNull(sites.peerId), looked))
    .orderBy(asc(sites.title));
}

export async function findSiteOfNode(queries: Queries, nodeId: string): Promise<string | null> {
  const [row] = await queries
    .select({ name: sites.name })
    .from(nodes)
    .innerJoin(sites, eq(sites.id, nodes.siteId))
    .where(eq(nodes.id, nodeId));
  return row?.name ?? null;
}

/** One that was not revoked. */
export async function findNodeOfSite(queries: Queries, site: string, nodeId: string) {
  const [row] = await queries
    .select({ id: nodes.id, name: nodes.name })
    .from(nodes)
    .innerJoin(sites, eq(sites.id, nodes.siteId))
    .where(and(eq(nodes.id, nodeId), eq(sites.name, site), isNull(nodes.revokedAt)));
  return row ?? null;
}

export async function countNodes(queries: Queries, site: string): Promise<number> {
  const [row] = await queries
    .select({ count: count() })
    .from(nodes)
    .innerJoin(sites, eq(sites.id, nodes.siteId))
    .where(eq(sites.name, site));
  return row?.count ?? 0;
}

/** False when nobody is called so. Idempotent. */
export async function insertSteward(queries: Queries, siteId: number, username: string): Promise<boolean> {
  const userId = await findUser(queries, username);
  if (userId === null) return false;
  await queries.insert(siteStewards).values({ siteId, userId }).onConflictDoNothing();
  return true;
}

export async function deleteSteward(queries: Queries, siteId: number, username: string): Promise<boolean> {
  const userId = await findUser(queries, username);
  if (userId === null) return false;
  await queries
    .delete(siteStewards)
    .where(and(eq(siteStewards.siteId, siteId), eq(siteStewards.userId, userId)));
  return true;
}

async function findUser(queries: Queries, username: string): Promise<number | null> {
  const [user] = await queries
    .select({ id: users.id })
    .from(users)
    .where(and(eq(sql`lower(${users.username})`, username.toLowerCase()), isNull(users.deletedAt)));
  return user?.id ?? null;
}
