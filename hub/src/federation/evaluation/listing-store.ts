import { and, eq, inArray, isNull, ne, or, sql } from 'drizzle-orm';
import type { Database, Queries } from '../../db/database.ts';
import { nodes, siteDatasets, sites } from '../../sites/schema.ts';
import { peerSiteUses } from './schema.ts';
import type { SiteListing } from './wire.ts';

interface NamedPeer {
  readonly id: number;
  readonly name: string;
}

type ListedSite = SiteListing['sites'][number];

/** Which sites a peer lets competitions of this hub use, as it says now. What it no longer lists stays known, and is used for nothing new. */
export function recordListing(database: Database, peer: NamedPeer, listing: SiteListing): Promise<void> {
  return database.transaction(async ({ queries }) => {
    await queries
      .delete(peerSiteUses)
      .where(
        inArray(
          peerSiteUses.siteId,
          queries.select({ id: sites.id }).from(sites).where(eq(sites.peerId, peer.id)),
        ),
      );
    for (const listed of listing.sites) {
      const siteId = await recordSite(queries, peer, listed);
      await ensureStandIn(queries, siteId, peer.name);
      for (const { competitions, ...dataset } of listed.datasets) {
        await queries
          .insert(siteDatasets)
          .values({ siteId, ...dataset })
          .onConflictDoUpdate({
            target: [siteDatasets.siteId, siteDatasets.name, siteDatasets.version],
            set: { ...dataset, seenAt: sql`now()` },
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

/** One site of a peer is one row here, whatever it and its hub are called now. */
async function recordSite(queries: Queries, peer: NamedPeer, listed: ListedSite): Promise<number> {
  const { id: peerSiteId, sharesScores } = listed;
  const [known] = await queries
    .select({ id: sites.id, name: sites.name })
    .from(sites)
    .where(
      and(
        eq(sites.peerId, peer.id),
        or(
          eq(sites.peerSiteId, peerSiteId),
          // From before sites were told by number.
          and(isNull(sites.peerSiteId), eq(sites.name, `${listed.name}@${peer.name}`)),
        ),
      ),
    )
    .for('update');
  const name = await freeName(queries, known?.id ?? 0, listed, peer.name);
  const said = { name, title: titleOf(listed.title, peer.name), sharesScores, peerId: peer.id, peerSiteId };
  if (!known) {
    const [site] = await queries.insert(sites).values(said).returning({ id: sites.id });
    return site!.id;
  }
  const formerNames =
    known.name === name
      ? sql`array_remove(${sites.formerNames}, ${name})`
      : sql`array_append(array_remove(${sites.formerNames}, ${name}), ${known.name})`;
  await queries
    .update(sites)
    .set({ ...said, formerNames })
    .where(eq(sites.id, known.id));
  return known.id;
}

/** A name that another site has or had goes to nobody else: tasks that name it would mean somebody else from then on. */
async function freeName(
  queries: Queries,
  siteId: number,
  { id, name }: ListedSite,
  hub: string,
): Promise<string> {
  const plain = `${name}@${hub}`;
  const taken = await queries.$count(
    sites,
    and(ne(sites.id, siteId), or(eq(sites.name, plain), sql`${plain} = any(${sites.formerNames})`)),
  );
  return taken > 0 ? `${name}-${id}@${hub}` : plain;
}

/** What runs are leased to in the place of the site's nodes. Nobody can connect as it: it has no certificate. */
async function ensureStandIn(queries: Queries, siteId: number, hub: string): Promise<void> {
  const name = `hub ${hub}`;
  // The row of the site is locked by now.
  const known = await queries
    .update(nodes)
    .set({ name })
    .where(eq(nodes.siteId, siteId))
    .returning({ id: nodes.id });
  if (known.length > 0) return;
  await queries
    .insert(nodes)
    .values({ siteId, name, certificateSerial: '', certificateExpiresAt: new Date(0) });
}

/** Text of a peer: one line, with where it comes from. */
function titleOf(title: string, hub: string): string {
  const plain = title
    .replace(/[\p{C}\p{Z}@]+/gu, ' ')
    .trim()
    .slice(0, 100);
  return `${plain || 'Site'} @${hub}`;
}
