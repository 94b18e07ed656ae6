import { FailureCode } from '@weir/proto/node/v1';
import type { StepTimes } from '../contract/metadata.ts';
import type { StepFailure } from '../contract/result.ts';
import type { StepSentence } from '../egress/codes.ts';

/** What is said of a step that came to its end. */
export function sentenceOfTimes({ exitCode, ingestionExitCode }: StepTimes): StepSentence {
  if (exitCode === null && ingestionExitCode === null) return 'nothing-to-run';
  return (exitCode ?? 0) === 0 && (ingestionExitCode ?? 0) === 0 ? 'completed' : 'exit-code';
}

/** What is said of a step that did not. Where a code says more, it is in the outcome. */
export function sentenceOfFailure(failure: StepFailure): StepSentence {
  if (failure.kind === 'cancelled') return 'failed';
  switch (failure.failure) {
    case FailureCode.PREDICTION_TIME_LIMIT:
    case FailureCode.SCORING_TIME_LIMIT:
      return 'time-limit';
    case FailureCode.PREDICTION_MEMORY_LIMIT:
    case FailureCode.SCORING_MEMORY_LIMIT:
      return 'memory-limit';
    case FailureCode.PREDICTION_DISK_LIMIT:
    case FailureCode.SCORING_DISK_LIMIT:
      return 'disk-limit';
    case FailureCode.SCORING_FAILED:
      return 'exit-code';
    case FailureCode.PREDICTION_RESERVED_NAME:
    case FailureCode.PREDICTION_OUTPUT_REFUSED:
    case FailureCode.SCORING_RESERVED_NAME:
    case FailureCode.SCORES_MISSING:
    case FailureCode.SCORES_UNREADABLE:
    case FailureCode.SCORES_OUT_OF_RANGE:
      return 'output-refused';
    default:
      return 'failed';
  }
}
