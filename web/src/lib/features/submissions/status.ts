import type { Explanation, Run, RunState, Submission, SubmissionStatus } from '#lib/api/types.ts';

/** How a state is drawn; never by colour alone, each tone has its own mark. */
export type Tone = 'neutral' | 'waiting' | 'active' | 'good' | 'bad';

export interface Shown {
  label: string;
  tone: Tone;
}

const statuses: Record<SubmissionStatus, Shown> = {
  Submitting: { label: 'Held', tone: 'waiting' },
  Submitted: { label: 'Waiting', tone: 'waiting' },
  Preparing: { label: 'Preparing', tone: 'active' },
  Running: { label: 'Running', tone: 'active' },
  Scoring: { label: 'Scoring', tone: 'active' },
  Finished: { label: 'Finished', tone: 'good' },
  Failed: { label: 'Failed', tone: 'bad' },
  Cancelled: { label: 'Cancelled', tone: 'neutral' },
};

export const submissionStatuses = Object.keys(statuses) as SubmissionStatus[];

export function showStatus(status: SubmissionStatus): Shown {
  return statuses[status];
}

/** An organizer has to start it: the competition does not start submissions by itself. */
export function isHeld(status: SubmissionStatus): boolean {
  return status === 'Submitting';
}

export function isSettled(status: SubmissionStatus): boolean {
  return status === 'Finished' || status === 'Failed' || status === 'Cancelled';
}

const runStates: Record<RunState, Shown> = {
  queued: { label: 'Waiting for a node', tone: 'waiting' },
  offered: { label: 'Handed to a node', tone: 'waiting' },
  awaiting_site: { label: 'Waiting for the site', tone: 'waiting' },
  preparing: { label: 'Preparing', tone: 'active' },
  predicting: { label: 'Predicting', tone: 'active' },
  scoring: { label: 'Scoring', tone: 'active' },
  reviewing: { label: 'Under review at the site', tone: 'waiting' },
  reporting: { label: 'Reporting', tone: 'active' },
  finished: { label: 'Finished', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  cancelled: { label: 'Cancelled', tone: 'neutral' },
  refused: { label: 'Refused by the site', tone: 'bad' },
};

export function showRunState(state: RunState): Shown {
  return runStates[state];
}

/** The steps that a person follows, each covering one or more states of a run. */
export const runSteps = ['Wait', 'Prepare', 'Predict', 'Score', 'Release'] as const;

const stepOfState: Record<RunState, number> = {
  queued: 0,
  offered: 0,
  awaiting_site: 0,
  preparing: 1,
  predicting: 2,
  scoring: 3,
  reviewing: 4,
  reporting: 4,
  finished: runSteps.length,
  failed: -1,
  cancelled: -1,
  refused: -1,
};

/** Index of the step under way; all steps are done at `runSteps.length`; -1 when the run ended without a score. */
export function currentStep(run: Pick<Run, 'state'>): number {
  return stepOfState[run.state];
}

const faults: Record<Explanation['fault'], string> = {
  participant: 'In the submission',
  organizer: 'In the competition’s own programs or data',
  site: 'At the site',
  hub: 'In this platform',
};

/** Whose fault a failure was, and that it is not charged when it was not the participant's. */
export function explainFault(fault: Explanation['fault']): string {
  return fault === 'participant' ? faults.participant : `${faults[fault]} — not counted against your limits`;
}

/** The runs of a submission and of its parts, one for each task and site. */
export function allRuns(submission: Submission): Run[] {
  return [...submission.runs, ...submission.children.flatMap(allRuns)];
}
