import { inWords, type RequiredAttribute } from '../accounts/required-attributes.ts';
import type { FactSheetQuestion, SubmissionRule } from '../bundles/model.ts';
import { DEFAULT_SITE_RULE } from '../bundles/site-rule.ts';
import type { Queries } from '../db/database.ts';
import { goesBy } from '../dispatch/asked-sites.ts';
import { type ColumnView, toColumnView } from '../leaderboards/column-view.ts';
import { ruleInWords } from '../submissions/many-sites/rule-in-words.ts';
import type { CompetitionAccess, ParticipantStatus } from './access.ts';
import type { ReachedCompetition } from './gate.ts';
import type { columns } from './schema.ts';
import { type CompetitionState, type PhaseState, stateOfPhase } from './state.ts';
import {
  countsOf,
  findCollaborators,
  findLeaderboards,
  findPages,
  findPhases,
  findSitesHolding,
  findTasks,
} from './store.ts';

/** Everything that a competition's page shows. */
export interface CompetitionDetail {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly type: 'competition' | 'benchmark';
  readonly logoUrl: string | null;
  /** Display name, or else username, of who made it. */
  readonly organizer: string;
  readonly createdBy: string;
  /** Login names of those who organize it beside whoever made it. */
  readonly collaborators: string[];
  readonly reward: string | null;
  readonly contactEmail: string | null;
  readonly state: CompetitionState;
  readonly published: boolean;
  readonly dockerImage: string;
  readonly createdAt: Date;
  readonly pages: { id: number; title: string; html: string }[];
  readonly termsHtml: string;
  readonly termsVersion: number;
  readonly registrationAutoApprove: boolean;
  readonly phases: PhaseDetail[];
  readonly leaderboards: BoardDetail[];
  readonly factSheet: FactSheetQuestion[] | null;
  /** What has to be vouched for about whoever takes part, and the same in words. */
  readonly requiredAttributes: (RequiredAttribute & { readonly inWords: string })[];
  readonly participantCount: number;
  readonly submissionCount: number;
  /** Of these, finished ones that everybody who sees the competition may look at. */
  readonly publicSubmissionCount: number;
  readonly canManage: boolean;
  readonly my: { status: ParticipantStatus | null; acceptedTermsVersion: number | null } | null;
  /** For organizers alone. */
  readonly secretKey: string | null;
}

export interface BoardDetail {
  readonly id: number;
  readonly title: string;
  readonly key: string;
  /** Only organizers see it. */
  readonly hidden: boolean;
  readonly submissionRule: SubmissionRule;
  readonly columns: ColumnDetail[];
}

export interface PhaseDetail {
  readonly id: number;
  readonly index: number;
  readonly name: string;
  readonly description: string;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
  readonly state: PhaseState;
  readonly maxSubmissionsPerDay: number | null;
  readonly maxSubmissionsPerMonth: number | null;
  readonly maxSubmissionsPerPerson: number | null;
  readonly maxConcurrentSubmissions: number | null;
  readonly executionTimeLimitSeconds: number;
  readonly autoMigrateToThisPhase: boolean;
  readonly hideOutput: boolean;
  readonly hidePredictionOutput: boolean;
  readonly hideScoreOutput: boolean;
  readonly leaderboardId: number;
  readonly tasks: TaskDetail[];
  readonly files: {
    kind: 'public_data' | 'starting_kit';
    key: string;
    name: string;
    size: number;
    url: string;
  }[];
}

export interface TaskDetail {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly description: string;
  /** NAME@VERSION */
  readonly siteDataset: string | null;
  /** How the scores of its sites become one, for people; null without a site dataset. */
  readonly siteRule: string | null;
  /** Those that hold the dataset and are asked. */
  readonly sites: { name: string; title: string; online: boolean; sharesScores: boolean }[];
}

export interface ColumnDetail extends ColumnView {
  readonly declared: DeclaredScore | null;
}

/** What a site's gate holds a score to. */
export interface DeclaredScore {
  readonly type: 'decimal' | 'integer' | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly decimals: number | null;
  readonly minCases: number;
}

export async function readDetail(
  queries: Queries,
  { competition, access }: ReachedCompetition,
  { isAnonymous, secretKey }: { isAnonymous: boolean; secretKey: string | null },
): Promise<CompetitionDetail> {
  const { id } = competition;
  const [pages, phases, leaderboards, counts, collaborators] = await Promise.all([
    findPages(queries, id),
    readPhases(queries, id, access),
    findLeaderboards(queries, id),
    countsOf(queries, id),
    findCollaborators(queries, id),
  ]);
  const seen = leaderboards.filter(({ hidden }) => !hidden || access.canManage);
  return {
    id,
    title: competition.title,
    description: competition.description,
    type: competition.type,
    logoUrl: logoUrl(competition, secretKey),
    organizer: competition.organizer,
    createdBy: competition.creator,
    collaborators,
    reward: competition.reward,
    contactEmail: competition.contactEmail,
    state: competition.published ? stateOf(phases) : 'draft',
    published: competition.published,
    dockerImage: competition.dockerImage,
    createdAt: competition.createdAt,
    pages,
    termsHtml: competition.termsHtml,
    termsVersion: competition.termsVersion,
    registrationAutoApprove: competition.registrationAutoApprove,
    phases,
    leaderboards: seen.map(({ id, title, key, hidden, submissionRule, primaryIndex, columns }) => ({
      id,
      title,
      key,
      hidden,
      submissionRule,
      columns: columns
        .filter(({ hidden }) => !hidden || access.canManage)
        .map((column) => toColumn(column, primaryIndex)),
    })),
    factSheet: competition.factSheet,
    requiredAttributes: (competition.requiredAttributes ?? []).map((each) => ({
      ...each,
      inWords: inWords(each),
    })),
    ...counts,
    canManage: access.canManage,
    my: isAnonymous
      ? null
      : { status: access.participantStatus, acceptedTermsVersion: competition.acceptedTermsVersion },
    secretKey: access.canManage ? competition.secretKey : null,
  };
}

