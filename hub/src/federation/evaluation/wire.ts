import { z } from 'zod';
import { runState, waitReason } from '../../dispatch/schema.ts';
import { OFFER_REFUSALS, type OfferRefusal } from './errors.ts';

/**
 * What hubs say to one another about evaluating. The hub whose competition it is (here *the organizing hub*) calls, the hub with the site answers:
 *
 *   sites    what it may use; asked now and then
 *   offer    hands attempts over. Repeated until it is answered, and again whenever the other does not know an attempt: idempotent by run and attempt,
 *            which is the fencing token. A later attempt of a run takes the place of an earlier one.
 *   follow   what has become of the attempts that it holds: where each is, its logs from where the question says, its outcome until the question says that
 *            it `isOver`, and last what else there is (`rest`). Told again until the attempt is among the `gone`, which says that all was taken, or
 *            that the attempt is no longer the site's: what still runs of it is stopped then. Idempotent too.
 *
 * Files of a run that is over are fetched over HTTP, under addresses that each answer brings anew (`guest-outputs.ts`).
 *
 * Either side may be away for as long as it likes, or lose what it knew since its last backup: nothing counts twice, since the organizing hub takes the
 * outcome of its current attempt alone, and once.
 */
export const MOST_FOLLOWED = 500;
export const MOST_OFFERED = 64;
/** Of the assignments of one call, so that it stays below what a hub reads. */
export const MOST_OFFERED_BYTES = 700 * 1024;
/** Of logs, in one answer. */
export const MOST_LOG_BYTES = 2 * 1024 * 1024;
export const LONGEST_WAIT_MS = 20_000;

const text = (most: number) => z.string().max(most);
const attempt = z.object({ run: z.int().positive(), attempt: z.int().min(1).max(1_000_000) });
const base64 = (mostBytes: number) => z.base64().max(Math.ceil((mostBytes * 4) / 3) + 4);

export type AttemptName = z.infer<typeof attempt>;

export const nameOf = ({ run, attempt }: AttemptName) => `${run}/${attempt}`;

/** What competitions of the asking hub may use here. */
export const siteListing = z.object({
  sites: z
    .array(
      z.object({
        /** Stays when the name changes. */
        id: z.int().positive(),
        name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$/),
        title: text(200),
        sharesScores: z.boolean(),
        datasets: z
          .array(
            z.object({
              name: text(100),
              version: text(100),
              digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
              hasInput: z.boolean(),
              hasReference: z.boolean(),
              hasSynthetic: z.boolean(),
              counts: z.record(text(100), z.number()),
              competitions: z.array(z.int().positive()).max(10_000),
            }),
          )
          .max(1_000),
      }),
    )
    .max(1_000),
});

export type SiteListing = z.infer<typeof siteListing>;

/** `site`: its id in the listing. `assignment`: an Assignment of link.proto. Its run and attempt are those named here; addresses of files are paths at the organizing hub. */
const offer = attempt.extend({ site: z.int().positive(), assignment: base64(400 * 1024) });

export type Offer = z.infer<typeof offer>;

export const offers = z.object({ offers: z.array(offer).min(1).max(MOST_OFFERED) });

/** What is not among the refused was taken, now or before. */
export const taken = z.object({
  refused: z
    .array(
      attempt.extend({
        code: z.enum(Object.keys(OFFER_REFUSALS) as [OfferRefusal, ...OfferRefusal[]]),
        message: text(500),
      }),
    )
    .max(MOST_OFFERED),
});

export type Taken = z.infer<typeof taken>;

const stream = z.int().min(1).max(100);
const sequence = z.int().min(0).max(1_000_000);

/** Up to where the asking hub has the logs of an attempt. The other may try more than once within it; each try is numbered, and counts its chunks from 1. */
export const logPosition = z.object({
  try: z.int().min(0),
  streams: z.array(z.object({ stream, sequence })).max(16),
});

export type LogPosition = z.infer<typeof logPosition>;

const held = attempt.extend({
  /** What was told last: nothing is told twice, but outcomes. */
  seen: text(64),
  /** The outcome is recorded. */
  isOver: z.boolean(),
  /** Null when no logs are wanted. */
  logs: logPosition.nullable(),
});

export type Held = z.infer<typeof held>;

export const question = z.object({
  held: z.array(held).max(MOST_FOLLOWED),
  gone: z.array(attempt).max(MOST_FOLLOWED),
  /** So long the answer may be held back while there is nothing to tell. */
  waitMs: z.int().min(0).max(LONGEST_WAIT_MS),
});

export type Question = z.infer<typeof question>;

const logs = z.object({
  try: z.int().min(0),
  /** In order within each stream, without gaps after the position of the question. */
  chunks: z.array(z.object({ stream, sequence, text: base64(64 * 1024), truncated: z.boolean() })).max(2_000),
});

export type ToldLogs = z.infer<typeof logs>;

const output = z.object({
  kind: z.enum(['prediction_result', 'scoring_result', 'detailed_result']),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().min(0),
  /** A path at the answering hub, good for some minutes. */
  url: z.string().max(500).startsWith('/federation/outputs/'),
});

export type ToldOutput = z.infer<typeof output>;

export const answer = z.object({
  runs: z
    .array(
      attempt.extend({
        seen: text(64),
        state: z.enum(runState.enumValues),
        waitsFor: z.enum(waitReason.enumValues).nullable(),
        waitsUntil: z.iso.datetime().nullable(),
        /** Why it waits at that hub, in a sentence; null when it does not. */
        waiting: text(500).nullable(),
        /** Null when there is nothing after the position of the question. */
        logs: logs.nullable(),
        /** Once it is over: an Outcome of link.proto, its receipt with the signatures of node and hub. Null when it is known to be recorded. */
        outcome: base64(200 * 1024).nullable(),
        /** Raw public key of the node's signature; null without scores. */
        nodeKey: base64(32).nullable(),
        /** Once nothing more comes: what its programs left besides scores and logs. */
        rest: z.object({ outputs: z.array(output).max(8) }).nullable(),
      }),
    )
    .max(MOST_FOLLOWED),
  /** Held, and not known: never offered, or forgotten with a backup. */
  unknown: z.array(attempt).max(MOST_FOLLOWED),
});

export type Answer = z.infer<typeof answer>;
export type ToldRun = Answer['runs'][number];
