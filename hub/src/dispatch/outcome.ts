import { timestampMs } from '@bufbuild/protobuf/wkt';
import { FailureCode, type Outcome } from '@weir/proto/node/v1';
import { toAttemptKey } from './attempt-key.ts';
import {
  type Fault,
  failureCodeName,
  faultOf,
  RECEIPT_INVALID,
  RECEIPT_MISSING,
  refusalCodeName,
} from './faults.ts';

/** How an attempt ended, as the hub records it. */
export interface AttemptEnd {
  readonly runId: number;
  readonly attempt: number;
  readonly nodeId: string;
  readonly outcome: 'finished' | 'failed' | 'cancelled' | 'refused';
  readonly failureCode: string | null;
  readonly fault: Fault | null;
  readonly scores: Readonly<Record<string, number>> | null;
  readonly startedAt: Date | null;
  readonly imageDigest: string | null;
  /** Of scores: the envelope with both signatures. Scores without one are none. */
  readonly receipt: string | null;
}

/** As many as the contract lets a node report at a time. */
export const MOST_OUTCOMES = 256;

/** Scores that numeric(20, 10) cannot hold are no scores. */
const LARGEST_SCORE = 1e10;
const MOST_SCORES = 1_000;
/** A column's key has at most 36 characters; what PostgreSQL cannot store is none. */
const SCORE_KEY = /^[^\0\ud800-\udfff]{1,100}$/u;

/** What a node reported, or null when no honest node would say such a thing. */
export function toAttemptEnd(nodeId: string, report: Outcome): AttemptEnd | null {
  const key = toAttemptKey(report.attempt);
  if (!key || report.result.case === undefined) return null;
  const startedAt = report.startedAt ? timestampMs(report.startedAt) : null;
  const common = {
    ...key,
    nodeId,
    failureCode: null,
    fault: null,
    scores: null,
    // A node's clock is its own affair; a time that makes no sense is left out.
    startedAt:
      startedAt !== null && Math.abs(startedAt - Date.now()) < 365 * 86_400_000 ? new Date(startedAt) : null,
    imageDigest: /^sha256:[0-9a-f]{64}$/.test(report.imageDigest) ? report.imageDigest : null,
    receipt: null,
  };
  switch (report.result.case) {
    case 'scores': {
      const scores = Object.entries(report.result.value.values);
      const areScores =
        scores.length <= MOST_SCORES &&
        scores.every(([key]) => SCORE_KEY.test(key)) &&
        scores.every(([, value]) => Number.isFinite(value) && Math.abs(value) < LARGEST_SCORE);
      return areScores ? { ...common, outcome: 'finished', scores: Object.fromEntries(scores) } : null;
    }
    case 'failure':
      return failed(common, report.result.value.code);
    case 'cancelled':
      // The hub ends a run as it cancels it. A node that cancels of its own accord was interrupted.
      return failed(common, FailureCode.NODE_INTERRUPTED);
    case 'refusal':
      return {
        ...common,
        outcome: 'refused',
        failureCode: refusalCodeName(report.result.value.code),
        fault: 'site',
      };
    default:
      return report.result satisfies never;
  }
}

function failed(common: Omit<AttemptEnd, 'outcome'>, code: FailureCode): AttemptEnd {
  return { ...common, outcome: 'failed', failureCode: failureCodeName(code), fault: faultOf(code) };
}

/** Scores that the site does not vouch for are none: the site's fault, and another attempt may do better. */
export function withoutReceipt(end: AttemptEnd, isMissing: boolean): AttemptEnd {
  const failureCode = isMissing ? RECEIPT_MISSING : RECEIPT_INVALID;
  return { ...end, outcome: 'failed', failureCode, fault: 'site', scores: null };
}

/** Ends as the arrays that statements unnest: run, attempt, node, outcome, failure code, fault, scores, start, image. */
export function endColumns(ends: readonly AttemptEnd[]): unknown[][] {
  return [
    ends.map(({ runId }) => runId),
    ends.map(({ attempt }) => attempt),
    ends.map(({ nodeId }) => nodeId),
    ends.map(({ outcome }) => outcome),
    ends.map(({ failureCode }) => failureCode),
    ends.map(({ fault }) => fault),
    ends.map(({ scores }) => scores && JSON.stringify(scores)),
    ends.map(({ startedAt }) => startedAt),
    ends.map(({ imageDigest }) => imageDigest),
  ];
}
