import { STEPS, type StepTexts, stepRoom } from '../logs/held-logs.ts';
import type { EgressRules } from '../policy/egress-rules.ts';
import { choiceBits, contentBits, momentBits, scoreBits, sum } from './bits.ts';
import { CODE_COUNT, SENTENCE_COUNT } from './codes.ts';
import type { Column } from './columns.ts';

/** What may leave of a run that sees data of the site, and so what each way in which it may end costs. Fixed before its containers begin. */
export interface Costs {
  /** An outcome with scores: which kind of outcome, the scores, the moment. */
  readonly scores: number;
  /** An outcome with a code in their place. */
  readonly code: number;
  readonly logs: 'none' | 'codes' | 'scrubbed';
  /** Bytes of each step's text. */
  readonly logRoom: number;
  /** Bytes of the report; null when none may leave. */
  readonly reportRoom: number | null;
}

/** Scores or a code. */
const KIND_BITS = 1;

/** Besides their time limits: stopping containers, and looking through what they wrote. */
const AFTERWARDS_SECONDS = 60;

export function costsOf(
  columns: readonly Column[],
  rules: EgressRules,
  { stepSeconds, takesReport }: { readonly stepSeconds: number; readonly takesReport: boolean },
): Costs {
  const longestSeconds = 2 * (stepSeconds + AFTERWARDS_SECONDS);
  const moment = momentBits(longestSeconds, rules.timing.bucketSeconds);
  return {
    scores: sum([KIND_BITS, scoreBits(columns), moment]),
    code: sum([KIND_BITS, choiceBits(CODE_COUNT), moment]),
    logs: logClass(rules.logs),
    logRoom: stepRoom(rules.logBytes),
    reportRoom: takesReport && rules.reports !== 'no' ? rules.reportBytes : null,
  };
}

/** Beside scores or beside a code, logs cost the same. */
export function logBits({ logs, logRoom }: Costs, texts: StepTexts): number {
  switch (logs) {
    case 'none':
      return 0;
    case 'codes':
      // One of the sentences, or none.
      return sum(STEPS.map(() => choiceBits(SENTENCE_COUNT + 1)));
    case 'scrubbed':
      return sum(STEPS.map((step) => contentBits(Buffer.byteLength(texts[step]), logRoom)));
    default:
      return logs satisfies never;
  }
}

/** `report`: its bytes, null when the program made none. Only with scores; with a code there is no report, and nothing to tell by that. */
export function reportBits({ reportRoom }: Costs, report: Uint8Array | null): number {
  return reportRoom === null ? 0 : contentBits(report?.length ?? 0, reportRoom);
}

/** The most that a run under these costs can be charged. */
export function worstBits(costs: Costs): number {
  const { logs, logRoom, reportRoom } = costs;
  const text =
    logs === 'scrubbed'
      ? sum(STEPS.map(() => contentBits(logRoom, logRoom)))
      : logBits(costs, { prediction: '', scoring: '' });
  const report = reportRoom === null ? 0 : contentBits(reportRoom, reportRoom);
  return sum([Math.max(costs.scores + report, costs.code), text]);
}

/** Everything that programs print never leaves next to data of the site; a policy that says so cannot be read, and would not be followed. */
export function logClass(logs: EgressRules['logs']): Costs['logs'] {
  return logs === 'full' ? 'codes' : logs;
}
