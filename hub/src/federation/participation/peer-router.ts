import { z } from 'zod';
import { federationRoutes, peerProcedure } from '../trpc.ts';
import { entryRequest } from './wire/entry.ts';
import { wantedFile } from './wire/file.ts';
import { changesQuestion } from './wire/following.ts';
import { submissionEdit } from './wire/submission.ts';

const id = z.int().min(1).max(2_147_483_647);
const assertion = z.string().max(50_000);
const keyed = z.object({ assertion, key: z.uuid() });
const competition = z.object({ competitionId: id });

/** How people of other hubs take part here. */
export const participationPeerRouter = federationRoutes({
  competition: peerProcedure('list')
    .input(competition)
    .query(({ ctx: { hub, peer }, input }) =>
      hub.participation.guests.competition(peer, input.competitionId),
    ),

  board: peerProcedure('list')
    .input(
      z.object({
        phaseId: id,
        cursor: z.string().max(5_000).optional(),
        limit: z.int().min(1).max(200).optional(),
        split: z.string().max(100).optional(),
        sort: z.string().max(100).optional(),
        task: id.optional(),
        reversed: z.boolean().optional(),
      }),
    )
    .query(({ ctx: { hub, peer }, input }) => hub.participation.guests.board(peer, input)),

  published: peerProcedure('list')
    .input(competition.extend({ phaseId: id.optional(), cursor: z.string().max(500).optional() }))
    .query(({ ctx: { hub, peer }, input }) => hub.participation.guests.published(peer, input)),

  /** Of what any visitor sees; those of one's own come by `receipts`. */
  receiptsOfEntry: peerProcedure('list')
    .input(z.object({ submissionId: z.int().min(1) }))
    .query(({ ctx: { hub, peer }, input }) => hub.participation.guests.receipts(peer, input.submissionId)),

  /** For somebody, with an assertion to register or to submit; without, as for any visitor. */
  file: peerProcedure('list')
    .input(z.object({ assertion: assertion.nullable(), file: wantedFile }))
    .query(({ ctx: { hub, peer }, input }) =>
      hub.participation.fileOffers.offer(peer, input.assertion, input.file),
    ),

  /** With the home hub's statement about the terms (`wire/acceptance.ts`). Can be repeated. */
  register: peerProcedure('register')
    .input(competition.extend({ assertion, statement: z.string().max(4_000) }))
    .mutation(({ ctx: { hub, peer }, input }) => hub.participation.guests.register(peer, input)),

  standing: peerProcedure('register')
    .input(competition.extend({ assertion }))
    .query(({ ctx: { hub, peer }, input }) => hub.participation.guests.standing(peer, input)),

  leave: peerProcedure('register')
    .input(competition.extend({ assertion }))
    .mutation(async ({ ctx: { hub, peer }, input }) => {
      await hub.participation.guests.leave(peer, input);
      return {};
    }),

  /** May something be delivered: then where its bytes go. Each answer ends the grant before it. */
  grant: peerProcedure('submit')
    .input(keyed.extend({ request: entryRequest }))
    .mutation(({ ctx: { hub, peer }, input }) => hub.participation.entries.grant(peer, input)),

  /** Once all bytes are here. Repeated: the same submission. */
  submit: peerProcedure('submit')
    .input(keyed)
    .mutation(async ({ ctx: { hub, peer }, input }) => ({
      submission: await hub.participation.entries.submit(peer, input),
    })),

  /** Withdraws what is not entered yet, and cancels what is. Repeated: no harm. */
  cancel: peerProcedure('submit')
    .input(keyed)
    .mutation(async ({ ctx: { hub, peer }, input }) => ({
      submission: await hub.participation.entries.cancel(peer, input),
    })),

  /** Of what the caller has delivered and asks about, whatever is not as it has seen it. The answer is held back for up to `waitMs` while all is. */
  changes: peerProcedure('submit')
    .input(changesQuestion)
    .query(({ ctx: { hub, peer }, input, signal }) =>
      hub.participation.entered.changes(
        peer,
        input,
        signal ? AbortSignal.any([signal, hub.stopping]) : hub.stopping,
      ),
    ),

  /** All that stands here of one person, page by page: their home hub may have been restored from a backup. */
  records: peerProcedure('submit')
    .input(z.object({ assertion, after: z.int().min(0) }))
    .query(({ ctx: { hub, peer }, input }) => hub.participation.entered.records(peer, input)),

  logs: peerProcedure('submit')
    .input(z.object({ assertion, runId: z.int().min(1), cursor: z.string().max(1_000).nullable() }))
    .query(({ ctx: { hub, peer }, input }) => hub.participation.entered.logs(peer, input)),

  receipts: peerProcedure('submit')
    .input(keyed)
    .query(({ ctx: { hub, peer }, input }) => hub.participation.entered.receipts(peer, input)),

  details: peerProcedure('submit')
    .input(keyed)
    .query(({ ctx: { hub, peer }, input }) => hub.participation.entered.details(peer, input)),

  edit: peerProcedure('submit')
    .input(keyed.extend({ edit: submissionEdit }))
    .mutation(async ({ ctx: { hub, peer }, input }) => ({
      submission: await hub.participation.entered.edit(peer, input),
    })),

  setOnLeaderboard: peerProcedure('submit')
    .input(keyed.extend({ onLeaderboard: z.boolean() }))
    .mutation(async ({ ctx: { hub, peer }, input }) => ({
      submission: await hub.participation.entered.setOnLeaderboard(peer, input),
    })),

  /** Repeated: no harm. */
  remove: peerProcedure('submit')
    .input(keyed)
    .mutation(async ({ ctx: { hub, peer }, input }) => {
      await hub.participation.entered.remove(peer, input);
      return {};
    }),
});
