import { and, eq, gt, isNull, ne, type SQLWrapper, sql } from 'drizzle-orm';
import { queues } from '../competitions/schema.ts';
import type { Queries, Transaction } from '../db/database.ts';
import { peerSiteUses } from '../federation/evaluation/schema.ts';
import type { IssuedCertificate } from './authority.ts';
import type { StoredNodeStatus } from './node-status.ts';
import { enrolments, nodes, siteDatasets, siteQueues, sites } from './schema.ts';
import type { HoldingSite, KnownNode } from './service.ts';

/** Idempotent by name: a second call changes the title and adds the default queue where asked. */
export async function insertSite(
  { queries }: Transaction,
  { name, title, servesDefaultQueue }: { name: string; title: string; servesDefaultQueue: boolean },
): Promise<void> {
  const [site] = await queries
    .insert(sites)
    .values({ name, title })
    .onConflictDoUpdate({ target: sites.name, set: { title } })
    .returning({ id: sites.id });
  if (!servesDefaultQueue) return;
  const defaults = await queries
    .select({ queueId: queues.id })
    .from(queues)
    .where(eq(queues.isDefault, true));
  await queries
    .insert(siteQueues)
    .values(defaults.map(({ queueId }) => ({ siteId: site!.id, queueId })))
    .onConflictDoNothing();
}

export async function insertEnrolment(
  queries: Queries,
  {
    siteName,
    ...enrolment
  }: { id: string; siteName: string; macKey: string; expiresAt: Date; againFor: string | null },
): Promise<boolean> {
  const [site] = await queries.select({ id: sites.id }).from(sites).where(eq(sites.name, siteName));
  if (!site) return false;
  await queries.insert(enrolments).values({ ...enrolment, siteId: site.id });
  return true;
}

/** Holds the row, so that a token is used once even by two nodes at the same moment. */
export async function lockOpenEnrolment({ queries }: Transaction, id: string) {
  if (!/^[0-9a-f-]{36}$/.test(id)) return null;
  const [open] = await queries
    .select({
      macKey: enrolments.macKey,
      siteId: sites.id,
      siteName: sites.name,
      againFor: enrolments.againFor,
    })
    .from(enrolments)
    .innerJoin(sites, eq(sites.id, enrolments.siteId))
    .where(and(eq(enrolments.id, id), isNull(enrolments.usedAt), gt(enrolments.expiresAt, sql`now()`)))
    .for('update', { of: enrolments });
  return open ?? null;
}

export async function insertNode(
  { queries }: Transaction,
  node: { id: string; siteId: number; name: string; issued: IssuedCertificate; enrolment: string },
): Promise<void> {
  await queries.insert(nodes).values({
    id: node.id,
    siteId: node.siteId,
    name: node.name,
    certificateSerial: node.issued.serial,
    certificateExpiresAt: node.issued.expiresAt,
  });
  await markUsed(queries, node);
}

/** A node that comes back as it was, under a new key; false when it was revoked. */
export async function reviveNode(
  { queries }: Transaction,
  node: { id: string; name: string; issued: IssuedCertificate; enrolment: string },
): Promise<boolean> {
  const { serial, beginsAt, expiresAt } = node.issued;
  const revived = await queries
    .update(nodes)
    .set({
      name: node.name,
      certificateSerial: serial,
      certificateIssuedAt: sql`now()`,
      certificateExpiresAt: expiresAt,
      certificatesFrom: beginsAt,
    })
    .where(and(eq(nodes.id, node.id), isNull(nodes.revokedAt)))
    .returning({ id: nodes.id });
  if (revived.length === 0) return false;
  await markUsed(queries, node);
  return true;
}

async function markUsed(queries: Queries, node: { id: string; enrolment: string }): Promise<void> {
  await queries
    .update(enrolments)
    .set({ usedAt: sql`now()`, nodeId: node.id })
    .where(eq(enrolments.id, node.enrolment));
}

export async function updateDrained(queries: Queries, nodeId: string, drained: boolean): Promise<boolean> {
  const updated = await queries
    .update(nodes)
    .set({ drainRequestedAt: drained ? sql`coalesce(${nodes.drainRequestedAt}, now())` : null })
    .where(and(eq(nodes.id, nodeId), isNull(nodes.revokedAt)))
    .returning({ id: nodes.id });
  return updated.length > 0;
}

export async function updateCertificate(
  queries: Queries,
  nodeId: string,
  issued: IssuedCertificate,
): Promise<boolean> {
  const updated = await queries
    .update(nodes)
    .set({
      certificateSerial: issued.serial,
      certificateIssuedAt: sql`now()`,
      certificateExpiresAt: issued.expiresAt,
    })
    .where(and(eq(nodes.id, nodeId), isNull(nodes.revokedAt)))
    .returning({ id: nodes.id });
  return updated.length > 0;
}

