import type { FactSheetQuestion } from '../bundles/model.ts';
import type { BoardDetail, CompetitionDetail, PhaseDetail } from '../competitions/detail.ts';
import type { ReachedCompetition } from '../competitions/gate.ts';
import type { CompetitionCard } from '../competitions/listing.ts';
import type { OpenFile, WrittenCompetition } from '../competitions/written.ts';
import type { ColumnView } from '../leaderboards/column-view.ts';

type FileUrl = (path: string) => string;

export function toListItem(card: CompetitionCard, fileUrl: FileUrl) {
  const logo = card.logoUrl && fileUrl(card.logoUrl);
  return {
    id: card.id,
    title: card.title,
    created_by: card.createdBy,
    owner_display_name: card.organizer,
    created_when: card.createdAt,
    published: card.state !== 'draft',
    participants_count: card.participantCount,
    submissions_count: card.submissionCount,
    logo,
    logo_icon: logo,
    description: card.description,
    competition_type: card.type,
    reward: card.reward,
    contact_email: null,
    report: null,
    is_featured: false,
  };
}

/** What the asker has used of a phase's limits. */
export interface Usage {
  readonly usedToday: number;
  readonly usedInAll: number;
}

/** @param usage of each phase, by its id */
export function toCompetition(
  detail: CompetitionDetail,
  {
    settings,
    written,
    usage,
    fileUrl,
  }: {
    settings: ReachedCompetition['competition'];
    written: WrittenCompetition;
    usage: ReadonlyMap<number, Usage>;
    fileUrl: FileUrl;
  },
) {
  const logo = detail.logoUrl && fileUrl(detail.logoUrl);
  return {
    id: detail.id,
    title: detail.title,
    published: detail.published,
    ...(detail.secretKey === null ? {} : { secret_key: detail.secretKey }),
    created_by: detail.createdBy,
    owner_display_name: detail.organizer,
    created_when: detail.createdAt,
    logo,
    logo_icon: logo,
    terms: written.terms,
    description: detail.description,
    competition_type: detail.type,
    reward: detail.reward,
    contact_email: detail.contactEmail,
    report: null,
    docker_image: detail.dockerImage,
    pages: detail.pages.map(({ id, title, html }, index) => ({
      id,
      index,
      title,
      content: written.pages.get(id) ?? '',
      html,
    })),
    phases: detail.phases.map((phase) => ({
      ...toPhaseDetail(phase, detail.phases, { written, fileUrl }),
      used_submissions_per_day: usage.get(phase.id)?.usedToday ?? 0,
      used_submissions_per_person: usage.get(phase.id)?.usedInAll ?? 0,
    })),
    leaderboards: detail.leaderboards.map(toBoard),
    collaborators: written.collaborators.map(({ id, username }) => ({ id, name: username, username })),
    participant_status: detail.my?.status ?? null,
    registration_auto_approve: detail.registrationAutoApprove,
    participants_count: detail.participantCount,
    submissions_count: detail.submissionCount,
    admin: detail.canManage,
    queue: null,
    ...(detail.canManage ? { whitelist_emails: [] } : {}),
    fact_sheet: detail.factSheet && toFactSheet(detail.factSheet),
    enable_detailed_results: settings.enableDetailedResults,
    show_detailed_results_in_submission_panel: settings.showDetailedResultsInSubmissionPanel,
    show_detailed_results_in_leaderboard: settings.showDetailedResultsInLeaderboard,
    auto_run_submissions: settings.autoRunSubmissions,
    can_participants_make_submissions_public: settings.canParticipantsMakeSubmissionsPublic,
    make_programs_available: settings.makeProgramsAvailable,
    make_input_data_available: settings.makeInputDataAvailable,
    allow_robot_submissions: settings.allowRobotSubmissions,
    forum_enabled: settings.forumEnabled,
    is_featured: false,
  };
}

/** Questions by their keys; yes and no are text there. */
function toFactSheet(questions: readonly FactSheetQuestion[]) {
  return Object.fromEntries(
    questions.map(({ key, type, title, selection, isRequired, isOnLeaderboard }) => [
      key,
      {
        key,
        type,
        title,
        selection,
        is_required: String(isRequired),
        is_on_leaderboard: String(isOnLeaderboard),
      },
    ]),
  );
}

