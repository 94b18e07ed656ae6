import type { Fields } from './fields.ts';
import type { Bundle } from './model.ts';

type Settings = Pick<
  Bundle,
  | 'title'
  | 'description'
  | 'enableDetailedResults'
  | 'showDetailedResultsInSubmissionPanel'
  | 'showDetailedResultsInLeaderboard'
  | 'autoRunSubmissions'
  | 'canParticipantsMakeSubmissionsPublic'
  | 'makeProgramsAvailable'
  | 'makeInputDataAvailable'
  | 'allowRobotSubmissions'
  | 'queue'
>;

/** The keys of the root that have the same name and meaning in every version. */
export function readSettings(root: Fields): Settings {
  return {
    title: root.requiredText('title', { max: 256 }),
    description: root.text('description') ?? '',
    enableDetailedResults: root.flag('enable_detailed_results', false),
    showDetailedResultsInSubmissionPanel: root.flag('show_detailed_results_in_submission_panel', true),
    showDetailedResultsInLeaderboard: root.flag('show_detailed_results_in_leaderboard', true),
    autoRunSubmissions: root.flag('auto_run_submissions', true),
    canParticipantsMakeSubmissionsPublic: root.flag('can_participants_make_submissions_public', true),
    makeProgramsAvailable: root.flag('make_programs_available', false),
    makeInputDataAvailable: root.flag('make_input_data_available', false),
    allowRobotSubmissions: root.log.leniently(() => root.flag('allow_robot_submissions', false)),
    queue: readQueue(root),
  };
}

function readQueue(root: Fields): string | null {
  const queue = root.text('queue');
  if (queue !== null) root.name('queue', 'queue', queue);
  return queue;
}
