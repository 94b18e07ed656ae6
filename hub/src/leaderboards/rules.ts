import type { submissionRule } from '../competitions/schema.ts';

export type SubmissionRule = (typeof submissionRule.enumValues)[number];

/**
 * What enters a board by itself when a submission gets its scores:
 * - `latest`: the owner's most recent scored submission, in place of the one before. Recent by when it was submitted, so that an older
 *   one that finishes late changes nothing.
 * - `every`: each scored submission.
 * - `best`: the owner's best one by the board's order; of equals, the older.
 */
export type Automatic = 'latest' | 'every' | 'best';

interface Rule {
  readonly automatic: Automatic | null;
  /** One owner may have several entries in a phase. */
  readonly several: boolean;
  /** Owners may take their entries off again. */
  readonly removable: boolean;
  /** For people. */
  readonly sentence: string;
}

/** Codabench's six rules. */
export const RULES: Readonly<Record<SubmissionRule, Rule>> = {
  Add: {
    automatic: null,
    several: false,
    removable: false,
    sentence: 'You choose one submission for the board; choosing another replaces it.',
  },
  Add_And_Delete: {
    automatic: null,
    several: false,
    removable: true,
    sentence: 'You choose one submission for the board and may take it off again.',
  },
  Add_And_Delete_Multiple: {
    automatic: null,
    several: true,
    removable: true,
    sentence: 'You choose which of your submissions are on the board.',
  },
  Force_Last: {
    automatic: 'latest',
    several: false,
    removable: false,
    sentence: 'Your latest scored submission is on the board.',
  },
  Force_Latest_Multiple: {
    automatic: 'every',
    several: true,
    removable: false,
    sentence: 'All your scored submissions are on the board.',
  },
  Force_Best: {
    automatic: 'best',
    several: false,
    removable: false,
    sentence: 'Your best submission is on the board.',
  },
};

/** In what role somebody moves an entry by hand. The strongest role that a person has counts. */
export type Mover = 'owner' | 'organizer' | 'admin';

/** Automatic boards are the rule's alone: there, even organizers cannot move entries. */
export function mayPut(rule: SubmissionRule, mover: Mover): boolean {
  return mover === 'admin' || RULES[rule].automatic === null;
}

export function mayTakeOff(rule: SubmissionRule, mover: Mover): boolean {
  if (mover === 'admin') return true;
  if (RULES[rule].automatic !== null) return false;
  return mover === 'organizer' || RULES[rule].removable;
}

/** The place of an entry among its owner's: entries of the same slot replace each other. */
export function slotOf(rule: SubmissionRule, submissionId: number): number {
  return RULES[rule].several ? submissionId : 0;
}
