import { FailureCode, RefusalCode } from '@weir/proto/node/v1';

/** Everything that can leave in the place of scores: the codes of the contract, all of them, and "cancelled". */
export const CODE_COUNT = namesOf(FailureCode).length + namesOf(RefusalCode).length + 1;

/** What people at the site read in the ledger. */
export function codeName(result: {
  readonly kind: 'failure' | 'refusal';
  readonly code: FailureCode | RefusalCode;
}): string {
  return result.kind === 'failure'
    ? `failure:${FailureCode[result.code] ?? result.code}`
    : `refusal:${RefusalCode[result.code] ?? result.code}`;
}

/** The log class `codes`: what happened in a step, in one of these sentences. No number and no word of a program is in them. */
export const SENTENCES = {
  'not-reached': 'This step was not reached.',
  'nothing-to-run': 'This step had no program to run.',
  completed: 'The programs of this step ended by themselves, with exit code 0.',
  'exit-code': 'A program of this step ended with an exit code other than 0.',
  'time-limit': 'This step was stopped at its time limit.',
  'memory-limit': 'This step was stopped at its memory limit.',
  'disk-limit': 'This step was stopped at its disk limit.',
  'output-refused': 'What this step wrote could not be taken.',
  failed: 'This step failed for a reason that is not in the programs.',
} as const;

export type StepSentence = keyof typeof SENTENCES;

export const SENTENCE_COUNT = Object.keys(SENTENCES).length;

function namesOf(codes: object): string[] {
  return Object.keys(codes).filter((name) => Number.isNaN(Number(name)) && name !== 'UNSPECIFIED');
}
