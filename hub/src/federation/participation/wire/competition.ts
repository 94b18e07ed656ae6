import { createHash } from 'node:crypto';
import { z } from 'zod';
import { COMPUTATION_KINDS } from '../../../bundles/model.ts';
import { competitionType, submissionRule } from '../../../competitions/schema.ts';
import { count, id, line, markup, moment, prose, word } from './text.ts';

const limit = z.int().min(0).max(2_147_483_647).nullable();
const bound = z.number().nullable();

export const columnView = z.object({
  id,
  index: count,
  key: word(200),
  title: line(300),
  sorting: z.enum(['asc', 'desc']),
  precision: z.int().min(0).max(20),
  hidden: z.boolean(),
  isPrimary: z.boolean(),
  unit: line(50),
  group: line(200).nullable(),
  computation: z.enum(COMPUTATION_KINDS).nullable(),
  computationIndexes: z.array(count).max(1_000).nullable(),
});

const task = z.object({
  id,
  key: word(100),
  name: line(300),
  description: prose(10_000),
  siteDataset: line(300).nullable(),
  siteRule: line(1_000).nullable(),
  sites: z
    .array(z.object({ name: word(100), title: line(300), online: z.boolean(), sharesScores: z.boolean() }))
    .max(1_000),
});

const phase = z.object({
  id,
  index: count,
  name: line(300),
  description: prose(10_000),
  startsAt: moment,
  endsAt: moment.nullable(),
  state: z.enum(['upcoming', 'open', 'closed']),
  maxSubmissionsPerDay: limit,
  maxSubmissionsPerMonth: limit,
  maxSubmissionsPerPerson: limit,
  maxConcurrentSubmissions: limit,
  executionTimeLimitSeconds: count,
  autoMigrateToThisPhase: z.boolean(),
  hideOutput: z.boolean(),
  hidePredictionOutput: z.boolean(),
  hideScoreOutput: z.boolean(),
  leaderboardId: id,
  tasks: z.array(task).max(1_000),
  files: z
    .array(
      z.object({
        kind: z.enum(['public_data', 'starting_kit']),
        key: word(100),
        name: line(300),
        size: count,
      }),
    )
    .max(2),
});

const declared = z.object({
  type: z.enum(['decimal', 'integer']).nullable(),
  min: bound,
  max: bound,
  decimals: limit,
  minCases: count,
});

const question = z.object({
  key: word(200),
  type: z.enum(['checkbox', 'text', 'select']),
  title: line(1_000),
  // Compared letter for letter when it is answered.
  selection: z.array(z.string().max(1_000)).max(200),
  isRequired: z.boolean(),
  isOnLeaderboard: z.boolean(),
});

/** A peer's competition as any visitor sees it there; nothing in it is about a person. HTML in it is not safe yet. */
export const competitionReading = z.object({
  id: z.int().min(1).max(2_147_483_647),
  title: line(300),
  description: prose(10_000),
  type: z.enum(competitionType.enumValues),
  organizer: line(300),
  reward: line(300).nullable(),
  contactEmail: z.email().max(300).nullable().catch(null),
  state: z.enum(['upcoming', 'open', 'closed', 'draft']),
  dockerImage: line(500),
  createdAt: moment,
  pages: z.array(z.object({ id, title: line(300), html: markup })).max(100),
  termsHtml: markup,
  termsVersion: z.int().min(0).max(2_147_483_647),
  registrationAutoApprove: z.boolean(),
  phases: z.array(phase).max(100),
  leaderboards: z
    .array(
      z.object({
        id,
        title: line(300),
        key: word(200),
        hidden: z.boolean(),
        submissionRule: z.enum(submissionRule.enumValues),
        columns: z.array(columnView.extend({ declared: declared.nullable() })).max(1_000),
      }),
    )
    .max(100),
  factSheet: z.array(question).max(100).nullable(),
  requiredAttributes: z
    .array(z.object({ name: word(100), values: z.array(line(500)).max(50), inWords: line(30_000) }))
    .max(20),
  participantCount: count,
  submissionCount: count,
  publicSubmissionCount: count,
});

export type CompetitionReading = z.output<typeof competitionReading>;

/** What somebody agrees to, as both hubs compute it: of the terms as the peer sends them. */
export function termsDigestOf(termsHtml: string): string {
  return `sha256:${createHash('sha256').update(termsHtml).digest('hex')}`;
}
