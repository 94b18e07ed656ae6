import { z } from 'zod';
import { hubName } from '../federation/hub-document.ts';
import { publicProcedure, router, userProcedure } from '../trpc/init.ts';
import { follow } from './follow.ts';
import { followLogs } from './follow-logs.ts';
import { followOwn } from './follow-own.ts';
import { forClient } from './for-client.ts';

const id = z.number().int().positive();
/** Peers send no hints: what they show is looked at anew. All who look share one answer. */
const PEER_POLL_MS = 4_000;
const lastEventId = z.string().max(2_000).nullish();

/**
 * What changes under people's eyes. Every event holds the whole state or says what to fetch again, and each look is authorised anew; a client
 * that reconnects sends the last event's id and gets what it has missed.
 */
export const liveRouter = router({
  submission: publicProcedure.input(z.object({ id, lastEventId })).subscription(({ ctx, input, signal }) =>
    forClient(ctx.hub, signal, (source) =>
      follow({
        ...source,
        topic: `submission:${input.id}`,
        lastEventId: input.lastEventId,
        read: () => ctx.hub.submissions.peek(ctx.actor, input.id),
      }),
    ),
  ),

  mySubmissions: userProcedure
    .input(z.object({ phaseId: id, lastEventId }))
    .subscription(({ ctx, input, signal }) =>
      forClient(ctx.hub, signal, (source) =>
        followOwn({
          ...source,
          topic: `phase:${input.phaseId}:owner:${ctx.user.id}`,
          lastEventId: input.lastEventId,
          read: async () => (await ctx.hub.submissions.mine(ctx.actor, { phaseId: input.phaseId })).items,
        }),
      ),
    ),

  logs: publicProcedure.input(z.object({ runId: id, lastEventId })).subscription(({ ctx, input, signal }) =>
    forClient(ctx.hub, signal, (source) =>
      followLogs({
        ...source,
        topic: `logs:${input.runId}`,
        lastEventId: input.lastEventId,
        read: (cursor) => ctx.hub.submissions.logs.read(ctx.actor, input.runId, cursor),
      }),
    ),
  ),

  leaderboard: publicProcedure
    .input(z.object({ phaseId: id, lastEventId }))
    .subscription(({ ctx, input, signal }) =>
      forClient(ctx.hub, signal, (source) =>
        follow({
          ...source,
          topic: `leaderboard:${input.phaseId}`,
          lastEventId: input.lastEventId,
          read: async () => ({ version: await ctx.hub.leaderboards.version(ctx.actor, input.phaseId) }),
        }),
      ),
    ),

  peerSubmission: userProcedure.input(z.object({ id, lastEventId })).subscription(({ ctx, input, signal }) =>
    forClient(ctx.hub, signal, (source) =>
      follow({
        ...source,
        topic: `peer-submission:${input.id}`,
        lastEventId: input.lastEventId,
        read: () => ctx.hub.participation.submissions.peek(ctx.actor, input.id),
      }),
    ),
  ),

  myPeerSubmissions: userProcedure
    .input(z.object({ hub: hubName, competitionId: id, lastEventId }))
    .subscription(({ ctx, input: { lastEventId, ...filter }, signal }) =>
      forClient(ctx.hub, signal, (source) =>
        followOwn({
          ...source,
          topic: `peer-submissions:${ctx.user.id}`,
          lastEventId,
          read: async () => (await ctx.hub.participation.submissions.mine(ctx.actor, filter)).items,
        }),
      ),
    ),

  /** The peer is asked now and then while somebody looks. */
  peerLogs: userProcedure
    .input(z.object({ id, runId: id, lastEventId }))
    .subscription(({ ctx, input, signal }) =>
      forClient(ctx.hub, signal, (source) =>
        followLogs({
          ...source,
          topic: `peer-submission:${input.id}`,
          lastEventId: input.lastEventId,
          pollMs: PEER_POLL_MS,
          read: (cursor) => ctx.hub.participation.submissions.logs(ctx.actor, input.id, input.runId, cursor),
        }),
      ),
    ),

  peerBoard: publicProcedure
    .input(z.object({ hub: hubName, id, phaseId: id, lastEventId }))
    .subscription(({ ctx, input: { lastEventId, ...board }, signal }) =>
      forClient(ctx.hub, signal, (source) =>
        follow({
          ...source,
          topic: `peer-board:${board.hub}:${board.phaseId}`,
          lastEventId,
          pollMs: PEER_POLL_MS,
          read: async () => {
            const { content } = await ctx.hub.participation.board(ctx.actor, board);
            return { version: content.version };
          },
        }),
      ),
    ),

  creation: userProcedure.input(z.object({ id, lastEventId })).subscription(({ ctx, input, signal }) =>
    forClient(ctx.hub, signal, (source) =>
      follow({
        ...source,
        topic: `creation:${input.id}`,
        lastEventId: input.lastEventId,
        read: () => ctx.hub.creations.get(ctx.actor, input.id),
      }),
    ),
  ),
});
