import { and, asc, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import { columns, phases, tasks } from '../competitions/schema.ts';
import type { Queries } from '../db/database.ts';
import { runs } from '../dispatch/schema.ts';
import { peers } from '../federation/peers/schema.ts';
import type { ChainKey } from '../keys/chain.ts';
import { isConcealed } from '../leaderboards/concealed.ts';
import { leaderboardEntries } from '../leaderboards/schema.ts';
import { nodes, sites } from '../sites/schema.ts';
import { scores, submissions } from '../submissions/schema.ts';
import { taskSetups } from '../tasks/schema.ts';
import { nodeKeys, receipts } from './schema.ts';

/** A key that a node has shown. */
export interface NodeKeyRow {
  readonly nodeId: string;
  readonly keyId: string;
  /** base64 of the raw public key. */
  readonly publicKey: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly replacedAt: Date | null;
  readonly announcedBy: string | null;
  /** base64 */
  readonly announcement: string | null;
}

/** In the order in which they were in use: keys of which the hub learned together were first seen at one moment. */
export function findNodeKeys(queries: Queries, nodeId: string): Promise<NodeKeyRow[]> {
  return queries
    .select()
    .from(nodeKeys)
    .where(eq(nodeKeys.nodeId, nodeId))
    .orderBy(asc(nodeKeys.firstSeenAt), asc(nodeKeys.replacedAt));
}

/** The site of a node; with the keys of its hub for a stand-in of a peer's. */
export async function findSite(
  queries: Queries,
  nodeId: string,
): Promise<{ name: string; hubKeys: ChainKey[] | null } | null> {
  const [row] = await queries
    .select({ name: sql<string>`split_part(${sites.name}, '@', 1)`, hubKeys: peers.chain })
    .from(nodes)
    .innerJoin(sites, eq(sites.id, nodes.siteId))
    .leftJoin(peers, eq(peers.id, sites.peerId))
    .where(eq(nodes.id, nodeId));
  return row ?? null;
}

/** Adds a key or notes that it was seen again: it is in use now. */
export async function upsertNodeKey(
  queries: Queries,
  key: { nodeId: string; keyId: string; publicKey: string; announcedBy?: string; announcement?: string },
): Promise<void> {
  await queries
    .insert(nodeKeys)
    .values(key)
    .onConflictDoUpdate({
      target: [nodeKeys.nodeId, nodeKeys.keyId],
      set: { lastSeenAt: sql`now()`, replacedAt: null },
    });
}

export async function replaceNodeKey(
  queries: Queries,
  nodeId: string,
  keyId: string,
  replacedAt: Date,
): Promise<void> {
  await queries
    .update(nodeKeys)
    .set({ replacedAt })
    .where(and(eq(nodeKeys.nodeId, nodeId), eq(nodeKeys.keyId, keyId)));
}

/** The receipt of a run as it ended, with what decides who may see it. */
export async function findReceipt(queries: Queries, runId: number) {
  const [row] = await queries
    .select({
      envelope: receipts.envelope,
      submissionId: submissions.id,
      rootId: sql<number>`coalesce(${submissions.parentId}, ${submissions.id})`.mapWith(Number),
      phaseId: submissions.phaseId,
      leaderboardId: phases.leaderboardId,
      isRehearsal: submissions.isRehearsal,
      siteId: runs.siteId,
      siteRule: taskSetups.siteRule,
      combinedAt: runs.combinedAt,
      sharesScores: runs.sharesScores,
      siteShares: sites.sharesScores,
      nodeId: runs.nodeId,
      scores: runs.scores,
      nodeName: nodes.name,
      siteName: sites.name,
      hub: peers.name,
      hubKeys: peers.chain,
      asked: sql<number>`(select count(*)::int from ${runs} other where other.submission_id = ${runs.submissionId})`,
    })
    .from(receipts)
    .innerJoin(runs, and(eq(runs.id, receipts.runId), eq(runs.attempt, receipts.attempt)))
    .innerJoin(submissions, eq(submissions.id, runs.submissionId))
    .innerJoin(phases, eq(phases.id, submissions.phaseId))
    .innerJoin(
      taskSetups,
      and(eq(taskSetups.taskId, submissions.taskId), eq(taskSetups.version, submissions.taskVersion)),
    )
    .leftJoin(sites, eq(sites.id, runs.siteId))
    .leftJoin(nodes, eq(nodes.id, runs.nodeId))
    .leftJoin(peers, eq(peers.id, sites.peerId))
    .where(eq(receipts.runId, runId));
  return row ?? null;
}

export async function findHiddenColumns(queries: Queries, leaderboardId: number): Promise<string[]> {
  const rows = await queries
    .select({ key: columns.key })
    .from(columns)
    .where(and(eq(columns.leaderboardId, leaderboardId), isConcealed));
  return rows.map(({ key }) => key);
}

export async function isOnBoard(queries: Queries, rootId: number): Promise<boolean> {
  return (await queries.$count(leaderboardEntries, eq(leaderboardEntries.submissionId, rootId))) > 0;
}

/** Runs of a submission and its parts that have a receipt, by task and site. */
export function findRunsWithReceipts(queries: Queries, rootId: number) {
  return queries
    .select({
      runId: runs.id,
      leafId: submissions.id,
      task: tasks.name,
      site: sites.title,
      scores: runs.scores,
      isOnlyRun: sql<boolean>`(select count(*) = 1 from ${runs} other where other.submission_id = ${runs.submissionId})`,
    })
    .from(receipts)
    .innerJoin(runs, and(eq(runs.id, receipts.runId), eq(runs.attempt, receipts.attempt)))
    .innerJoin(submissions, eq(submissions.id, runs.submissionId))
    .innerJoin(tasks, eq(tasks.id, submissions.taskId))
    .leftJoin(sites, eq(sites.id, runs.siteId))
    .where(or(eq(submissions.id, rootId), eq(submissions.parentId, rootId)))
    .orderBy(asc(submissions.id), asc(sites.title), asc(runs.id));
}

/** Scores of leaves as pages and boards show them, with how they are rounded there. */
export function findShownScores(queries: Queries, leafIds: readonly number[]) {
  return queries
    .select({
      leafId: scores.submissionId,
      key: columns.key,
      title: columns.title,
      precision: columns.precision,
      value: scores.value,
    })
    .from(scores)
    .innerJoin(columns, eq(columns.id, scores.columnId))
    .where(and(inArray(scores.submissionId, [...leafIds]), isNull(columns.computation)))
    .orderBy(asc(columns.index));
}
