import type { RequiredAttribute } from '../accounts/required-attributes.ts';
import type { SiteRule } from './site-rule.ts';

/**
 * What a competition bundle says, whichever version it is written in, with every default filled in. Names of files are
 * those of entries of the archive it was read from.
 */
export interface Bundle {
  format: '2' | '1.5';
  /**
   * Written by a hub's dump rather than by a person: what other versions allow is allowed too (empty pages, phases that overlap), so that every
   * competition comes back as it was.
   */
  isDump: boolean;
  title: string;
  description: string;
  /** An image of a kind that `readImage` takes; only a dump may lack it. */
  image: string | null;
  terms: BundleText;
  dockerImage: string;
  competitionType: 'competition' | 'benchmark';
  registrationAutoApprove: boolean;
  enableDetailedResults: boolean;
  showDetailedResultsInSubmissionPanel: boolean;
  showDetailedResultsInLeaderboard: boolean;
  autoRunSubmissions: boolean;
  canParticipantsMakeSubmissionsPublic: boolean;
  makeProgramsAvailable: boolean;
  makeInputDataAvailable: boolean;
  allowRobotSubmissions: boolean;
  forumEnabled: boolean;
  reward: string | null;
  contactEmail: string | null;
  /** Key of an existing queue. Whether it exists and may be used is for the caller to check. */
  queue: string | null;
  /** What of the programs' output may be seen, `null` leaves it to the hub; a site's policy may allow less. */
  logs: LogLevelName | null;
  factSheet: FactSheetQuestion[];
  /** What has to be vouched for about whoever takes part. */
  requiredAttributes: RequiredAttribute[];
  pages: BundlePage[];
  /** In order; their places in this list are their indexes. Never empty. */
  phases: BundlePhase[];
  tasks: BundleTask[];
  solutions: BundleSolution[];
  /** As listed; each phase says which one is its own. Never empty. */
  leaderboards: BundleLeaderboard[];
  /** What files of the archive that become resources are called there; by path. */
  files: ReadonlyMap<string, FileDescription>;
}

/** Null: as the hub calls it. */
export interface FileDescription {
  name: string | null;
  /** Offered when it is downloaded. */
  fileName: string | null;
  description: string;
}

/** A Markdown or HTML text of the archive, decoded, neither rendered nor sanitised. */
export interface BundleText {
  file: string;
  source: string;
}

export interface BundlePage extends BundleText {
  title: string;
}

/**
 * Data that a bundle refers to: a file or directory of the archive, or an existing resource. A directory stands for
 * the zip of its content; equal references are one resource, however many tasks name it. `path` has no slash at its end.
 */
export type DataReference =
  | { kind: 'path'; path: string; isDirectory: boolean }
  | { kind: 'key'; key: string };

export interface BundlePhase {
  name: string;
  description: string;
  start: Date;
  /** `null`, never ends; only the last phase may. */
  end: Date | null;
  /** `null`, no limit. Days are those of UTC. */
  maxSubmissionsPerDay: number | null;
  maxSubmissionsPerMonth: number | null;
  maxSubmissionsPerPerson: number | null;
  maxConcurrentSubmissions: number | null;
  /** What former versions of the tasks scored stays on the board, marked. */
  keepFormerVersions: boolean;
  /** Seconds, for each step of a run. */
  executionTimeLimit: number;
  resources: BundleResources | null;
  autoMigrateToThisPhase: boolean;
  hideOutput: boolean;
  hidePredictionOutput: boolean;
  hideScoreOutput: boolean;
  /** Indexes of `tasks`, in order, at least one. */
  tasks: number[];
  /** Place in `leaderboards`. */
  leaderboard: number;
  publicData: DataReference | null;
  startingKit: DataReference | null;
}

/** What a container may use; null: the hub's default. */
export interface BundleResources {
  memoryBytes: number | null;
  /** In thousandths of a core. */
  cpuMillis: number | null;
  diskBytes: number | null;
  gpus: number | null;
}

export type BundleTask = NewTask | ExistingTask;

/** A task of the hub, used as it is. */
export interface ExistingTask {
  kind: 'key';
  index: number;
  key: string;
}

export interface NewTask {
  kind: 'new';
  index: number;
  name: string;
  description: string;
  ingestionOnlyDuringScoring: boolean;
  /** Only a v1.5 bundle may lack one. */
  scoringProgram: DataReference | null;
  ingestionProgram: DataReference | null;
  inputData: DataReference | null;
  referenceData: DataReference | null;
  siteData: SiteData | null;
  /** DSSE envelopes (JSON) in which others sign the programs or the image. */
  attestations: string[];
}

/** A site dataset that takes the place of uploaded data. */
export interface SiteData {
  name: string;
  version: string;
  input: boolean;
  reference: boolean;
  rule: SiteRule;
}

