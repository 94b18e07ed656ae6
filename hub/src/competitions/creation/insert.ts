import type { Bundle, BundleTask, DataReference, NewTask } from '../../bundles/model.ts';
import type { Queries, Transaction } from '../../db/database.ts';
import type { Resources, ResourceType } from '../../resources/service.ts';
import type { StoredBlob } from '../../storage/blob-store.ts';
import { boardValues, columnValues } from '../board-rows.ts';
import {
  columns,
  competitions,
  leaderboards,
  pages,
  phases,
  phaseTasks,
  solutions,
  tasks,
} from '../schema.ts';
import type { Content } from './content.ts';
import type { StoredData } from './data.ts';
import type { References } from './references.ts';

/** All that a competition is made of, with its blobs stored and its references found. */
export interface Ingredients {
  readonly bundle: Bundle;
  readonly createdBy: number;
  readonly content: Content;
  readonly logo: { readonly blob: StoredBlob; readonly type: string } | null;
  readonly data: ReadonlyMap<string, StoredData>;
  readonly references: References;
}

/** Inserts the whole competition, unpublished. */
export async function insertCompetition(
  tx: Transaction,
  resources: Pick<Resources, 'add'>,
  ingredients: Ingredients,
): Promise<number> {
  const { queries } = tx;
  const { bundle } = ingredients;
  const competitionId = await insertSettings(queries, ingredients);
  await insertPages(queries, competitionId, ingredients.content);
  const leaderboardIds = await insertLeaderboards(queries, competitionId, bundle);
  const resourceIdOf = resourceFactory(queries, resources, ingredients);
  const taskIds = new Map<number, number>();
  for (const task of bundle.tasks) {
    taskIds.set(task.index, await taskIdOf(queries, task, ingredients, resourceIdOf));
  }
  await insertPhases(queries, { competitionId, leaderboardIds, bundle, taskIds, resourceIdOf });
  await insertSolutions(queries, bundle, taskIds, resourceIdOf);
  return competitionId;
}

async function insertSettings(
  queries: Queries,
  { bundle, createdBy, content, logo, references }: Ingredients,
): Promise<number> {
  const [competition] = await queries
    .insert(competitions)
    .values({
      title: bundle.title,
      description: bundle.description,
      createdBy,
      type: bundle.competitionType,
      dockerImage: bundle.dockerImage,
      logoDigest: logo?.blob.digest ?? null,
      logoMediaType: logo?.type ?? null,
      termsFormat: content.terms.format,
      termsSource: content.terms.source,
      termsHtml: content.terms.html,
      reward: bundle.reward,
      contactEmail: bundle.contactEmail,
      registrationAutoApprove: bundle.registrationAutoApprove,
      enableDetailedResults: bundle.enableDetailedResults,
      showDetailedResultsInSubmissionPanel: bundle.showDetailedResultsInSubmissionPanel,
      showDetailedResultsInLeaderboard: bundle.showDetailedResultsInLeaderboard,
      autoRunSubmissions: bundle.autoRunSubmissions,
      canParticipantsMakeSubmissionsPublic: bundle.canParticipantsMakeSubmissionsPublic,
      makeProgramsAvailable: bundle.makeProgramsAvailable,
      makeInputDataAvailable: bundle.makeInputDataAvailable,
      allowRobotSubmissions: bundle.allowRobotSubmissions,
      forumEnabled: bundle.forumEnabled,
      logLevel: bundle.logs ?? 'full',
      factSheet: bundle.factSheet.length > 0 ? bundle.factSheet : null,
      requiredAttributes: bundle.requiredAttributes.length > 0 ? bundle.requiredAttributes : null,
      queueId: references.queueId,
    })
    .returning({ id: competitions.id });
  return competition!.id;
}

async function insertPages(queries: Queries, competitionId: number, content: Content): Promise<void> {
  if (content.pages.length === 0) return;
  await queries.insert(pages).values(content.pages.map((page, index) => ({ competitionId, index, ...page })));
}

/** @returns their ids, in the bundle's order */
async function insertLeaderboards(
  queries: Queries,
  competitionId: number,
  bundle: Bundle,
): Promise<number[]> {
  const inserted = await queries
    .insert(leaderboards)
    .values(bundle.leaderboards.map((board, index) => ({ ...boardValues(board), competitionId, index })))
    .returning({ id: leaderboards.id });
  await queries
    .insert(columns)
    .values(
      bundle.leaderboards.flatMap((board, place) =>
        board.columns.map((column) => ({ ...columnValues(column), leaderboardId: inserted[place]!.id })),
      ),
    );
  return inserted.map(({ id }) => id);
}

type ResourceIdOf = (
  reference: DataReference | null,
  type: ResourceType,
  description?: { name?: string; description?: string },
) => Promise<number | null>;

