import { z } from 'zod';
import { runState } from '../../../dispatch/schema.ts';
import { FILE_KINDS } from '../../../submissions/files.ts';
import { fault, submissionStatus } from '../../../submissions/schema.ts';
import { sitesView } from './board.ts';
import { count, id, line, moment, prose, word } from './text.ts';

const explanation = z.object({ code: word(100), fault: z.enum(fault.enumValues), sentence: prose(2_000) });
const number = word(60);

const run = z.object({
  id,
  site: z.object({ name: word(100), title: line(300) }).nullable(),
  state: z.enum(runState.enumValues),
  attempt: count,
  startedAt: moment.nullable(),
  finishedAt: moment.nullable(),
  scores: z.array(z.object({ columnKey: word(200), title: line(300), value: number })).max(1_000),
  scoresKeptBack: z.boolean(),
  explanation: explanation.nullable(),
});

const part = z.object({
  id,
  competitionId: id,
  phaseId: id,
  phaseName: line(300),
  owner: line(300),
  name: line(300),
  description: prose(10_000),
  fileName: line(300),
  status: z.enum(submissionStatus.enumValues),
  version: count,
  createdAt: moment,
  finishedAt: moment.nullable(),
  deletedAt: moment.nullable(),
  parentId: id.nullable(),
  taskId: id.nullable(),
  taskKey: word(100).nullable(),
  taskName: line(300).nullable(),
  taskVersion: count.nullable(),
  isOfFormerVersion: z.boolean(),
  leaderboardId: id,
  onLeaderboard: z.boolean(),
  isPublic: z.boolean(),
  isSpecificTaskReRun: z.boolean(),
  isRehearsal: z.boolean(),
  factSheetAnswers: z.record(z.string().max(200), z.union([prose(10_000), z.boolean()])).nullable(),
  explanation: explanation.nullable(),
  waiting: line(5_000).nullable(),
  scores: z
    .array(
      z.object({
        columnId: id,
        index: count,
        columnKey: word(200),
        title: line(300),
        precision: z.int().min(0).max(20),
        isPrimary: z.boolean(),
        value: number,
        raw: z.number(),
      }),
    )
    .max(1_000),
  changes: z
    .array(
      z.object({
        kind: z.enum(['score', 'board']),
        columnKey: word(200).nullable(),
        columnTitle: line(300).nullable(),
        oldValue: z.number().nullable(),
        newValue: z.number().nullable(),
        reason: prose(2_000),
        by: line(300),
        at: moment,
      }),
    )
    .max(1_000),
  sites: sitesView.nullable(),
  runs: z.array(run).max(1_000),
});

type Part = z.output<typeof part>;
/** As its owner sees it at the peer. */
export type PeerSubmissionView = Part & { children: PeerSubmissionView[] };

/** Its parts have none of their own. */
const child = part.extend({ children: z.array(z.never()).max(0) });

export const submissionView = part.extend({ children: z.array(child).max(1_000) });

/** What its owner may do with it at the peer, and the files of it and of its parts that the peer lets them have. */
export const submissionDetails = z.object({
  files: z.array(z.object({ submissionId: id, kind: z.enum(FILE_KINDS), name: line(300) })).max(5_000),
  canEdit: z.boolean(),
  canPublish: z.boolean(),
  canPutOnLeaderboard: z.boolean(),
  canRemoveFromLeaderboard: z.boolean(),
});

export type PeerSubmissionDetails = z.output<typeof submissionDetails>;

export const submissionEdit = z.object({
  name: z.string().trim().max(200).optional(),
  description: z.string().trim().max(10_000).optional(),
  isPublic: z.boolean().optional(),
});

/** What people made public of a competition, as any visitor sees it there. */
export const publishedReading = z.object({
  items: z.array(submissionView).max(100),
  nextCursor: word(500).nullable(),
});

export type PublishedReading = z.output<typeof publishedReading>;