/** A board without its entries. */
export function toBoard({ id, title, key, hidden, submissionRule, columns }: BoardDetail) {
  const primary_index = columns.find(({ isPrimary }) => isPrimary)?.index ?? 0;
  return {
    id,
    title,
    key,
    primary_index,
    hidden,
    submission_rule: submissionRule,
    columns: columns.map(toColumn),
  };
}

export function toColumn(column: ColumnView) {
  const { id, index, key, title, sorting, precision, hidden, computation, computationIndexes } = column;
  // Indexes are text there.
  const computation_indexes = computationIndexes?.map(String) ?? null;
  return { id, index, key, title, sorting, precision, hidden, computation, computation_indexes };
}

const PHASE_STATUS = { upcoming: 'Next', open: 'Current', closed: 'Previous' } as const;

function toPhaseSettings(phase: PhaseDetail, all: readonly PhaseDetail[]) {
  return {
    id: phase.id,
    index: phase.index,
    name: phase.name,
    description: phase.description,
    start: phase.startsAt,
    end: phase.endsAt,
    status: PHASE_STATUS[phase.state],
    is_final_phase: phase.id === all.at(-1)?.id,
    max_submissions_per_day: phase.maxSubmissionsPerDay,
    max_submissions_per_person: phase.maxSubmissionsPerPerson,
    has_max_submissions: phase.maxSubmissionsPerDay !== null || phase.maxSubmissionsPerPerson !== null,
    execution_time_limit: phase.executionTimeLimitSeconds,
    auto_migrate_to_this_phase: phase.autoMigrateToThisPhase,
    hide_output: phase.hideOutput,
    hide_prediction_output: phase.hidePredictionOutput,
    hide_score_output: phase.hideScoreOutput,
    leaderboard: phase.leaderboardId,
  };
}

/** A phase inside its competition: its tasks and files as objects. */
export function toPhaseDetail(
  phase: PhaseDetail,
  all: readonly PhaseDetail[],
  { written, fileUrl }: { written: WrittenCompetition; fileUrl: FileUrl },
) {
  const fileOf = (kind: string) => {
    const file = phase.files.find((file) => file.kind === kind);
    return file
      ? {
          id: written.phaseFiles.get(file.key),
          key: file.key,
          value: file.key,
          name: file.name,
          file_name: file.name,
          file_size: file.size,
          url: fileUrl(file.url),
        }
      : null;
  };
  return {
    ...toPhaseSettings(phase, all),
    tasks: phase.tasks.map((task, index) => ({
      id: task.id,
      key: task.key,
      value: task.key,
      name: task.name,
      description: task.description,
      task: task.key,
      phase: phase.id,
      order_index: index,
      created_when: written.tasks.get(task.id)?.createdAt ?? null,
      solutions: written.tasks.get(task.id)?.solutions.map(toSolution) ?? [],
      public_datasets: written.tasks.get(task.id)?.files.map(toOpenFile) ?? [],
    })),
    public_data: fileOf('public_data'),
    starting_kit: fileOf('starting_kit'),
  };
}

/** A phase by itself: its tasks by their keys, its files by their numbers. */
export function toPhase(
  phase: PhaseDetail,
  { id, phases }: Pick<CompetitionDetail, 'id' | 'phases'>,
  { phaseFiles }: WrittenCompetition,
) {
  const idOf = (kind: string) =>
    phaseFiles.get(phase.files.find((file) => file.kind === kind)?.key ?? '') ?? null;
  return {
    ...toPhaseSettings(phase, phases),
    competition: id,
    tasks: phase.tasks.map(({ key }) => key),
    public_data: idOf('public_data'),
    starting_kit: idOf('starting_kit'),
  };
}

function toSolution({ key, name, description, md5, size }: OpenFile) {
  return { key, name, description, data: key, md5, size, tasks: [] };
}

function toOpenFile(file: OpenFile) {
  return {
    id: file.id,
    key: file.key,
    value: file.key,
    type: file.type,
    name: file.name,
    description: file.description,
    is_public: file.isPublic,
    file_name: file.fileName,
    file_size: file.size,
    created_by: file.owner,
    owner_display_name: file.owner,
    created_when: file.createdAt,
  };
}
