import type { Fields } from '../fields.ts';

const RULE =
  'Set the rule of the leaderboard to Force_Last or Force_Best in the portal, or write "submission_rule" in version 2.';
const LIMITS_OF_THE_HUB = 'The limits of this hub hold.';
const TEAMS = 'Participants submit for themselves.';

/** What CodaLab had and takes no part here, with what holds in its place. Codabench drops all of it without a word. */
const OF_ROOT: Readonly<Record<string, string>> = {
  force_submission_to_leaderboard: RULE,
  force_best_submission_to_leaderboard: RULE,
  disallow_leaderboard_modifying: 'The rule of the leaderboard decides who may move entries.',
  admin_names: 'Add the other organizers in the portal.',
  allow_teams: TEAMS,
  enable_teams: TEAMS,
  require_team_approval: TEAMS,
  max_submission_size: LIMITS_OF_THE_HUB,
  participant_max_storage_use: LIMITS_OF_THE_HUB,
  delete_submissions_except_best_and_last: 'All submissions are kept.',
  hide_top_three: 'The whole leaderboard is shown.',
  hide_chart: 'There is no chart.',
  default_docker_image: 'Write "competition_docker_image".',
};

const OF_PHASE: Readonly<Record<string, string>> = {
  is_scoring_only: 'Say in the pages that results are to be submitted, not code.',
  leaderboard_management_mode: 'Hide the leaderboard in the portal, if it is to be hidden.',
  datasets: 'Link to the data from a page, or add them as "public_data".',
  phase_never_ends: 'It ends a day before the next phase starts; set another end in the portal.',
  hidden_columns: 'Columns are hidden in all phases, with "hidden", or in none.',
  force_best_submission_to_leaderboard: RULE,
  max_submission_size: LIMITS_OF_THE_HUB,
  delete_submissions_except_best_and_last: 'All submissions are kept.',
  default_docker_image: 'One image, that of the competition, serves all programs.',
  scoring_program_docker_image: 'One image, that of the competition, serves all programs.',
  ingestion_program_docker_image: 'One image, that of the competition, serves all programs.',
};

const OF_COLUMN: Readonly<Record<string, string>> = {
  selection_default: 'The leaderboard is sorted by its first column.',
};

/** Says of each key of CodaLab's that is not taken over what to do instead. Switches that are off need no words. */
export function noteLeftOut(fields: Fields, of: 'root' | 'phase' | 'column'): void {
  for (const [key, cure] of Object.entries({ root: OF_ROOT, phase: OF_PHASE, column: OF_COLUMN }[of])) {
    const node = fields.findValue(key);
    if (node === undefined || (node.kind === 'boolean' && !node.value)) continue;
    fields.note(
      key,
      'key_not_taken_over',
      `"${key}" of CodaLab has no counterpart here and is ignored.`,
      cure,
    );
  }
}
