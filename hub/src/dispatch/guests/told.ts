import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { FailureCode, type Outcome, OutcomeSchema, RefusalCode } from '@weir/proto/node/v1';
import type { runState } from '../schema.ts';

export type RunStateName = (typeof runState.enumValues)[number];

/** A run that is over, as its row says. */
export interface EndedRun {
  readonly state: RunStateName;
  readonly failureCode: string | null;
  readonly scores: Readonly<Record<string, number>> | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly imageDigest: string | null;
  readonly receipt: string | null;
}

/**
 * What is told the hub that the run belongs to, in the words in which nodes report: null while the run is not over. Codes of this hub's own (a lease lost
 * too often, a node revoked) are an interruption at the site, as seen from there.
 */
export function toOutcome(run: EndedRun): Outcome | null {
  const common = {
    ...(run.startedAt && { startedAt: timestampFromDate(run.startedAt) }),
    ...(run.finishedAt && { finishedAt: timestampFromDate(run.finishedAt) }),
    imageDigest: run.imageDigest ?? '',
  };
  switch (run.state) {
    case 'finished': {
      const receipt = new TextEncoder().encode(run.receipt ?? '');
      const value = { values: { ...run.scores } };
      return create(OutcomeSchema, { ...common, receipt, result: { case: 'scores', value } });
    }
    case 'refused': {
      const code = RefusalCode[nameOf(run.failureCode, /^refused_/) as keyof typeof RefusalCode];
      return create(OutcomeSchema, {
        ...common,
        result: { case: 'refusal', value: { code: code ?? RefusalCode.NO_POLICY } },
      });
    }
    case 'failed':
    case 'cancelled': {
      const code = FailureCode[nameOf(run.failureCode, /^/) as keyof typeof FailureCode];
      return create(OutcomeSchema, {
        ...common,
        result: { case: 'failure', value: { code: code ?? FailureCode.NODE_INTERRUPTED } },
      });
    }
    default:
      return null;
  }
}

function nameOf(code: string | null, prefix: RegExp): string {
  return (code ?? '').replace(prefix, '').toUpperCase();
}
