import { Scalar, stringify } from 'yaml';
import type { Bundle, BundlePhase, BundleText, FactSheetQuestion } from '../model.ts';
import { COMPETITION_FILE } from '../read-bundle.ts';
import { leaderboardEntry } from './leaderboards.ts';
import { type AddText, fileEntry, referenceEntry, solutionEntry, taskEntry } from './tasks.ts';
import { type Entry, entry } from './yaml-entry.ts';

/** A file of the archive that is not data: small, and in memory. */
export interface BundleTextFile {
  readonly name: string;
  readonly content: string;
}

/**
 * The opposite of `readBundle`: the files of a version 2 archive, `competition.yaml` among them, that read as this bundle again. The image and
 * the data that `path` references name are for the caller to add under these names. Keys of Weir's own are written where they say something;
 * other platforms ignore them.
 */
export function writeBundle(bundle: Bundle): BundleTextFile[] {
  const files: BundleTextFile[] = [textFile(bundle.terms), ...bundle.pages.map(textFile)];
  const addText: AddText = (name, content) => {
    files.push({ name, content });
    return name;
  };
  const yaml = stringify(rootEntry(bundle, addText), {
    version: '1.1',
    // An ordered map of ours is an ordinary mapping, not YAML 1.1's own type for one.
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !/:(omap|set)$/.test(tag.tag)),
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
  return [{ name: COMPETITION_FILE, content: escapeControls(yaml) }, ...files];
}

/** A reader takes a byte order mark at the beginning for none of the text. */
function textFile({ file, source }: BundleText): BundleTextFile {
  return { name: file, content: source.startsWith('\u{feff}') ? `\u{feff}${source}` : source };
}

function rootEntry(bundle: Bundle, addText: AddText): Entry {
  return entry({
    version: 2,
    weir_dump: bundle.isDump ? 1 : null,
    title: bundle.title,
    description: bundle.description || null,
    image: bundle.image,
    terms: bundle.terms.file,
    docker_image: bundle.dockerImage,
    competition_type: bundle.competitionType,
    registration_auto_approve: bundle.registrationAutoApprove,
    enable_detailed_results: bundle.enableDetailedResults,
    show_detailed_results_in_submission_panel: bundle.showDetailedResultsInSubmissionPanel,
    show_detailed_results_in_leaderboard: bundle.showDetailedResultsInLeaderboard,
    auto_run_submissions: bundle.autoRunSubmissions,
    can_participants_make_submissions_public: bundle.canParticipantsMakeSubmissionsPublic,
    make_programs_available: bundle.makeProgramsAvailable,
    make_input_data_available: bundle.makeInputDataAvailable,
    allow_robot_submissions: bundle.allowRobotSubmissions || null,
    forum_enabled: bundle.forumEnabled,
    reward: bundle.reward,
    contact_email: bundle.contactEmail,
    queue: bundle.queue,
    logs: bundle.logs,
    fact_sheet:
      bundle.factSheet.length === 0
        ? null
        : new Map(bundle.factSheet.map((question) => [quoted(question.key), questionEntry(question)])),
    required_attributes:
      bundle.requiredAttributes.length === 0
        ? null
        : bundle.requiredAttributes.map(({ name, values }) =>
            entry({ name, values: values.length === 0 ? null : [...values] }),
          ),
    pages: bundle.pages.map(({ title, file }) => entry({ title, file })),
    tasks: bundle.tasks.map((task) => taskEntry(task, addText)),
    solutions: bundle.solutions.length === 0 ? null : bundle.solutions.map(solutionEntry),
    phases: bundle.phases.map(phaseEntry),
    leaderboards: bundle.leaderboards.map(leaderboardEntry),
    weir_files: bundle.files.size === 0 ? null : [...bundle.files].map(fileEntry),
  });
}

/** A key that somebody chose: in quotes, as texts are, whatever it looks like. */
function quoted(key: string): Scalar<string> {
  const scalar = new Scalar(key);
  scalar.type = 'QUOTE_DOUBLE';
  return scalar;
}

/** Those that YAML does not take as they are and the library leaves alone. They can only be in texts, which all are in double quotes. */
function escapeControls(yaml: string): string {
  return yaml.replace(
    /[\u{7f}-\u{9f}\u{feff}\u{fffe}\u{ffff}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** All six keys, or Codabench refuses it; its two flags are text there. */
function questionEntry(question: FactSheetQuestion): Entry {
  return entry({
    key: question.key,
    type: question.type,
    title: question.title,
    selection: question.selection.length === 0 ? '' : question.selection,
    is_required: String(question.isRequired),
    is_on_leaderboard: String(question.isOnLeaderboard),
  });
}

function phaseEntry(phase: BundlePhase, index: number): Entry {
  const { resources } = phase;
  return entry({
    index,
    name: phase.name,
    description: phase.description || null,
    start: dateText(phase.start),
    end: phase.end && dateText(phase.end),
    // Zero lifts a limit; without the key there would be one.
    max_submissions_per_day: phase.maxSubmissionsPerDay ?? 0,
    max_submissions: phase.maxSubmissionsPerPerson ?? 0,
    max_submissions_per_month: phase.maxSubmissionsPerMonth,
    max_concurrent_submissions: phase.maxConcurrentSubmissions,
    keep_former_versions: phase.keepFormerVersions || null,
    execution_time_limit: phase.executionTimeLimit,
    auto_migrate_to_this_phase: phase.autoMigrateToThisPhase,
    hide_output: phase.hideOutput,
    hide_prediction_output: phase.hidePredictionOutput,
    hide_score_output: phase.hideScoreOutput,
    tasks: phase.tasks,
    leaderboard: phase.leaderboard || null,
    public_data: referenceEntry(phase.publicData),
    starting_kit: referenceEntry(phase.startingKit),
    resources:
      resources &&
      entry({
        memory: resources.memoryBytes && `${resources.memoryBytes}B`,
        cpus: resources.cpuMillis && resources.cpuMillis / 1_000,
        disk: resources.diskBytes && `${resources.diskBytes}B`,
        gpus: resources.gpus,
      }),
  });
}

/** Text, because Codabench keeps the time of day of text alone; to the millisecond, in UTC. */
function dateText(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}
