import { z } from 'zod';
import { publicProcedure, router, userProcedure } from '../trpc/init.ts';
import { submissionStatus } from './schema.ts';

const id = z.number().int();
const one = z.object({ id });
const kind = z.enum(['submission', 'rehearsal']);
const paging = { cursor: z.string().max(500).optional(), limit: z.number().int().min(1).max(100).optional() };

export const submissionsRouter = router({
  allowance: userProcedure
    .input(z.object({ phaseId: id }))
    .query(({ ctx, input }) => ctx.hub.submissions.allowance(ctx.actor, input.phaseId)),

  create: userProcedure
    .input(
      z.object({
        phaseId: id,
        resourceKey: z.string().max(100),
        name: z.string().trim().max(200).optional(),
        taskIds: z.array(id).max(1_000).optional(),
        factSheetAnswers: z.record(z.string(), z.unknown()).nullish(),
        /** On the synthetic data of all sites that offer it, or of one. */
        rehearsal: z.boolean().default(false),
        site: z.string().max(40).optional(),
      }),
    )
    .mutation(({ ctx, input: { rehearsal, ...input } }) =>
      rehearsal
        ? ctx.hub.submissions.rehearse(ctx.actor, input)
        : ctx.hub.submissions.create(ctx.actor, input),
    ),

  mine: userProcedure
    .input(
      z.object({ phaseId: id.optional(), competitionId: id.optional(), kind: kind.optional(), ...paging }),
    )
    .query(({ ctx, input }) => ctx.hub.submissions.mine(ctx.actor, input)),

  get: publicProcedure.input(one).query(({ ctx, input }) => ctx.hub.submissions.get(ctx.actor, input.id)),

  all: userProcedure
    .input(
      z.object({
        competitionId: id,
        phaseId: id.optional(),
        status: z.enum(submissionStatus.enumValues).optional(),
        kind: kind.optional(),
        search: z.string().trim().max(200).optional(),
        ...paging,
      }),
    )
    .query(({ ctx, input }) => ctx.hub.submissions.all(ctx.actor, input)),

  start: userProcedure
    .input(one)
    .mutation(({ ctx, input }) => ctx.hub.submissions.start(ctx.actor, input.id)),

  cancel: userProcedure
    .input(one)
    .mutation(({ ctx, input }) => ctx.hub.submissions.cancel(ctx.actor, input.id)),

  rerun: userProcedure
    .input(one)
    .mutation(({ ctx, input }) => ctx.hub.submissions.rerun(ctx.actor, input.id)),

  remove: userProcedure
    .input(one)
    .mutation(({ ctx, input }) => ctx.hub.submissions.remove(ctx.actor, input.id)),

  setOnLeaderboard: userProcedure
    .input(z.object({ id, onLeaderboard: z.boolean() }))
    .mutation(({ ctx, input }) =>
      ctx.hub.submissions.setOnLeaderboard(ctx.actor, input.id, input.onLeaderboard),
    ),

  logs: publicProcedure
    .input(z.object({ runId: id, cursor: z.string().max(1_000).optional() }))
    .query(({ ctx, input }) => ctx.hub.submissions.logs.read(ctx.actor, input.runId, input.cursor)),
});
