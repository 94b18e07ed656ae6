import { z } from 'zod';
import { publicProcedure, router, userProcedure } from '../../trpc/init.ts';
import { hubName, keyId } from '../hub-document.ts';
import { submissionEdit } from './wire/submission.ts';

const id = z.number().int().min(1).max(2_147_483_647);
const one = z.object({ id });
const which = z.object({ hub: hubName, id });

/** For the portal: taking part in competitions of other hubs. */
export const participationRouter = router({
  competition: publicProcedure
    .input(which)
    .query(({ ctx, input }) => ctx.hub.participation.competition(ctx.actor, input)),

  board: publicProcedure
    .input(
      which.extend({
        phaseId: id,
        cursor: z.string().max(5_000).optional(),
        split: z.string().max(100).optional(),
        sort: z.string().max(100).optional(),
        task: id.optional(),
        reversed: z.boolean().optional(),
      }),
    )
    .query(({ ctx, input }) => ctx.hub.participation.board(ctx.actor, input)),

  published: publicProcedure
    .input(which.extend({ phaseId: id.optional(), cursor: z.string().max(500).optional() }))
    .query(({ ctx, input }) => ctx.hub.participation.published(input)),

  receipts: publicProcedure
    .input(which.extend({ submissionId: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }))
    .query(({ ctx, input }) => ctx.hub.participation.receiptsOf(input)),

  mine: userProcedure.input(which).query(({ ctx, input }) => ctx.hub.participation.mine(ctx.actor, input)),

  register: userProcedure
    .input(which.extend({ termsDigest: keyId }))
    .mutation(({ ctx, input }) => ctx.hub.participation.register(ctx.actor, input)),

  submissions: router({
    create: userProcedure
      .input(
        which.extend({
          phaseId: id,
          resourceKey: z.string().max(100),
          name: z.string().trim().max(200).optional(),
          description: z.string().trim().max(10_000).optional(),
          taskIds: z.array(id).max(1_000).optional(),
          factSheetAnswers: z.record(z.string(), z.unknown()).nullish(),
          rehearsal: z.object({ site: z.string().max(40).nullable() }).nullish(),
        }),
      )
      .mutation(({ ctx, input }) => ctx.hub.participation.submissions.create(ctx.actor, input)),

    mine: userProcedure
      .input(
        z.object({
          hub: hubName.optional(),
          competitionId: id.optional(),
          phaseId: id.optional(),
          cursor: z.string().max(500).optional(),
          limit: z.number().int().min(1).max(100).optional(),
        }),
      )
      .query(({ ctx, input }) => ctx.hub.participation.submissions.mine(ctx.actor, input)),

    get: userProcedure
      .input(one)
      .query(({ ctx, input }) => ctx.hub.participation.submissions.get(ctx.actor, input.id)),

    details: userProcedure
      .input(one)
      .query(({ ctx, input }) => ctx.hub.participation.submissions.details(ctx.actor, input.id)),

    edit: userProcedure
      .input(one.extend(submissionEdit.shape))
      .mutation(({ ctx, input: { id, ...edit } }) =>
        ctx.hub.participation.submissions.edit(ctx.actor, id, edit),
      ),

    setOnLeaderboard: userProcedure
      .input(one.extend({ onLeaderboard: z.boolean() }))
      .mutation(({ ctx, input }) =>
        ctx.hub.participation.submissions.setOnLeaderboard(ctx.actor, input.id, input.onLeaderboard),
      ),

    remove: userProcedure
      .input(one)
      .mutation(({ ctx, input }) => ctx.hub.participation.submissions.remove(ctx.actor, input.id)),

    withdraw: userProcedure
      .input(one)
      .mutation(({ ctx, input }) => ctx.hub.participation.submissions.withdraw(ctx.actor, input.id)),

    again: userProcedure
      .input(one)
      .mutation(({ ctx, input }) => ctx.hub.participation.submissions.again(ctx.actor, input.id)),

    logs: userProcedure
      .input(one.extend({ runId: z.number().int().min(1), cursor: z.string().max(1_000).optional() }))
      .query(({ ctx, input: { id, runId, cursor = null } }) =>
        ctx.hub.participation.submissions.logs(ctx.actor, id, runId, cursor),
      ),

    receipts: userProcedure
      .input(one)
      .query(({ ctx, input }) => ctx.hub.participation.submissions.receipts(ctx.actor, input.id)),
  }),

  leave: userProcedure
    .input(which)
    .mutation(({ ctx, input }) => ctx.hub.participation.leave(ctx.actor, input)),
});