export type BundleSolution = {
  index: number;
  /** `null`: none given, the caller names it. */
  name: string | null;
  description: string;
  tasks: number[];
} & ({ kind: 'new'; data: DataReference } | { kind: 'key'; key: string });

export const SUBMISSION_RULES = [
  'Add',
  'Add_And_Delete',
  'Add_And_Delete_Multiple',
  'Force_Last',
  'Force_Latest_Multiple',
  'Force_Best',
] as const;
export type SubmissionRule = (typeof SUBMISSION_RULES)[number];

/** How much of what programs print is asked for, least first: nothing, what happened in sentences of a closed set, all but what sites take out, all. */
export const LOG_LEVELS = ['none', 'codes', 'scrubbed', 'full'] as const;
export type LogLevelName = (typeof LOG_LEVELS)[number];

export const TASK_RULES = ['best', 'mean', 'sum', 'average_rank', 'task'] as const;

export interface BoardSettings {
  /**
   * How a submission with several tasks is placed: by its best task, by the mean or the sum of all of them in each column, by the mean of the ranks
   * that it has in each task, or by one task alone.
   */
  taskRule: (typeof TASK_RULES)[number];
  /** With the rule `task`: the place of that task in its phase's list, from 0; null otherwise. */
  rankingTask: number | null;
  /** Names are hidden, until an organizer lifts it. */
  anonymous: boolean;
  /** Tables beside the board, of columns that are hidden on it. */
  splits: BoardSplit[];
  /** An entry takes the place of its owner's former one only where it is better by so much, and nothing finer is shown; null: no such rule. */
  ladderStep: number | null;
  /** How often tasks are drawn for the interval of a mean or a sum over tasks; null: no interval is made. */
  bootstrapSamples: number | null;
}

/** Who sees a split before the day from which everybody does. */
export const SPLIT_VISIBILITIES = ['organizers', 'owners', 'everybody'] as const;

/** As a public and a private test set: the same entries, ranked by other scores that have an audience of their own. */
export interface BoardSplit {
  key: string;
  title: string;
  /** Indexes of its columns, which are hidden ones. The first ranks, the others part equals. */
  columns: number[];
  /** With `owners`, each sees their own entry without its rank. */
  visibility: (typeof SPLIT_VISIBILITIES)[number];
  /** ISO 8601 in UTC: everybody sees it from then on. Null: no such day. */
  visibleFrom: string | null;
}

export interface BundleLeaderboard extends BoardSettings {
  title: string;
  key: string;
  /** `index` of the column that ranks. */
  primaryIndex: number;
  hidden: boolean;
  submissionRule: SubmissionRule;
  columns: BundleColumn[];
}

export interface BundleColumn {
  index: number;
  title: string;
  key: string;
  /** `asc`: smaller is better. */
  sorting: 'asc' | 'desc';
  /** Digits shown; ranking uses the exact score. */
  precision: number;
  hidden: boolean;
  /** Heading that neighbouring columns share; null: none. */
  group: string | null;
  /** Indexes of the columns in which the scoring program writes the bounds of this one's interval; null: none. */
  bounds: { low: number; high: number } | null;
  computation: BundleComputation | null;
  declaration: ScoreDeclaration | null;
}

/** A column made from others of its leaderboard, given by their indexes. */
export interface BundleComputation {
  kind: ComputationKind;
  indexes: number[];
  /** Positive, one for each index; null: all the same. Only `weighted`, `avg_rank` and `mrr` have any. */
  weights: number[] | null;
}

/**
 * `weighted` is the weighted mean of the scores; `avg_rank` the mean of the ranks that an entry has in each column, smaller is better; `mrr` the
 * mean of the reciprocals of these ranks.
 */
export type ComputationKind = (typeof COMPUTATION_KINDS)[number];
export const COMPUTATION_KINDS = ['avg', 'sum', 'min', 'max', 'weighted', 'avg_rank', 'mrr'] as const;

/** What the gate of a site holds a score to. Null: not declared; a range may be open at one end. */
export interface ScoreDeclaration {
  type: 'decimal' | 'integer' | null;
  min: number | null;
  max: number | null;
  /** Digits after the point that leave a site. */
  decimals: number | null;
  /** For people; may be empty. */
  unit: string;
  /** A score from fewer cases does not leave. */
  minCases: number;
}

export interface FactSheetQuestion {
  key: string;
  type: 'checkbox' | 'text' | 'select';
  title: string;
  /** Choices of a `select`, as text. */
  selection: string[];
  isRequired: boolean;
  isOnLeaderboard: boolean;
}

export const DEFAULT_DOCKER_IMAGE = 'codalab/codalab-legacy:py37';
export const DEFAULT_EXECUTION_TIME_LIMIT = 600;
export const DEFAULT_SUBMISSIONS_PER_DAY = 5;
export const DEFAULT_SUBMISSIONS_PER_PERSON = 100;
