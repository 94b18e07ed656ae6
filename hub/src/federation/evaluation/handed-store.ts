import { and, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import type { Database, Queries } from '../../db/database.ts';
import { nodes, siteDatasets, sites } from '../../sites/schema.ts';
import { handedRuns, peerSiteUses } from './schema.ts';
import type { AttemptName, SiteListing } from './wire.ts';

export interface HandedRun extends AttemptName {
  readonly nodeId: string;
  /** Name of the site at its own hub. */
  readonly site: string;
  readonly assignment: Buffer;
  readonly isOffered: boolean;
  readonly isGone: boolean;
  readonly waiting: string | null;
}

/** Which sites a peer lets competitions of this hub use, as it says now. What it no longer lists stays known, and is used for nothing new. */
export function recordListing(
  database: Database,
  peer: { readonly id: number; readonly name: string },
  listing: SiteListing,
): Promise<void> {
  return database.transaction(async ({ queries }) => {
    await queries
      .delete(peerSiteUses)
      .where(
        inArray(
          peerSiteUses.siteId,
          queries.select({ id: sites.id }).from(sites).where(eq(sites.peerId, peer.id)),
        ),
      );
    for (const { name, title, sharesScores, datasets } of listing.sites) {
      const said = { title: titleOf(title, peer.name), sharesScores, peerId: peer.id };
      const [site] = await queries
        .insert(sites)
        .values({ name: `${name}@${peer.name}`, ...said })
        .onConflictDoUpdate({ target: sites.name, set: said })
        .returning({ id: sites.id });
      const siteId = site!.id;
      await ensureStandIn(queries, siteId, peer.name);
      for (const { competitions, ...dataset } of datasets) {
        const held = { ...dataset, hasSynthetic: false };
        await queries
          .insert(siteDatasets)
          .values({ siteId, ...held })
          .onConflictDoUpdate({
            target: [siteDatasets.siteId, siteDatasets.name, siteDatasets.version],
            set: { ...held, seenAt: sql`now()` },
          });
        if (competitions.length === 0) continue;
        const named = { siteId, datasetName: dataset.name, datasetVersion: dataset.version };
        await queries
          .insert(peerSiteUses)
          .values(competitions.map((competitionId) => ({ ...named, competitionId })))
          .onConflictDoNothing();
      }
    }
  });
}

/** What runs are leased to in the place of the site's nodes. Nobody can connect as it: it has no certificate. */
async function ensureStandIn(queries: Queries, siteId: number, hub: string): Promise<void> {
  // The row of the site is locked by now.
  if ((await queries.$count(nodes, eq(nodes.siteId, siteId))) > 0) return;
  await queries
    .insert(nodes)
    .values({ siteId, name: `hub ${hub}`, certificateSerial: '', certificateExpiresAt: new Date(0) });
}

/** Text of a peer: one line, with where it comes from. */
function titleOf(title: string, hub: string): string {
  const plain = title
    .replace(/[\p{C}\p{Z}@]+/gu, ' ')
    .trim()
    .slice(0, 100);
  return `${plain || 'Site'} @${hub}`;
}

export async function peersWithSites(queries: Queries): Promise<number[]> {
  const rows = await queries
    .selectDistinct({ peerId: sites.peerId })
    .from(sites)
    .where(isNotNull(sites.peerId));
  return rows.flatMap(({ peerId }) => peerId ?? []);
}

/** The stand-ins for sites of a peer. */
export async function standInsOf(queries: Queries, peerId: number): Promise<string[]> {
  const rows = await queries
    .select({ id: nodes.id })
    .from(nodes)
    .innerJoin(sites, eq(sites.id, nodes.siteId))
    .where(eq(sites.peerId, peerId));
  return rows.map(({ id }) => id);
}

export async function insertHanded(
  queries: Queries,
  handed: AttemptName & { readonly nodeId: string; readonly peerId: number; readonly assignment: Buffer },
): Promise<void> {
  const { run: runId, ...values } = handed;
  await queries
    .insert(handedRuns)
    .values({ runId, ...values })
    .onConflictDoNothing();
}

/** Oldest first. */
export async function findHanded(queries: Queries, peerId: number): Promise<HandedRun[]> {
  return queries
    .select({
      run: handedRuns.runId,
      attempt: handedRuns.attempt,
      nodeId: handedRuns.nodeId,
      site: sql<string>`split_part(${sites.name}, '@', 1)`,
      assignment: handedRuns.assignment,
      isOffered: handedRuns.isOffered,
      isGone: handedRuns.isGone,
      waiting: handedRuns.waiting,
    })
    .from(handedRuns)
    .innerJoin(nodes, eq(nodes.id, handedRuns.nodeId))
    .innerJoin(sites, eq(sites.id, nodes.siteId))
    .where(eq(handedRuns.peerId, peerId))
    .orderBy(handedRuns.runId, handedRuns.attempt);
}

export async function update(
  queries: Queries,
  { run, attempt }: AttemptName,
  change: Partial<Pick<typeof handedRuns.$inferInsert, 'isOffered' | 'isGone' | 'waiting'>>,
): Promise<void> {
  await queries
    .update(handedRuns)
    .set(change)
    .where(and(eq(handedRuns.runId, run), eq(handedRuns.attempt, attempt)));
}

/** The peer has been told. */
export async function forget(queries: Queries, told: readonly AttemptName[]): Promise<void> {
  for (const { run, attempt } of told)
    await queries
      .delete(handedRuns)
      .where(and(eq(handedRuns.runId, run), eq(handedRuns.attempt, attempt), handedRuns.isGone));
}
