import type { Fields } from './fields.ts';
import type { Bundle } from './model.ts';

type Settings = Pick<
  Bundle,
  | 'title'
  | 'description'
  | 'competitionType'
  | 'enableDetailedResults'
  | 'showDetailedResultsInSubmissionPanel'
  | 'showDetailedResultsInLeaderboard'
  | 'autoRunSubmissions'
  | 'canParticipantsMakeSubmissionsPublic'
  | 'makeProgramsAvailable'
  | 'makeInputDataAvailable'
  | 'forumEnabled'
  | 'reward'
  | 'contactEmail'
  | 'queue'
>;

const COMPETITION_TYPES = ['competition', 'benchmark'] as const;

/** The keys of the root that have the same name and meaning in every version. */
export function readSettings(root: Fields): Settings {
  return {
    title: root.requiredText('title', { max: 256 }),
    description: root.text('description') ?? '',
    competitionType: root.choice('competition_type', COMPETITION_TYPES, 'competition'),
    enableDetailedResults: root.flag('enable_detailed_results', false),
    showDetailedResultsInSubmissionPanel: root.flag('show_detailed_results_in_submission_panel', true),
    showDetailedResultsInLeaderboard: root.flag('show_detailed_results_in_leaderboard', true),
    autoRunSubmissions: root.flag('auto_run_submissions', true),
    canParticipantsMakeSubmissionsPublic: root.flag('can_participants_make_submissions_public', true),
    makeProgramsAvailable: root.flag('make_programs_available', false),
    makeInputDataAvailable: root.flag('make_input_data_available', false),
    forumEnabled: root.flag('forum_enabled', true),
    reward: root.text('reward', { max: 256 }),
    contactEmail: readEmail(root),
    queue: root.text('queue'),
  };
}

function readEmail(root: Fields): string | null {
  const email = root.text('contact_email', { max: 256 });
  if (email !== null && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
    root.error(
      'contact_email',
      'not_an_email',
      `"${email}" is no e-mail address.`,
      'Write one address, such as name@example.org.',
    );
  }
  return email;
}
