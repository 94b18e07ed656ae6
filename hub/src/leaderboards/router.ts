import { z } from 'zod';
import { COMPUTATION_KINDS, SPLIT_VISIBILITIES, TASK_RULES } from '../bundles/model.ts';
import { submissionRule } from '../competitions/schema.ts';
import { publicProcedure, router, userProcedure } from '../trpc/init.ts';
import { boardMark } from './schema.ts';

const id = z.number().int();

const place = z.number().int().min(0).max(1_000);

/** Its form alone; the rules are those of bundles. */
const board = z.object({
  id: id.nullable(),
  title: z.string().trim().max(200),
  key: z.string().trim().max(200),
  primaryIndex: place,
  hidden: z.boolean(),
  submissionRule: z.enum(submissionRule.enumValues),
  taskRule: z.enum(TASK_RULES),
  rankingTask: place.nullable(),
  anonymous: z.boolean(),
  ladderStep: z.number().nullable(),
  bootstrapSamples: z.number().int().nullable(),
  splits: z
    .array(
      z.object({
        key: z.string().trim().max(200),
        title: z.string().trim().max(200),
        columns: z.array(place).max(100),
        visibility: z.enum(SPLIT_VISIBILITIES),
        visibleFrom: z.iso.datetime().nullable(),
      }),
    )
    .max(20),
  columns: z
    .array(
      z.object({
        id: id.nullable(),
        index: place,
        title: z.string().trim().max(200),
        key: z.string().trim().max(200),
        sorting: z.enum(['asc', 'desc']),
        precision: z.number().int().min(0).max(20),
        hidden: z.boolean(),
        group: z.string().trim().max(200).nullable(),
        bounds: z.object({ low: place, high: place }).nullable(),
        computation: z
          .object({
            kind: z.enum(COMPUTATION_KINDS),
            indexes: z.array(place).max(100),
            weights: z.array(z.number()).max(100).nullable(),
          })
          .nullable(),
        declaration: z
          .object({
            type: z.enum(['decimal', 'integer']).nullable(),
            min: z.number().nullable(),
            max: z.number().nullable(),
            decimals: z.number().int().nullable(),
            unit: z.string().trim().max(100),
            minCases: z.number().int().min(0),
          })
          .nullable(),
      }),
    )
    .max(100),
});

const settingsRouter = router({
  list: userProcedure
    .input(z.object({ competitionId: id }))
    .query(({ ctx, input }) => ctx.hub.leaderboards.settings.list(ctx.actor, input.competitionId)),

  save: userProcedure
    .input(z.object({ competitionId: id, board }))
    .mutation(({ ctx, input }) =>
      ctx.hub.leaderboards.settings.save(ctx.actor, input.competitionId, input.board),
    ),

  remove: userProcedure
    .input(z.object({ competitionId: id, id }))
    .mutation(({ ctx, input }) =>
      ctx.hub.leaderboards.settings.remove(ctx.actor, input.competitionId, input.id),
    ),
});

export const leaderboardsRouter = router({
  settings: settingsRouter,

  get: publicProcedure
    .input(
      z.object({
        phaseId: id,
        cursor: z.string().max(5_000).optional(),
        limit: z.number().int().min(1).max(200).optional(),
        split: z.string().max(100).optional(),
        sort: z.string().max(100).optional(),
        task: id.optional(),
        reversed: z.boolean().optional(),
      }),
    )
    .query(({ ctx, input }) => ctx.hub.leaderboards.get(ctx.actor, input)),

  mark: userProcedure
    .input(
      z.object({
        submissionId: id,
        isBaseline: z.boolean().default(false),
        mark: z.enum(boardMark.enumValues).nullable().default(null),
        note: z.string().trim().max(500).default(''),
      }),
    )
    .mutation(({ ctx, input }) => ctx.hub.leaderboards.mark(ctx.actor, input)),

  setAnonymous: userProcedure
    .input(z.object({ phaseId: id, anonymous: z.boolean() }))
    .mutation(({ ctx, input }) => ctx.hub.leaderboards.setAnonymous(ctx.actor, input)),

  openSplit: userProcedure
    .input(
      z.object({
        phaseId: id,
        key: z.string().max(100),
        visibility: z.enum(SPLIT_VISIBILITIES),
        visibleFrom: z.iso.datetime().nullable().default(null),
      }),
    )
    .mutation(({ ctx, input }) => ctx.hub.leaderboards.openSplit(ctx.actor, input)),
});