type ColumnRow = typeof columns.$inferSelect;

function toColumn(column: ColumnRow, primaryIndex: number): ColumnDetail {
  return { ...toColumnView(column, primaryIndex), declared: declaredOf(column) };
}

function declaredOf({
  scoreType,
  scoreMin,
  scoreMax,
  scoreDecimals,
  minCases,
}: ColumnRow): DeclaredScore | null {
  const isDeclared =
    minCases > 0 || [scoreType, scoreMin, scoreMax, scoreDecimals].some((part) => part !== null);
  if (!isDeclared) return null;
  return { type: scoreType, min: scoreMin, max: scoreMax, decimals: scoreDecimals, minCases };
}

/** Whoever came with the secret key needs it for the logo too. */
function logoUrl({ id, logoDigest }: ReachedCompetition['competition'], secretKey: string | null) {
  if (!logoDigest) return null;
  return secretKey ? `/media/logo/${id}?secretKey=${encodeURIComponent(secretKey)}` : `/media/logo/${id}`;
}

function stateOf(phases: readonly PhaseDetail[]): CompetitionState {
  if (phases.some(({ state }) => state === 'open')) return 'open';
  return phases.some(({ state }) => state === 'upcoming') ? 'upcoming' : 'closed';
}

/** Until a phase begins, its files are the organizers' secret. */
export function filesAreOut(
  phase: { startsAt: Date; endsAt: Date | null },
  access: CompetitionAccess,
): boolean {
  return access.canManage || stateOfPhase(phase, new Date()) !== 'upcoming';
}

async function readPhases(
  queries: Queries,
  competitionId: number,
  access: CompetitionAccess,
): Promise<PhaseDetail[]> {
  const rows = await findPhases(queries, competitionId);
  const tasks = await readTasks(
    queries,
    rows.map(({ phase }) => phase.id),
  );
  const now = new Date();
  return rows.map(({ phase, publicData, startingKit }) => ({
    id: phase.id,
    index: phase.index,
    name: phase.name,
    description: phase.description,
    startsAt: phase.startsAt,
    endsAt: phase.endsAt,
    state: stateOfPhase(phase, now),
    maxSubmissionsPerDay: phase.maxSubmissionsPerDay,
    maxSubmissionsPerMonth: phase.maxSubmissionsPerMonth,
    maxSubmissionsPerPerson: phase.maxSubmissionsPerPerson,
    maxConcurrentSubmissions: phase.maxConcurrentSubmissions,
    executionTimeLimitSeconds: phase.executionTimeLimitSeconds,
    autoMigrateToThisPhase: phase.autoMigrateToThisPhase,
    hideOutput: phase.hideOutput,
    hidePredictionOutput: phase.hidePredictionOutput,
    hideScoreOutput: phase.hideScoreOutput,
    leaderboardId: phase.leaderboardId,
    tasks: tasks.get(phase.id) ?? [],
    files: filesAreOut(phase, access)
      ? [...fileOf(phase.id, 'public_data', publicData), ...fileOf(phase.id, 'starting_kit', startingKit)]
      : [],
  }));
}

function fileOf(
  phaseId: number,
  kind: 'public_data' | 'starting_kit',
  resource: { key: string; fileName: string; size: number | null } | null,
): PhaseDetail['files'] {
  if (!resource) return [];
  const { key, fileName: name, size } = resource;
  return [{ kind, key, name, size: size ?? 0, url: `/files/phases/${phaseId}/${kind}` }];
}

async function readTasks(queries: Queries, phaseIds: readonly number[]): Promise<Map<number, TaskDetail[]>> {
  const rows = await findTasks(queries, phaseIds);
  const names = rows.flatMap(({ siteDatasetName }) => siteDatasetName ?? []);
  const holders = names.length > 0 ? await findSitesHolding(queries, names) : [];
  const tasks = new Map<number, TaskDetail[]>();
  for (const { phaseId, siteDatasetName, siteDatasetVersion, siteRule, ...task } of rows) {
    const rule = siteRule ?? DEFAULT_SITE_RULE;
    const siteDataset = siteDatasetName === null ? null : `${siteDatasetName}@${siteDatasetVersion}`;
    const sites = holders
      .filter(({ dataset }) => dataset === siteDataset)
      // Sites of peers are asked where they are named.
      .filter((site) => rule.sites?.some((name) => goesBy(site, name)) ?? !site.isOfPeer)
      .map(({ dataset: _, formerNames: __, isOfPeer: ___, ...site }) => site);
    tasks.set(phaseId, [
      ...(tasks.get(phaseId) ?? []),
      { ...task, siteDataset, siteRule: siteDataset && ruleInWords(rule, sites), sites },
    ]);
  }
  return tasks;
}
