import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AssignmentSchema, AttemptRef } from '@weir/proto/node/v1';
import type { KnownNode } from '../sites/service.ts';
import type { Pool } from './pools.ts';

export type AssignmentInit = MessageInitShape<typeof AssignmentSchema>;

/** A connected node, as dispatch sees it. */
export interface NodeSession {
  readonly node: KnownNode;
  /** Where it takes runs from; none while it is paused or draining. */
  pools: readonly Pool[];
  /** Runs that it has room for and that have not been promised to it yet. */
  credit: number;
  /** False when the session is over and the assignment did not go out. */
  assign(assignment: AssignmentInit): boolean;
  cancel(attempt: Pick<AttemptRef, 'runId' | 'attempt'>): void;
}

/**
 * The nodes connected to this hub process, and who of them has room. Taking and giving back credit is synchronous, so no two runs are ever promised the
 * same room.
 */
export class Sessions {
  readonly #byNode = new Map<string, NodeSession>();
  /** For each pool the sessions with credit, in the order in which they wait for work. */
  readonly #ready = new Map<Pool, Set<NodeSession>>();

  add(session: NodeSession): void {
    this.#byNode.set(session.node.id, session);
  }

  remove(session: NodeSession): void {
    if (this.#byNode.get(session.node.id) === session) this.#byNode.delete(session.node.id);
    session.credit = 0;
    this.#update(session);
  }

  find(nodeId: string): NodeSession | undefined {
    return this.#byNode.get(nodeId);
  }

  all(): Iterable<NodeSession> {
    return this.#byNode.values();
  }

  grant(session: NodeSession, runs: number): void {
    if (this.#byNode.get(session.node.id) !== session) return;
    session.credit += runs;
    this.#update(session);
  }

  /** Promises one run to a node of the pool, the one that has waited longest; undefined when none has room. */
  take(pool: Pool): NodeSession | undefined {
    const session = this.#ready.get(pool)?.values().next().value;
    if (session) this.spend(session, 1);
    return session;
  }

  spend(session: NodeSession, runs: number): void {
    session.credit -= runs;
    this.#update(session);
  }

  /** From now on the node takes from these pools alone. */
  move(session: NodeSession, pools: readonly Pool[]): void {
    for (const pool of session.pools) this.#ready.get(pool)?.delete(session);
    session.pools = pools;
    if (this.#byNode.get(session.node.id) === session) this.#update(session);
  }

  ready(pool: Pool): Iterable<NodeSession> {
    return this.#ready.get(pool) ?? [];
  }

  /** Re-inserting moves a session to the end of the line. */
  #update(session: NodeSession): void {
    for (const pool of session.pools) {
      const ready = this.#ready.get(pool) ?? new Set();
      this.#ready.set(pool, ready);
      ready.delete(session);
      if (session.credit > 0) ready.add(session);
    }
  }
}
