import type { runState } from '../dispatch/schema.ts';
import type { fault, submissionStatus } from './schema.ts';

export type SubmissionStatus = (typeof submissionStatus.enumValues)[number];
export type RunState = (typeof runState.enumValues)[number];
export type Fault = (typeof fault.enumValues)[number];

/** How far something is, and why it failed if it did. */
export interface Progress {
  readonly status: SubmissionStatus;
  readonly failureCode: string | null;
  readonly fault: Fault | null;
}

export interface RunProgress {
  readonly state: RunState;
  readonly failureCode: string | null;
  readonly fault: Fault | null;
}

/** Codabench's public names for what a run does. */
export function statusOfState(state: RunState): SubmissionStatus {
  switch (state) {
    case 'queued':
    case 'offered':
    case 'awaiting_site':
      return 'Submitted';
    case 'preparing':
      return 'Preparing';
    case 'predicting':
      return 'Running';
    case 'scoring':
    case 'reviewing':
    case 'reporting':
      return 'Scoring';
    case 'finished':
      return 'Finished';
    case 'failed':
    case 'refused':
      return 'Failed';
    case 'cancelled':
      return 'Cancelled';
    default:
      return state satisfies never;
  }
}

/** In the order in which a submission goes through them; the last three are never left. */
const UNDER_WAY: readonly SubmissionStatus[] = ['Submitting', 'Submitted', 'Preparing', 'Running', 'Scoring'];

export function isOver(status: SubmissionStatus): boolean {
  return !UNDER_WAY.includes(status);
}

/** A leaf at one place is as far as its run. */
export function progressOfLeaf(runs: readonly RunProgress[]): Progress {
  return combine(runs.map(({ state, ...why }) => ({ status: statusOfState(state), ...why })));
}

/**
 * A submission with several tasks is over when all of them are, and finished when one is. (Codabench calls it finished even when all
 * have failed; here that is a failure.)
 */
export function progressOfParent(children: readonly Progress[]): Progress {
  return combine(children);
}

/** While a part is under way, the most advanced of those speaks for the whole, so that the status never goes back as others end. */
function combine(parts: readonly Progress[]): Progress {
  const open = parts.filter(({ status }) => !isOver(status));
  if (open.length > 0) {
    const furthest = Math.max(...open.map(({ status }) => UNDER_WAY.indexOf(status)));
    // A part that is over has been through it all already.
    const status = open.length < parts.length ? 'Scoring' : UNDER_WAY[furthest]!;
    return { status, failureCode: null, fault: null };
  }
  if (parts.some(({ status }) => status === 'Finished'))
    return { status: 'Finished', failureCode: null, fault: null };
  return (
    parts.find(({ status }) => status === 'Failed') ?? { status: 'Cancelled', failureCode: null, fault: null }
  );
}
