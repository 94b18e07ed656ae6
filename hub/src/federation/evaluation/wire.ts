import { z } from 'zod';
import { runState, waitReason } from '../../dispatch/schema.ts';

/**
 * What hubs say to one another about evaluating. The hub whose competition it is (here *the organizing hub*) calls, the hub with the site answers:
 *
 *   sites    what it may use; asked now and then
 *   offer    hands one attempt over. Repeated until it is answered, and again whenever the other does not know the attempt: idempotent by run and attempt,
 *            which is the fencing token. A later attempt of a run takes the place of an earlier one.
 *   follow   what has become of the attempts that it holds. An outcome is told each time until the attempt is among the `gone`, which says that it was
 *            recorded, or that the attempt is no longer the site's: what still runs of it is stopped then. Idempotent too.
 *
 * Either side may be away for as long as it likes, or lose what it knew since its last backup: nothing counts twice, since the organizing hub takes the
 * outcome of its current attempt alone, and once.
 */
export const MOST_FOLLOWED = 500;
export const LONGEST_WAIT_MS = 20_000;

const text = (most: number) => z.string().max(most);
const attempt = z.object({ run: z.int().positive(), attempt: z.int().min(1).max(1_000_000) });
const base64 = (mostBytes: number) => z.base64().max(Math.ceil((mostBytes * 4) / 3) + 4);

export type AttemptName = z.infer<typeof attempt>;

/** What competitions of the asking hub may use here. */
export const siteListing = z.object({
  sites: z
    .array(
      z.object({
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

/** `assignment`: an Assignment of link.proto. Its run and attempt are those named here; addresses of files are paths at the organizing hub. */
export const offer = attempt.extend({ site: text(40), assignment: base64(400 * 1024) });

export type Offer = z.infer<typeof offer>;

export const question = z.object({
  /** With what was told last of each: nothing is told twice, but outcomes. */
  held: z.array(attempt.extend({ seen: text(64) })).max(MOST_FOLLOWED),
  gone: z.array(attempt).max(MOST_FOLLOWED),
  /** So long the answer may be held back while there is nothing to tell. */
  waitMs: z.int().min(0).max(LONGEST_WAIT_MS),
});

export type Question = z.infer<typeof question>;

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
        /** Once it is over: an Outcome of link.proto, its receipt with the signatures of node and hub. */
        outcome: base64(200 * 1024).nullable(),
        /** Raw public key of the node's signature; null without scores. */
        nodeKey: base64(32).nullable(),
      }),
    )
    .max(MOST_FOLLOWED),
  /** Held, and not known: never offered, or forgotten with a backup. */
  unknown: z.array(attempt).max(MOST_FOLLOWED),
});

export type Answer = z.infer<typeof answer>;
export type ToldRun = Answer['runs'][number];
