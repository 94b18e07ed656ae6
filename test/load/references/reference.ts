/** Something that the hub is measured beside, on the same database server. */
export interface Reference extends AsyncDisposable {
  /** One job, from its making to its end. A lane has one at a time. */
  one(lane: number): Promise<unknown>;
  /** Resolves when nothing is under way any more. */
  settle(): Promise<unknown>;
}

export const REFERENCE_NAMES = ['graphileWorker', 'graphileWorkerCoalesced', 'plainCommits'] as const;
export type ReferenceName = (typeof REFERENCE_NAMES)[number];
