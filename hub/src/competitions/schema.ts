import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { RequiredAttribute } from '../accounts/required-attributes.ts';
import { users } from '../accounts/schema.ts';
import {
  type BoardSplit,
  COMPUTATION_KINDS,
  type FactSheetQuestion,
  LOG_LEVELS,
  SUBMISSION_RULES,
  TASK_RULES,
} from '../bundles/model.ts';
import type { SiteRule } from '../bundles/site-rule.ts';
import { resources } from '../resources/schema.ts';

export const competitionType = pgEnum('competition_type', ['competition', 'benchmark']);
export const participantStatus = pgEnum('participant_status', ['pending', 'approved', 'denied']);
export const logLevel = pgEnum('log_level', LOG_LEVELS);
export const submissionRule = pgEnum('submission_rule', SUBMISSION_RULES);
/** How a submission with several tasks is placed on a board. */
export const taskRule = pgEnum('task_rule', TASK_RULES);
export const sortDirection = pgEnum('sort_direction', ['asc', 'desc']);
export const computation = pgEnum('computation', COMPUTATION_KINDS);
export const pageFormat = pgEnum('page_format', ['markdown', 'html']);
export const scoreType = pgEnum('score_type', ['decimal', 'integer']);

export const competitions = pgTable(
  'competitions',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    title: text().notNull(),
    description: text().notNull().default(''),
    createdBy: integer()
      .notNull()
      .references(() => users.id),
    published: boolean().notNull().default(false),
    /** Whoever holds it may see and join an unpublished competition. */
    secretKey: uuid().notNull().defaultRandom(),
    type: competitionType().notNull().default('competition'),
    dockerImage: text().notNull(),
    /** Blob of the logo and its media type. */
    logoDigest: text(),
    logoMediaType: text(),
    termsFormat: pageFormat().notNull().default('markdown'),
    termsSource: text().notNull().default(''),
    termsHtml: text().notNull().default(''),
    /** Grows with each change; the version that somebody accepted is kept with the participation. */
    termsVersion: integer().notNull().default(1),
    reward: text(),
    contactEmail: text(),
    registrationAutoApprove: boolean().notNull().default(false),
    allowRobotSubmissions: boolean().notNull().default(false),
    enableDetailedResults: boolean().notNull().default(false),
    showDetailedResultsInSubmissionPanel: boolean().notNull().default(true),
    showDetailedResultsInLeaderboard: boolean().notNull().default(true),
    autoRunSubmissions: boolean().notNull().default(true),
    canParticipantsMakeSubmissionsPublic: boolean().notNull().default(true),
    makeProgramsAvailable: boolean().notNull().default(false),
    makeInputDataAvailable: boolean().notNull().default(false),
    forumEnabled: boolean().notNull().default(true),
    logLevel: logLevel().notNull().default('full'),
    /** Questions that each submission answers; null: none. */
    factSheet: jsonb().$type<FactSheetQuestion[]>(),
    queueId: integer().references(() => queues.id),
    /** What has to be vouched for about whoever takes part; null: nothing. */
    requiredAttributes: jsonb().$type<RequiredAttribute[]>(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    deletedAt: timestamp({ withTimezone: true }),
  },
  (table) => [index('competitions_created_by').on(table.createdBy)],
);

export const collaborators = pgTable(
  'collaborators',
  {
    competitionId: integer()
      .notNull()
      .references(() => competitions.id, { onDelete: 'cascade' }),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
  },
  (table) => [primaryKey({ columns: [table.competitionId, table.userId] })],
);

export const participants = pgTable(
  'participants',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    competitionId: integer()
      .notNull()
      .references(() => competitions.id, { onDelete: 'cascade' }),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    status: participantStatus().notNull(),
    acceptedTermsVersion: integer().notNull(),
    acceptedTermsAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [uniqueIndex('participants_once').on(table.competitionId, table.userId)],
);

export const pages = pgTable('pages', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  competitionId: integer()
    .notNull()
    .references(() => competitions.id, { onDelete: 'cascade' }),
  index: integer().notNull(),
  title: text().notNull(),
  format: pageFormat().notNull().default('markdown'),
  source: text().notNull(),
  /** Rendered and sanitised when the source changes. */
  html: text().notNull(),
});

export const leaderboards = pgTable('leaderboards', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  competitionId: integer()
    .notNull()
    .references(() => competitions.id, { onDelete: 'cascade' }),
  index: integer().notNull().default(0),
  title: text().notNull(),
  key: text().notNull(),
  /** Index of the ranking column. */
  primaryIndex: integer().notNull().default(0),
  hidden: boolean().notNull().default(false),
  submissionRule: submissionRule().notNull().default('Add'),
  taskRule: taskRule().notNull().default('best'),
  /** With the rule `task`: the place of that task in its phase's list. */
  rankingTask: integer(),
  /** Names are for organizers and the entries' owners alone, until an organizer lifts it. */
  anonymous: boolean().notNull().default(false),
  splits: jsonb().$type<BoardSplit[]>().notNull().default(sql`'[]'::jsonb`),
  ladderStep: doublePrecision(),
  bootstrapSamples: integer(),
});

