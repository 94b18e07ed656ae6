import type { Fields } from '../fields.ts';
import type { BundleColumn, BundleLeaderboard, BundlePhase, SubmissionRule, TASK_RULES } from '../model.ts';

interface Board {
  readonly submissionRule: SubmissionRule;
  readonly taskRule: (typeof TASK_RULES)[number];
  readonly primaryIndex: number;
  readonly columns: readonly BundleColumn[];
}

/** Scores are kept with ten decimals. */
const SMALLEST_STEP = 1e-10;
const LARGEST_STEP = 1e9;

/**
 * `ladder_step`, a key of Weir's own. It promises that little is learnt of the scores, so what does not go with it keeps the bundle out.
 */
export function readLadderStep(
  board: Fields,
  { submissionRule, taskRule, primaryIndex, columns }: Board,
): number | null {
  const key = 'ladder_step';
  const step = board.number(key);
  if (step === null) return null;
  if (!(step >= SMALLEST_STEP && step <= LARGEST_STEP)) {
    const message = `"${key}" is ${step}; it must lie between ${SMALLEST_STEP} and ${LARGEST_STEP}.`;
    board.error(
      key,
      'number_out_of_range',
      message,
      'Write by how much a score must be better, such as 0.01.',
    );
  }
  if (submissionRule !== 'Force_Best') {
    const message = `"${key}" shows the best of each participant, and "submission_rule" is "${submissionRule}".`;
    board.error(key, 'ladder_rule', message, 'Write "submission_rule: Force_Best".');
  }
  const primary = columns.find(({ index }) => index === primaryIndex)?.computation?.kind;
  if (primary === 'avg_rank' || primary === 'mrr' || taskRule === 'average_rank') {
    const message = `"${key}" needs a score that ranks; ranks change with what others enter.`;
    board.error(key, 'ladder_by_rank', message, 'Rank by a score.');
  }
  return step;
}

/** The outputs of a scoring program say what its scores do. */
export function hideOutputsOnLadders(
  root: Fields,
  phases: readonly BundlePhase[],
  boards: readonly BundleLeaderboard[],
): BundlePhase[] {
  return phases.map((phase) => {
    const onLadder = (boards[phase.leaderboard]?.ladderStep ?? null) !== null;
    if (!onLadder || phase.hideOutput) return phase;
    const message = `The outputs of the phase "${phase.name}" are hidden: they would tell the scores that "ladder_step" keeps back.`;
    root.note('phases', 'outputs_hidden', message, 'Write "hide_output: true" to say so.');
    return { ...phase, hideOutput: true };
  });
}
