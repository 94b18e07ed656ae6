import { FailureCode, RefusalCode } from '@weir/proto/node/v1';

export type Fault = 'participant' | 'organizer' | 'site' | 'hub';

/** Whose fault a failure is: the number ranges of the contract are the rule, so that a code added there needs no change here. */
export function faultOf(code: FailureCode): Fault {
  if (code >= FailureCode.ARTIFACT_UNAVAILABLE) return 'hub';
  if (code >= FailureCode.DATASET_MISSING) return 'site';
  if (code >= FailureCode.SCORING_FAILED) return 'organizer';
  if (code > FailureCode.UNSPECIFIED) return 'participant';
  return 'site';
}

/** The task is gone: no attempt at it can work out. */
export const ASSIGNMENT_INVALID = 'assignment_invalid';

/** What sites and the hub spoil is tried again; what the submission or the task got wrong would go wrong again. */
export function isRetried({
  fault,
  failureCode,
}: {
  fault: Fault | null;
  failureCode: string | null;
}): boolean {
  return (fault === 'site' || fault === 'hub') && failureCode !== ASSIGNMENT_INVALID;
}

/** Codes as they are stored and served: `prediction_time_limit`, `refused_image`. */
export function failureCodeName(code: FailureCode): string {
  return (FailureCode[code] ?? 'NODE_INTERNAL').toLowerCase();
}

export function refusalCodeName(code: RefusalCode): string {
  return `refused_${(RefusalCode[code] ?? 'NO_POLICY').toLowerCase()}`;
}

/** The node reported scores without a receipt, or with one that does not hold for them. */
export const RECEIPT_MISSING = 'receipt_missing';
export const RECEIPT_INVALID = 'receipt_invalid';

/** The lease ran out as often as the hub is willing to try. */
export const ATTEMPTS_EXHAUSTED = 'attempts_exhausted';

/** The node was revoked with the run in its hands. */
export const NODE_REVOKED = 'node_revoked';

/** Only a participant's own faults count against limits. */
export function chargesParticipant(fault: string | null): boolean {
  return fault === 'participant';
}