export async function findNode(queries: Queries, nodeId: string): Promise<KnownNode | null> {
  const [node] = await queries
    .select({
      id: nodes.id,
      name: nodes.name,
      siteId: sites.id,
      siteName: sites.name,
      sitePaused: sites.paused,
      drainRequested: sql<boolean>`${nodes.drainRequestedAt} is not null`,
      certificatesFrom: nodes.certificatesFrom,
      queueIds: sql<
        number[]
      >`array(select ${siteQueues.queueId} from ${siteQueues} where ${siteQueues.siteId} = ${sites.id} order by 1)`,
      nodesOfSite: sql<number>`(select count(*)::int from nodes n where n.site_id = ${sites.id} and n.revoked_at is null)`,
    })
    .from(nodes)
    .innerJoin(sites, eq(sites.id, nodes.siteId))
    .where(and(eq(nodes.id, nodeId), isNull(nodes.revokedAt)));
  return node ?? null;
}

/** The nodes beside one that belong to the same site. */
export async function findOtherNodes(queries: Queries, siteId: number, nodeId: string): Promise<string[]> {
  const found = await queries
    .select({ id: nodes.id })
    .from(nodes)
    .where(and(eq(nodes.siteId, siteId), ne(nodes.id, nodeId), isNull(nodes.revokedAt)));
  return found.map(({ id }) => id);
}

/** The site's nodes, or null when there is no such site. */
export async function updatePaused(
  queries: Queries,
  siteName: string,
  paused: boolean,
): Promise<string[] | null> {
  const [site] = await queries
    .update(sites)
    .set({ paused })
    .where(eq(sites.name, siteName))
    .returning({ id: sites.id });
  if (!site) return null;
  return (await queries.select({ id: nodes.id }).from(nodes).where(eq(nodes.siteId, site.id))).map(
    ({ id }) => id,
  );
}

export async function updateSharesScores(
  queries: Queries,
  siteName: string,
  sharesScores: boolean,
): Promise<boolean> {
  const updated = await queries
    .update(sites)
    .set({ sharesScores })
    .where(eq(sites.name, siteName))
    .returning({ id: sites.id });
  return updated.length > 0;
}

export async function updateRevoked(queries: Queries, nodeId: string): Promise<boolean> {
  const revoked = await queries
    .update(nodes)
    .set({ revokedAt: sql`coalesce(${nodes.revokedAt}, now())` })
    .where(eq(nodes.id, nodeId))
    .returning({ id: nodes.id });
  return revoked.length > 0;
}

interface DatasetName {
  readonly name: string;
  readonly version: string;
}

export function sitesHolding(queries: Queries, dataset: DatasetName): Promise<HoldingSite[]> {
  return findHolding(queries, dataset, undefined);
}

export function sitesRehearsing(queries: Queries, dataset: DatasetName): Promise<HoldingSite[]> {
  return findHolding(queries, dataset, siteDatasets.hasSynthetic);
}

function findHolding(
  queries: Queries,
  { name, version }: DatasetName,
  condition: SQLWrapper | undefined,
): Promise<HoldingSite[]> {
  const used = queries
    .select({ competitionId: peerSiteUses.competitionId })
    .from(peerSiteUses)
    .where(
      and(
        eq(peerSiteUses.siteId, sites.id),
        eq(peerSiteUses.datasetName, name),
        eq(peerSiteUses.datasetVersion, version),
      ),
    );
  return queries
    .select({
      id: sites.id,
      name: sites.name,
      formerNames: sites.formerNames,
      title: sites.title,
      competitions: sql<number[] | null>`case when ${sites.peerId} is not null then array(${used}) end`,
    })
    .from(siteDatasets)
    .innerJoin(sites, eq(sites.id, siteDatasets.siteId))
    .where(
      and(eq(siteDatasets.name, name), eq(siteDatasets.version, version), condition && sql`${condition}`),
    )
    .orderBy(sites.name);
}

export interface NodeGreeting {
  readonly softwareVersion: string;
  readonly engine: string;
  readonly engineVersion: string;
  readonly slots: number;
  readonly gpus: number;
  readonly status: StoredNodeStatus;
  readonly datasets: readonly {
    readonly name: string;
    readonly version: string;
    readonly digest: string;
    readonly hasInput: boolean;
    readonly hasReference: boolean;
    readonly hasSynthetic: boolean;
    readonly counts: Record<string, number>;
  }[];
}

/** What a node says of itself as it connects. Datasets that it does not name stay known: another node of the site may hold them. */
export async function recordGreeting(
  { queries }: Transaction,
  node: KnownNode,
  greeting: NodeGreeting,
): Promise<void> {
  await queries
    .update(nodes)
    .set({
      softwareVersion: greeting.softwareVersion,
      engine: greeting.engine,
      engineVersion: greeting.engineVersion,
      slots: greeting.slots,
      gpus: greeting.gpus,
      ...greeting.status,
      connectedAt: sql`now()`,
      lastSeenAt: sql`now()`,
    })
    .where(eq(nodes.id, node.id));
  if (greeting.datasets.length === 0) return;
  await queries
    .insert(siteDatasets)
    .values(greeting.datasets.map((dataset) => ({ siteId: node.siteId, ...dataset })))
    .onConflictDoUpdate({
      target: [siteDatasets.siteId, siteDatasets.name, siteDatasets.version],
      set: {
        digest: sql`excluded.digest`,
        hasInput: sql`excluded.has_input`,
        hasReference: sql`excluded.has_reference`,
        hasSynthetic: sql`excluded.has_synthetic`,
        counts: sql`excluded.counts`,
        seenAt: sql`now()`,
      },
    });
}
