import { z } from 'zod';
import { publicProcedure, router, userProcedure } from '../trpc/init.ts';
import { submissionStatus } from './schema.ts';

const id = z.number().int();
const one = z.object({ id });
const reason = z.string().trim().min(1, 'Say why: it is kept, and shown.').max(1_000);
const ownLimit = z.number().int().min(0).max(1_000_000).nullable();
const person = z.object({ phaseId: id, username: z.string().max(200) });
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
        description: z.string().trim().max(10_000).optional(),
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
        owner: z.string().max(200).optional(),
        onLeaderboard: z.boolean().optional(),
        byHand: z.boolean().optional(),
        isPublic: z.boolean().optional(),
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

  edit: userProcedure
    .input(
      z.object({
        id,
        name: z.string().trim().max(200).optional(),
        description: z.string().trim().max(10_000).optional(),
        isPublic: z.boolean().optional(),
      }),
    )
    .mutation(({ ctx, input: { id, ...edit } }) => ctx.hub.submissions.edit(ctx.actor, id, edit)),

  editScore: userProcedure
    .input(
      z.object({
        id,
        columnKey: z.string().max(100),
        // What numeric(20, 10) holds.
        value: z.number().gt(-1e10).lt(1e10),
        reason,
      }),
    )
    .mutation(({ ctx, input: { id, ...edit } }) => ctx.hub.submissions.editScore(ctx.actor, id, edit)),

  published: publicProcedure
    .input(z.object({ competitionId: id, phaseId: id.optional(), ...paging }))
    .query(({ ctx, input }) => ctx.hub.submissions.published(ctx.actor, input)),

  /** As each alone: what is refused is told, and holds up no other. */
  many: userProcedure
    .input(
      z.intersection(
        z.object({ ids: z.array(id).min(1).max(200) }),
        z.discriminatedUnion('action', [
          z.object({ action: z.literal('start') }),
          z.object({ action: z.literal('cancel') }),
          z.object({ action: z.literal('remove') }),
          z.object({ action: z.literal('setOnLeaderboard'), onLeaderboard: z.boolean() }),
          z.object({ action: z.literal('forceOntoLeaderboard'), reason }),
          z.object({ action: z.literal('publish'), isPublic: z.boolean() }),
        ]),
      ),
    )
    .mutation(({ ctx: { hub, actor }, input }) => {
      const { submissions } = hub;
      const { ids } = input;
      switch (input.action) {
        case 'start':
          return submissions.many.start(actor, ids);
        case 'cancel':
          return submissions.many.cancel(actor, ids);
        case 'remove':
          return submissions.many.remove(actor, ids);
        case 'setOnLeaderboard':
          return submissions.many.setOnLeaderboard(actor, ids, input.onLeaderboard);
        case 'forceOntoLeaderboard':
          return submissions.many.forceOntoLeaderboard(actor, ids, input.reason);
        case 'publish':
          return submissions.many.edit(actor, ids, { isPublic: input.isPublic });
        default:
          return input satisfies never;
      }
    }),

  changes: userProcedure
    .input(z.object({ competitionId: id, ...paging }))
    .query(({ ctx, input }) => ctx.hub.submissions.changes(ctx.actor, input)),

  limitChanges: userProcedure
    .input(z.object({ competitionId: id, ...paging }))
    .query(({ ctx, input }) => ctx.hub.submissions.limitChanges(ctx.actor, input)),

  batches: userProcedure
    .input(z.object({ competitionId: id }))
    .query(({ ctx, input }) => ctx.hub.submissions.batches.list(ctx.actor, input.competitionId)),

  rerunPhase: userProcedure
    .input(
      z.object({
        phaseId: id,
        taskKey: z.guid().optional(),
        onlyFormerVersions: z.boolean().optional(),
      }),
    )
    .mutation(({ ctx, input }) => ctx.hub.submissions.batches.rerunPhase(ctx.actor, input)),

  /** In the background; see `batches`. */
  rerunChosen: userProcedure
    .input(z.object({ competitionId: id, ids: z.array(id).min(1).max(200), taskKey: z.guid().optional() }))
    .mutation(({ ctx, input }) => ctx.hub.submissions.batches.rerunChosen(ctx.actor, input)),

  deleted: userProcedure
    .input(z.object({ competitionId: id, ...paging }))
    .query(({ ctx, input }) => ctx.hub.submissions.deleted(ctx.actor, input)),

  restore: userProcedure
    .input(one)
    .mutation(({ ctx, input }) => ctx.hub.submissions.restore(ctx.actor, input.id)),

  migrateTo: userProcedure
    .input(z.object({ phaseId: id }))
    .mutation(({ ctx, input }) => ctx.hub.submissions.batches.migrateTo(ctx.actor, input.phaseId)),

  limitsOf: userProcedure
    .input(person)
    .query(({ ctx, input }) => ctx.hub.submissions.limits.get(ctx.actor, input)),

  setLimits: userProcedure
    .input(
      person.extend({
        own: z.object({
          perDay: ownLimit,
          perMonth: ownLimit,
          inAll: ownLimit,
          atATime: ownLimit,
          isBlocked: z.boolean(),
        }),
        reset: z.boolean(),
        reason,
      }),
    )
    .mutation(({ ctx, input }) => ctx.hub.submissions.limits.set(ctx.actor, input)),

  forceOntoLeaderboard: userProcedure
    .input(z.object({ id, reason }))
    .mutation(({ ctx, input }) =>
      ctx.hub.submissions.forceOntoLeaderboard(ctx.actor, input.id, input.reason),
    ),

  setOnLeaderboard: userProcedure
    .input(z.object({ id, onLeaderboard: z.boolean() }))
    .mutation(({ ctx, input }) =>
      ctx.hub.submissions.setOnLeaderboard(ctx.actor, input.id, input.onLeaderboard),
    ),

  logs: publicProcedure
    .input(z.object({ runId: id, cursor: z.string().max(1_000).optional() }))
    .query(({ ctx, input }) => ctx.hub.submissions.logs.read(ctx.actor, input.runId, input.cursor)),
});
