/** More than any process has in flight; what is forgotten takes the longer way. */
const MOST = 100_000;

/** Remembers which phase the runs belong to that this process has assigned: a fact that never changes, so it saves looking it up as they end. */
export class AssignedPhases {
  readonly #phases = new Map<number, number>();

  note(runId: number, phaseId: number): void {
    this.#phases.set(runId, phaseId);
    if (this.#phases.size > MOST)
      for (const oldest of this.#phases.keys()) return void this.#phases.delete(oldest);
  }

  find(runId: number): number | undefined {
    return this.#phases.get(runId);
  }

  forget(runIds: Iterable<number>): void {
    for (const runId of runIds) this.#phases.delete(runId);
  }
}