export const columns = pgTable(
  'leaderboard_columns',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    leaderboardId: integer()
      .notNull()
      .references(() => leaderboards.id, { onDelete: 'cascade' }),
    index: integer().notNull(),
    key: text().notNull(),
    title: text().notNull(),
    sorting: sortDirection().notNull().default('desc'),
    precision: integer().notNull().default(2),
    hidden: boolean().notNull().default(false),
    computation: computation(),
    computationIndexes: integer().array(),
    /** One for each of these indexes; null: all the same. */
    computationWeights: doublePrecision().array(),
    /** Heading that neighbouring columns share; null: none. */
    groupTitle: text(),
    /** Columns in which the scoring program writes the bounds of this one's interval. */
    lowIndex: integer(),
    highIndex: integer(),
    /** What the competition declares of a score: nothing else leaves a site. Null: nothing is declared. */
    scoreType: scoreType(),
    scoreMin: doublePrecision(),
    scoreMax: doublePrecision(),
    /** Digits after the point that leave a site. */
    scoreDecimals: integer(),
    /** For people, such as "mm". */
    unit: text().notNull().default(''),
    /** A score from fewer cases does not leave a site. */
    minCases: integer().notNull().default(0),
  },
  (table) => [uniqueIndex('leaderboard_columns_key').on(table.leaderboardId, table.key)],
);

export const phases = pgTable(
  'phases',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    competitionId: integer()
      .notNull()
      .references(() => competitions.id, { onDelete: 'cascade' }),
    index: integer().notNull(),
    name: text().notNull(),
    description: text().notNull().default(''),
    startsAt: timestamp({ withTimezone: true }).notNull(),
    endsAt: timestamp({ withTimezone: true }),
    /** Null: no limit. */
    maxSubmissionsPerDay: integer(),
    maxSubmissionsPerMonth: integer(),
    maxSubmissionsPerPerson: integer(),
    /** Of one person, not over yet. */
    maxConcurrentSubmissions: integer(),
    executionTimeLimitSeconds: integer().notNull().default(600),
    autoMigrateToThisPhase: boolean().notNull().default(false),
    hideOutput: boolean().notNull().default(false),
    hidePredictionOutput: boolean().notNull().default(false),
    hideScoreOutput: boolean().notNull().default(false),
    /** What was scored with former versions of its tasks stays on the board, marked; otherwise it is of no board. */
    keepFormerVersions: boolean().notNull().default(false),
    /** What a container may use. Null: the hub's default. */
    memoryBytes: bigint({ mode: 'number' }),
    /** In thousandths of a core. */
    cpuMillis: integer(),
    diskBytes: bigint({ mode: 'number' }),
    gpus: integer(),
    leaderboardId: integer()
      .notNull()
      .references(() => leaderboards.id),
    publicDataId: integer().references(() => resources.id),
    startingKitId: integer().references(() => resources.id),
  },
  (table) => [index('phases_competition').on(table.competitionId, table.index)],
);

export const tasks = pgTable('tasks', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  key: uuid().notNull().unique().defaultRandom(),
  name: text().notNull(),
  description: text().notNull().default(''),
  createdBy: integer()
    .notNull()
    .references(() => users.id),
  isPublic: boolean().notNull().default(false),
  scoringProgramId: integer().references(() => resources.id),
  ingestionProgramId: integer().references(() => resources.id),
  inputDataId: integer().references(() => resources.id),
  referenceDataId: integer().references(() => resources.id),
  ingestionOnlyDuringScoring: boolean().notNull().default(false),
  /** A site dataset that stands in for the input, the reference, or both: one run at each site that holds it. */
  siteDatasetName: text(),
  siteDatasetVersion: text(),
  siteDatasetInput: boolean().notNull().default(false),
  siteDatasetReference: boolean().notNull().default(false),
  /** Which sites are asked, and how their scores become one; null without a site dataset. */
  siteRule: jsonb().$type<SiteRule>(),
  /** DSSE envelopes (JSON) in which others sign the programs or the image. Sites decide whose signature counts. */
  attestations: jsonb().$type<string[]>().notNull().default(sql`'[]'::jsonb`),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  /** Grows with each change of what is run; what it was before is in `task_versions`. */
  version: integer().notNull().default(1),
  /** Who made this version, when and why; null for the first, which came with the task. */
  changedBy: integer().references(() => users.id),
  changedAt: timestamp({ withTimezone: true }),
  changeNote: text().notNull().default(''),
  /** Submissions that were run on it still name it. */
  deletedAt: timestamp({ withTimezone: true }),
});

export const phaseTasks = pgTable(
  'phase_tasks',
  {
    phaseId: integer()
      .notNull()
      .references(() => phases.id, { onDelete: 'cascade' }),
    taskId: integer()
      .notNull()
      .references(() => tasks.id),
    index: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.phaseId, table.taskId] }),
    index('phase_tasks_task').on(table.taskId),
  ],
);

export const solutions = pgTable(
  'solutions',
  {
    taskId: integer()
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
    resourceId: integer()
      .notNull()
      .references(() => resources.id),
  },
  (table) => [primaryKey({ columns: [table.taskId, table.resourceId] })],
);

/** Where runs without site data wait. Sites choose which queues their nodes serve. */
export const queues = pgTable(
  'queues',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    key: uuid().notNull().unique().defaultRandom(),
    name: text().notNull(),
    isDefault: boolean().notNull().default(false),
    isPublic: boolean().notNull().default(false),
    ownerId: integer().references(() => users.id),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [uniqueIndex('queues_one_default').on(table.isDefault).where(sql`${table.isDefault}`)],
);
