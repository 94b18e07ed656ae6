import { type Assignment, type AttemptRef, RunState, WaitReason } from '@weir/proto/node/v1';
import { type AttemptKey, attemptKey } from '../run/attempt.ts';
import type { Wait } from '../run/executor.ts';
import type { CurrentRun } from './view.ts';

const STATES: Readonly<Record<RunState, string>> = {
  [RunState.UNSPECIFIED]: 'begins',
  [RunState.AWAITING_SITE]: 'the policy is asked',
  [RunState.PREPARING]: 'programs and data are prepared',
  [RunState.PREDICTING]: 'the submission runs',
  [RunState.SCORING]: 'the scoring program runs',
  [RunState.REVIEWING]: 'what would leave is examined',
  [RunState.REPORTING]: 'the result goes to the hub',
};

const WAITS: Readonly<Record<WaitReason, string>> = {
  [WaitReason.UNSPECIFIED]: 'waits',
  [WaitReason.APPROVAL]: 'waits for somebody to let it begin',
  [WaitReason.REVIEW]: 'waits for somebody to look at what would leave',
  [WaitReason.WINDOW]: 'waits for the hours at which the policy lets it begin',
  [WaitReason.RATE]: 'waits: enough runs have begun today',
};

interface Entry {
  readonly assignment: Assignment;
  state: RunState;
  wait: Wait | null;
  since: Date;
}

/** The runs that the node holds, as people want to know them. Fed by the node; knows nothing that it was not told. */
export class RunBoard {
  readonly #entries = new Map<AttemptKey, Entry>();

  take(assignment: Assignment): void {
    const key = attemptKey(assignment);
    if (this.#entries.has(key)) return;
    this.#entries.set(key, { assignment, state: RunState.AWAITING_SITE, wait: null, since: new Date() });
  }

  note(attempt: AttemptRef, state: RunState, wait: Wait | null): void {
    const entry = this.#entries.get(attemptKey(attempt));
    if (entry) Object.assign(entry, { state, wait, since: new Date() });
  }

  drop(attempt: AttemptRef): void {
    this.#entries.delete(attemptKey(attempt));
  }

  list(): readonly CurrentRun[] {
    return [...this.#entries.values()].map(({ assignment, state, wait, since }) => ({
      run: String(assignment.runId),
      attempt: assignment.attempt,
      competition: { id: String(assignment.competitionId), title: assignment.competitionTitle },
      submitter: assignment.submitter,
      dataset: assignment.siteData ? `${assignment.siteData.name}@${assignment.siteData.version}` : null,
      isRehearsal: assignment.rehearsal,
      state: STATES[state],
      waitsFor: wait ? WAITS[wait.waitsFor] : null,
      waitsUntil: wait?.until ?? null,
      since,
    }));
  }
}
