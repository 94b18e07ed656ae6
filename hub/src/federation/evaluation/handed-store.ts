import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { Database, Queries, Statement } from '../../db/database.ts';
import { nodes, sites } from '../../sites/schema.ts';
import { handedRuns, type LogPlace } from './schema.ts';
import type { AttemptName } from './wire.ts';

export interface HandedRun extends AttemptName {
  readonly nodeId: string;
  /** Number of the site at its own hub; null for one that was last listed before sites had numbers. */
  readonly site: number | null;
  readonly isOffered: boolean;
  /** Its outcome is recorded; what else there is may still be on its way. */
  readonly isOver: boolean;
  /** So for a day: the peer has not come up with the rest. */
  readonly isOverdue: boolean;
  readonly isGone: boolean;
  readonly waiting: string | null;
  readonly logs: LogPlace | null;
  /** Last sequence of each stream of logs that is here. */
  readonly sequences: Readonly<Record<string, number>> | null;
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

const FOUND: Statement = {
  name: 'handed-found',
  text: `
select h.run_id::float8 as run, h.attempt, h.node_id as "nodeId", s.peer_site_id as site, h.is_offered as "isOffered", h.over_at is not null as "isOver",
  coalesce(h.over_at < now() - interval '1 day', false) as "isOverdue", h.is_gone as "isGone", h.waiting, h.logs,
  case when h.logs is not null then (
    select jsonb_object_agg(l.stream, l.last) from (
      select stream, max(sequence) as last from log_chunks where run_id = h.run_id and attempt = h.attempt group by stream) l
  ) end as sequences
from handed_runs h join nodes n on n.id = h.node_id join sites s on s.id = n.site_id
where h.peer_id = $1 order by h.over_at is not null, h.run_id, h.attempt`,
};

/** Those that are under way first, and of them the oldest. */
export function findHanded(database: Database, peerId: number): Promise<HandedRun[]> {
  return database.prepared<HandedRun & { [column: string]: unknown }>(FOUND, [peerId]);
}

/** What is to be asked for, by run and attempt. */
export async function findAssignments(
  queries: Queries,
  attempts: readonly AttemptName[],
): Promise<(AttemptName & { assignment: Buffer })[]> {
  const { runId: run, attempt, assignment } = handedRuns;
  return queries
    .select({ run, attempt, assignment })
    .from(handedRuns)
    .where(isOneOf(attempts))
    .orderBy(run, attempt);
}

type Change = Partial<
  Pick<typeof handedRuns.$inferInsert, 'isOffered' | 'isGone' | 'waiting'> & { readonly isOver: true }
>;

export async function update(
  queries: Queries,
  attempts: readonly AttemptName[],
  { isOver, ...change }: Change,
): Promise<void> {
  if (attempts.length === 0) return;
  const overAt = sql`coalesce(${handedRuns.overAt}, now())`;
  await queries
    .update(handedRuns)
    .set({ ...change, ...(isOver && { overAt }) })
    .where(isOneOf(attempts));
}

/** False when another process has found another place since. */
export async function moveLogs(
  queries: Queries,
  { run, attempt, logs }: HandedRun,
  place: LogPlace,
): Promise<boolean> {
  const before = logs === null ? null : JSON.stringify(logs);
  const moved = await queries
    .update(handedRuns)
    .set({ logs: place })
    .where(
      and(
        eq(handedRuns.runId, run),
        eq(handedRuns.attempt, attempt),
        sql`${handedRuns.logs} is not distinct from ${before}::jsonb`,
      ),
    )
    .returning({ runId: handedRuns.runId });
  return moved.length > 0;
}

/** The peer has been told. */
export async function forget(queries: Queries, told: readonly AttemptName[]): Promise<void> {
  if (told.length > 0) await queries.delete(handedRuns).where(and(isOneOf(told), handedRuns.isGone));
}

const REPORTED: Statement = {
  name: 'handed-reported',
  text: `
select e.run_id::float8 as run, e.attempt from unnest($1::bigint[], $2::int[], $3::uuid[]) as e(run_id, attempt, node_id)
join attempts a on a.run_id = e.run_id and a.attempt = e.attempt and a.node_id = e.node_id
where a.outcome in ('finished', 'failed', 'refused')`,
};

/** Of attempts that the stand-ins no longer hold those whose outcome has been recorded. */
export async function findReported(database: Database, handed: readonly HandedRun[]): Promise<AttemptName[]> {
  if (handed.length === 0) return [];
  return database.prepared<AttemptName & { [column: string]: unknown }>(REPORTED, [
    handed.map(({ run }) => run),
    handed.map(({ attempt }) => attempt),
    handed.map(({ nodeId }) => nodeId),
  ]);
}

function isOneOf(attempts: readonly AttemptName[]) {
  const runIds = sql.param(attempts.map(({ run }) => run));
  const numbers = sql.param(attempts.map(({ attempt }) => attempt));
  return sql`(${handedRuns.runId}, ${handedRuns.attempt}) in (select * from unnest(${runIds}::bigint[], ${numbers}::int[]))`;
}