/** One resource for each path and type, however many tasks and phases name it. */
function resourceFactory(
  queries: Queries,
  resources: Pick<Resources, 'add'>,
  { bundle, createdBy, data, references }: Ingredients,
): ResourceIdOf {
  const made = new Map<string, number>();
  return async (reference, type, description) => {
    if (reference === null) return null;
    if (reference.kind === 'key') return references.resources.get(reference.key)!;
    const known = made.get(`${type} ${reference.path}`);
    if (known !== undefined) return known;
    const { blob, fileName } = data.get(reference.path)!;
    const described = { ...bundle.files.get(reference.path), ...description };
    const resource = {
      type,
      name: described.name ?? `${bundle.title}: ${reference.path || 'all'}`,
      fileName: described.fileName ?? fileName,
      description: described.description ?? '',
      createdBy,
    };
    const { id } = await resources.add(queries, resource, blob);
    made.set(`${type} ${reference.path}`, id);
    return id;
  };
}

async function taskIdOf(
  queries: Queries,
  task: BundleTask,
  { createdBy, references }: Ingredients,
  resourceIdOf: ResourceIdOf,
): Promise<number> {
  if (task.kind === 'key') return references.tasks.get(task.key)!;
  const [inserted] = await queries
    .insert(tasks)
    .values({
      name: task.name,
      description: task.description,
      createdBy,
      scoringProgramId: await resourceIdOf(task.scoringProgram, 'scoring_program'),
      ingestionProgramId: await resourceIdOf(task.ingestionProgram, 'ingestion_program'),
      inputDataId: await resourceIdOf(task.inputData, 'input_data'),
      referenceDataId: await resourceIdOf(task.referenceData, 'reference_data'),
      ingestionOnlyDuringScoring: task.ingestionOnlyDuringScoring,
      ...siteDatasetOf(task),
      attestations: task.attestations,
    })
    .returning({ id: tasks.id });
  return inserted!.id;
}

function siteDatasetOf({ siteData }: NewTask) {
  return {
    siteDatasetName: siteData?.name ?? null,
    siteDatasetVersion: siteData?.version ?? null,
    siteDatasetInput: siteData?.input ?? false,
    siteDatasetReference: siteData?.reference ?? false,
    siteRule: siteData?.rule ?? null,
  };
}

async function insertPhases(
  queries: Queries,
  {
    competitionId,
    leaderboardIds,
    bundle,
    taskIds,
    resourceIdOf,
  }: {
    competitionId: number;
    leaderboardIds: readonly number[];
    bundle: Bundle;
    taskIds: ReadonlyMap<number, number>;
    resourceIdOf: ResourceIdOf;
  },
): Promise<void> {
  for (const [index, phase] of bundle.phases.entries()) {
    const [inserted] = await queries
      .insert(phases)
      .values({
        competitionId,
        leaderboardId: leaderboardIds[phase.leaderboard]!,
        index,
        name: phase.name,
        description: phase.description,
        startsAt: phase.start,
        endsAt: phase.end,
        maxSubmissionsPerDay: phase.maxSubmissionsPerDay,
        maxSubmissionsPerMonth: phase.maxSubmissionsPerMonth,
        maxSubmissionsPerPerson: phase.maxSubmissionsPerPerson,
        maxConcurrentSubmissions: phase.maxConcurrentSubmissions,
        keepFormerVersions: phase.keepFormerVersions,
        executionTimeLimitSeconds: phase.executionTimeLimit,
        ...phase.resources,
        autoMigrateToThisPhase: phase.autoMigrateToThisPhase,
        hideOutput: phase.hideOutput,
        hidePredictionOutput: phase.hidePredictionOutput,
        hideScoreOutput: phase.hideScoreOutput,
        publicDataId: await resourceIdOf(phase.publicData, 'public_data'),
        startingKitId: await resourceIdOf(phase.startingKit, 'starting_kit'),
      })
      .returning({ id: phases.id });
    const ids = [...new Set(phase.tasks.map((task) => taskIds.get(task)!))];
    await queries
      .insert(phaseTasks)
      .values(ids.map((taskId, place) => ({ phaseId: inserted!.id, taskId, index: place })));
  }
}

async function insertSolutions(
  queries: Queries,
  bundle: Bundle,
  taskIds: ReadonlyMap<number, number>,
  resourceIdOf: ResourceIdOf,
): Promise<void> {
  for (const solution of bundle.solutions) {
    const reference: DataReference =
      solution.kind === 'new' ? solution.data : { kind: 'key', key: solution.key };
    const described = {
      ...(solution.name !== null && { name: solution.name }),
      ...(solution.description !== '' && { description: solution.description }),
    };
    const resourceId = (await resourceIdOf(reference, 'solution', described))!;
    await queries
      .insert(solutions)
      .values(solution.tasks.map((task) => ({ taskId: taskIds.get(task)!, resourceId })))
      .onConflictDoNothing();
  }
}
