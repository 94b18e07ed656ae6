import type { NodeStatus } from '@weir/proto/node/v1';
import { eq } from 'drizzle-orm';
import type { Queries } from '../db/database.ts';
import { nodes } from './schema.ts';

/** What the people of a site have decided about a node, as it is kept. */
export interface StoredNodeStatus {
  readonly paused: boolean;
  readonly draining: boolean;
  readonly policyDigest: string;
  readonly awaitingPeople: number;
}

/** A node that says nothing has nothing decided. What is none of the contract's is left out: nodes are not believed. */
export function toStoredStatus(status: NodeStatus | undefined): StoredNodeStatus {
  const digest = status?.policyDigest ?? '';
  return {
    paused: status?.paused ?? false,
    draining: status?.draining ?? false,
    policyDigest: /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : '',
    awaitingPeople: Math.min(status?.awaitingPeople ?? 0, 1_000_000),
  };
}

export async function recordStatus(
  queries: Queries,
  nodeId: string,
  status: StoredNodeStatus,
): Promise<void> {
  await queries.update(nodes).set(status).where(eq(nodes.id, nodeId));
}
