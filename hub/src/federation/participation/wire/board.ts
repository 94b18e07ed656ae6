import { z } from 'zod';
import { SPLIT_VISIBILITIES, TASK_RULES } from '../../../bundles/model.ts';
import { submissionRule } from '../../../competitions/schema.ts';
import { columnView } from './competition.ts';
import { count, id, line, moment, prose, word } from './text.ts';

export const sitesView = z.object({
  standing: z.enum(['waiting', 'partial', 'complete', 'withheld', 'missed']),
  done: count,
  of: count,
  needed: count,
  updatedAt: moment.nullable(),
  sentence: line(5_000).nullable(),
});

const key = z.string().max(200);
const number = word(60);
const rounded = z.record(key, number);
const answers = z.record(key, z.union([prose(10_000), z.boolean()]));

/** Whether there is one; never an address of the peer's making. */
const report = z.unknown().transform((address) => typeof address === 'string');

const row = z.object({
  rank: count.nullable(),
  submissionId: id,
  owner: line(300).nullable(),
  displayName: line(300),
  submittedAt: moment,
  scores: z.record(
    key,
    z
      .object({
        value: number,
        interval: z.object({ low: number, high: number, from: z.enum(['program', 'tasks']) }).optional(),
      })
      .nullable(),
  ),
  released: number.nullable(),
  averageRank: number.nullable(),
  tieGroup: count.nullable(),
  coverage: sitesView.nullable(),
  perSite: z.array(z.object({ site: line(300), scores: rounded })).max(1_000),
  perTask: z
    .array(
      z.object({
        taskId: id,
        taskName: line(300),
        submissionId: id,
        scores: rounded,
        detailedResultUrl: report,
        isEdited: z.boolean(),
      }),
    )
    .max(1_000),
  detailedResultUrl: report,
  isOfFormerVersion: z.boolean(),
  factSheetAnswers: answers.nullable(),
  isBaseline: z.boolean(),
  mark: z.enum(['verified', 'flagged']).nullable(),
  note: prose(1_000).nullable(),
  isEdited: z.boolean(),
  // The peer is not told who reads; whose they are this hub knows by itself.
  mine: z.unknown().transform(() => false),
});

/** A page of a peer's board as any visitor sees it there. */
export const boardReading = z.object({
  phaseId: id,
  key: word(200),
  title: line(300),
  rule: z.enum(submissionRule.enumValues),
  ruleSentence: line(1_000),
  taskRule: z.enum(TASK_RULES),
  hidden: z.boolean(),
  anonymous: z.boolean(),
  canManage: z.unknown().transform(() => false),
  ladderStep: z.number().nullable(),
  bootstrapSamples: count.nullable(),
  splits: z
    .array(
      z.object({
        key: word(200),
        title: line(300),
        onlyOwn: z.boolean(),
        visibility: z.enum(SPLIT_VISIBILITIES),
        visibleFrom: moment.nullable(),
      }),
    )
    .max(50),
  split: word(200).nullable(),
  columns: z.array(columnView.extend({ hasInterval: z.boolean() })).max(1_000),
  questions: z.array(z.object({ key, title: line(1_000) })).max(100),
  tasks: z.array(z.object({ id, name: line(300) })).max(1_000),
  total: count,
  version: count,
  rows: z.array(row).max(200),
  nextCursor: word(5_000).nullable(),
});

export type BoardReading = z.output<typeof boardReading>;
