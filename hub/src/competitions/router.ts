import { z } from 'zod';
import { attribute } from '../accounts/attributes.ts';
import { publicProcedure, router, userProcedure } from '../trpc/init.ts';

const id = z.number().int();
const paging = { cursor: z.string().max(500).optional(), limit: z.number().int().min(1).max(100).optional() };
const secretKey = z.string().max(100).optional();

const participantsRouter = router({
  list: userProcedure
    .input(
      z.object({
        competitionId: id,
        status: z.enum(['pending', 'approved', 'denied']).optional(),
        ...paging,
      }),
    )
    .query(({ ctx, input }) => ctx.hub.competitions.participation.list(ctx.actor, input)),

  decide: userProcedure
    .input(z.object({ participantId: id, status: z.enum(['approved', 'denied']) }))
    .mutation(({ ctx, input }) =>
      ctx.hub.competitions.participation.decide(ctx.actor, input.participantId, input.status),
    ),
});

const limit = z.number().int().min(1).max(1_000_000).nullable().optional();

const phasesRouter = router({
  list: userProcedure
    .input(z.object({ competitionId: id }))
    .query(({ ctx, input }) => ctx.hub.competitions.phases.list(ctx.actor, input.competitionId)),

  edit: userProcedure
    .input(
      z.object({
        id,
        name: z.string().trim().min(1).max(256).optional(),
        description: z.string().max(10_000).optional(),
        startsAt: z.coerce.date().optional(),
        endsAt: z.coerce.date().nullable().optional(),
        maxSubmissionsPerDay: limit,
        maxSubmissionsPerMonth: limit,
        maxSubmissionsPerPerson: limit,
        maxConcurrentSubmissions: limit,
        executionTimeLimitSeconds: z.number().int().min(1).max(2_000_000).optional(),
        autoMigrateToThisPhase: z.boolean().optional(),
        hideOutput: z.boolean().optional(),
        hidePredictionOutput: z.boolean().optional(),
        hideScoreOutput: z.boolean().optional(),
        keepFormerVersions: z.boolean().optional(),
        taskIds: z.array(id).max(100).optional(),
        leaderboardId: id.optional(),
        publicData: z.string().max(100).nullable().optional(),
        startingKit: z.string().max(100).nullable().optional(),
      }),
    )
    .mutation(({ ctx, input: { id, ...edit } }) => ctx.hub.competitions.phases.edit(ctx.actor, id, edit)),

  add: userProcedure
    .input(
      z.object({
        competitionId: id,
        name: z.string().trim().min(1).max(256),
        startsAt: z.coerce.date(),
        endsAt: z.coerce.date().nullable(),
        taskIds: z.array(id).max(100),
        leaderboardId: id,
      }),
    )
    .mutation(({ ctx, input: { competitionId, ...phase } }) =>
      ctx.hub.competitions.phases.add(ctx.actor, competitionId, phase),
    ),

  remove: userProcedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.phases.remove(ctx.actor, input.id)),
});

export const competitionsRouter = router({
  list: publicProcedure
    .input(
      z.object({
        search: z.string().trim().max(200).optional(),
        state: z.enum(['upcoming', 'open', 'closed', 'draft', 'all']).optional(),
        type: z.enum(['competition', 'benchmark']).optional(),
        mine: z.boolean().optional(),
        joined: z.boolean().optional(),
        ...paging,
      }),
    )
    .query(({ ctx, input }) => ctx.hub.competitions.list(ctx.actor, input)),

  get: publicProcedure
    .input(z.object({ id, secretKey }))
    .query(({ ctx, input }) => ctx.hub.competitions.get(ctx.actor, input.id, input.secretKey)),

  join: userProcedure
    .input(z.object({ id, acceptTermsVersion: z.number().int(), secretKey }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.participation.join(ctx.actor, input)),

  leave: userProcedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.participation.leave(ctx.actor, input.id)),

  publish: userProcedure
    .input(z.object({ id, published: z.boolean() }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.publish(ctx.actor, input.id, input.published)),

  requireAttributes: userProcedure
    .input(
      z.object({
        id,
        required: z
          .array(
            z.object({
              name: attribute.shape.name,
              values: z.array(z.string().regex(/^\S{1,500}$/)).max(50),
            }),
          )
          .max(20),
      }),
    )
    .mutation(({ ctx, input }) =>
      ctx.hub.competitions.requireAttributes(ctx.actor, input.id, input.required),
    ),

  remove: userProcedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.remove(ctx.actor, input.id)),

  createFromBundle: userProcedure
    .input(z.object({ resourceKey: z.string().max(100) }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.createFromBundle(ctx.actor, input.resourceKey)),

  checkBundle: userProcedure
    .input(z.object({ resourceKey: z.string().max(100) }))
    .mutation(({ ctx, input }) => ctx.hub.competitions.checkBundle(ctx.actor, input.resourceKey)),

  phases: phasesRouter,
  participants: participantsRouter,
});
