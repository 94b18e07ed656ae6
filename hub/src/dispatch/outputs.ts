import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { nodes } from '../sites/schema.ts';
import type { ArtifactGrant, OutputKindName } from './artifact-urls.ts';
import { claims, runs } from './schema.ts';

/** Whether the attempt is still the node's: addresses end with the lease, however long they would be good for. */
export async function isLeasedTo(
  { queries }: Database,
  { nodeId, runId, attempt }: ArtifactGrant,
): Promise<boolean> {
  const [claim] = await queries
    .select({ runId: claims.runId })
    .from(claims)
    // A revoked node is refused at once, not when its lease runs out.
    .innerJoin(nodes, and(eq(nodes.id, claims.nodeId), isNull(nodes.revokedAt)))
    .where(and(eq(claims.runId, runId), eq(claims.attempt, attempt), eq(claims.nodeId, nodeId)));
  return claim !== undefined;
}

/** Keeps the digest of an output with its run, if the attempt is still the current one. The last one of a kind wins. */
export async function recordOutput(
  { queries }: Database,
  { nodeId, runId, attempt }: ArtifactGrant,
  kind: OutputKindName,
  digest: string,
): Promise<boolean> {
  const updated = await queries
    .update(runs)
    .set({
      outputs: sql`coalesce(${runs.outputs}, '{}'::jsonb) || ${JSON.stringify({ [kind]: digest })}::jsonb`,
    })
    .where(and(eq(runs.id, runId), eq(runs.attempt, attempt), eq(runs.nodeId, nodeId)))
    .returning({ id: runs.id });
  return updated.length > 0;
}
