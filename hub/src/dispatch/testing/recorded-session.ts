import type { KnownNode } from '../../sites/service.ts';
import { queuePool, sitePool } from '../pools.ts';
import type { AssignmentInit, NodeSession } from '../sessions.ts';

export interface RecordedSession extends NodeSession {
  readonly assigned: AssignmentInit[];
  readonly cancelled: { runId: bigint; attempt: number }[];
  /** Set to false to let the stream break between the lease and the assignment. */
  open: boolean;
}

/** A connected node without a stream: it keeps what it is sent. */
export function recordedSession(node: KnownNode): RecordedSession {
  const session: RecordedSession = {
    node,
    pools: [sitePool(node.siteId), ...node.queueIds.map(queuePool)],
    credit: 0,
    assigned: [],
    cancelled: [],
    open: true,
    assign(assignment) {
      if (session.open) session.assigned.push(assignment);
      return session.open;
    },
    cancel: ({ runId, attempt }) => session.cancelled.push({ runId, attempt }),
  };
  return session;
}
