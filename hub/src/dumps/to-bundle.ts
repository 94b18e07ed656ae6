import type {
  Bundle,
  BundlePhase,
  BundleResources,
  BundleSolution,
  BundleTask,
  SiteData,
} from '../bundles/model.ts';
import { toLeaderboard } from '../competitions/board-rows.ts';
import type { DumpFiles } from './files.ts';
import type { StoredCompetition, StoredTask } from './read-competition.ts';

/** A stored competition as the bundle of which it could have been made: the opposite of `insertCompetition`. */
export function toBundle(stored: StoredCompetition, files: DumpFiles): Bundle {
  const { competition, queueKey } = stored;
  const places = new Map(stored.tasks.map((task, place) => [task.id, place]));
  const bundle = {
    format: '2' as const,
    isDump: true,
    title: competition.title,
    description: competition.description,
    image: files.logo(competition.logoDigest, competition.logoMediaType),
    terms: { file: `terms.${extensionOf(competition.termsFormat)}`, source: competition.termsSource },
    dockerImage: competition.dockerImage,
    competitionType: competition.type,
    registrationAutoApprove: competition.registrationAutoApprove,
    enableDetailedResults: competition.enableDetailedResults,
    showDetailedResultsInSubmissionPanel: competition.showDetailedResultsInSubmissionPanel,
    showDetailedResultsInLeaderboard: competition.showDetailedResultsInLeaderboard,
    autoRunSubmissions: competition.autoRunSubmissions,
    canParticipantsMakeSubmissionsPublic: competition.canParticipantsMakeSubmissionsPublic,
    makeProgramsAvailable: competition.makeProgramsAvailable,
    makeInputDataAvailable: competition.makeInputDataAvailable,
    allowRobotSubmissions: competition.allowRobotSubmissions,
    forumEnabled: competition.forumEnabled,
    reward: competition.reward,
    contactEmail: competition.contactEmail,
    queue: queueKey,
    logs: competition.logLevel,
    factSheet: competition.factSheet ?? [],
    requiredAttributes: competition.requiredAttributes ?? [],
    pages: stored.pages.map(({ title, format, source }, index) => ({
      title,
      file: `pages/${index}.${extensionOf(format)}`,
      source,
    })),
    phases: stored.phases.map((phase) => toPhase(phase, stored, files, places)),
    tasks: stored.tasks.map((task, index) => toTask(task, index, stored, files)),
    solutions: toSolutions(stored, files, places),
    leaderboards: stored.leaderboards.map((board) =>
      toLeaderboard(
        board,
        stored.columns.filter(({ leaderboardId }) => leaderboardId === board.id),
      ),
    ),
  };
  return { ...bundle, files: files.descriptions };
}

const extensionOf = (format: 'markdown' | 'html') => (format === 'html' ? 'html' : 'md');

function toPhase(
  phase: StoredCompetition['phases'][number],
  { leaderboards, phaseTasks }: StoredCompetition,
  files: DumpFiles,
  places: ReadonlyMap<number, number>,
): BundlePhase {
  return {
    name: phase.name,
    description: phase.description,
    start: phase.startsAt,
    end: phase.endsAt,
    maxSubmissionsPerDay: phase.maxSubmissionsPerDay,
    maxSubmissionsPerMonth: phase.maxSubmissionsPerMonth,
    maxSubmissionsPerPerson: phase.maxSubmissionsPerPerson,
    maxConcurrentSubmissions: phase.maxConcurrentSubmissions,
    keepFormerVersions: phase.keepFormerVersions,
    executionTimeLimit: phase.executionTimeLimitSeconds,
    resources: toResources(phase),
    autoMigrateToThisPhase: phase.autoMigrateToThisPhase,
    hideOutput: phase.hideOutput,
    hidePredictionOutput: phase.hidePredictionOutput,
    hideScoreOutput: phase.hideScoreOutput,
    tasks: phaseTasks.filter(({ phaseId }) => phaseId === phase.id).map(({ taskId }) => places.get(taskId)!),
    leaderboard: leaderboards.findIndex(({ id }) => id === phase.leaderboardId),
    publicData: files.reference(phase.publicDataId),
    startingKit: files.reference(phase.startingKitId),
  };
}

function toResources({ memoryBytes, cpuMillis, diskBytes, gpus }: BundleResources): BundleResources | null {
  const resources = { memoryBytes, cpuMillis, diskBytes, gpus };
  return Object.values(resources).every((amount) => amount === null) ? null : resources;
}

/** A task of somebody who is no organizer of this competition is used by its key: its data are not theirs to take along. */
function toTask(
  task: StoredTask,
  index: number,
  { organizers }: StoredCompetition,
  files: DumpFiles,
): BundleTask {
  if (!organizers.has(task.createdBy)) return { kind: 'key', index, key: task.key };
  return {
    kind: 'new',
    index,
    name: task.name,
    description: task.description,
    ingestionOnlyDuringScoring: task.ingestionOnlyDuringScoring,
    scoringProgram: files.reference(task.scoringProgramId),
    ingestionProgram: files.reference(task.ingestionProgramId),
    inputData: files.reference(task.inputDataId),
    referenceData: files.reference(task.referenceDataId),
    siteData: toSiteData(task),
    attestations: task.attestations,
  };
}

function toSiteData(task: StoredTask): SiteData | null {
  const { siteDatasetName: name, siteDatasetVersion: version, siteRule: rule } = task;
  if (name === null || version === null || rule === null) return null;
  return { name, version, input: task.siteDatasetInput, reference: task.siteDatasetReference, rule };
}

/** One for each file, for all the tasks that it solves. */
function toSolutions(
  { solutions, resources }: StoredCompetition,
  files: DumpFiles,
  places: ReadonlyMap<number, number>,
): BundleSolution[] {
  const tasksOf = Map.groupBy(solutions, ({ resourceId }) => resourceId);
  return [...tasksOf].map(([resourceId, links], index): BundleSolution => {
    const { name, description } = resources.get(resourceId)!;
    const common = { index, name, description, tasks: links.map(({ taskId }) => places.get(taskId)!) };
    const data = files.reference(resourceId)!;
    return data.kind === 'key' ? { ...common, kind: 'key', key: data.key } : { ...common, kind: 'new', data };
  });
}
