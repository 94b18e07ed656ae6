import { z } from 'zod';

/** Something a person can look at: bytes that would leave, or the description of a run that wants to begin. */
const materialSchema = z.object({
  kind: z.enum(['scores', 'logs', 'report', 'run']),
  /** For people, where its kind says too little. */
  title: z.string().optional(),
  mediaType: z.string(),
  /** Where the asker has the bytes. They are copied when the question is asked, and not looked at again. */
  path: z.string(),
  /** sha256:<hex> of the bytes. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  bytes: z.number().int().nonnegative(),
});

/**
 * A question to the people of the site, as the run that needs the answer asks it. Moments are ISO 8601.
 *
 * `id` names the question for good: asking again under it, in this life of the process or the next, is the same question.
 */
export const questionSchema = z.object({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/),
  /** `approval`: may this run begin? `review`: may these bytes leave? */
  kind: z.enum(['approval', 'review']),
  run: z.string(),
  attempt: z.number().int(),
  competition: z.object({ id: z.string(), title: z.string() }),
  /** `id` is unique over hubs: ID@HUB. */
  submitter: z.object({ id: z.string(), name: z.string() }),
  /** Whom the submitter belongs to, as the hub vouches, names or domains on lines of their own; nobody of them may see the material or vote. Null: unknown. */
  submitterOrganization: z.string().nullable(),
  dataset: z.string().nullable(),
  createdAt: z.iso.datetime(),
  /** From then on the console presses for an answer. */
  remindAt: z.iso.datetime(),
  /** From then on the answer is no. */
  refuseAt: z.iso.datetime(),
  reviewersNeeded: z.union([z.literal(1), z.literal(2)]),
  /** Of two reviewers neither sees the other's vote before both have voted. */
  blind: z.boolean(),
  /** What else helps to decide, in plain words: the rule that asks, what the release costs. */
  facts: z.array(z.object({ label: z.string(), value: z.string() })).default([]),
  material: z.array(materialSchema).min(1),
});

export type Question = z.output<typeof questionSchema>;
export type AskedQuestion = z.input<typeof questionSchema>;
export type Material = Question['material'][number];
export type MaterialKind = Material['kind'];

/** Somebody who may answer. Two people are two names. */
export interface Person {
  readonly name: string;
  /** Its name, or its domain. */
  readonly organization: string;
  /** Domains by which hubs know people of that organization. */
  readonly domains?: readonly string[];
}

/**
 * What a person says. `seen` is the digest of the material that was before their eyes (`QuestionView.digest`): a verdict about other bytes
 * than those of the moment does not count. A redaction puts a copy, cut by the reviewer, in the place of one piece of material.
 */
export type Verdict =
  | { readonly kind: 'approve'; readonly seen: string; readonly reason: string }
  | { readonly kind: 'refuse'; readonly seen: string; readonly reason: string }
  | {
      readonly kind: 'redact';
      readonly seen: string;
      /** Digest, as asked, of the material that is cut. */
      readonly of: string;
      readonly material: Uint8Array;
      readonly reason: string;
    };

export interface Answer {
  readonly verdict: 'approved' | 'refused' | 'expired';
  /** Digest as asked -> the bytes that leave instead. Material that is not named leaves as it was asked about. */
  readonly redacted: ReadonlyMap<string, Uint8Array>;
  /** Names of those whose votes decided; empty when time did. */
  readonly by: readonly string[];
  readonly reason: string;
}

/** What the ledger is told: one entry for each vote, each redaction, and for time that ran out. */
export type VerdictEvent =
  | {
      readonly kind: 'approval';
      readonly question: string;
      readonly run: string;
      readonly person: string;
      readonly verdict: RecordedVerdict;
      readonly reason: string;
    }
  | {
      readonly kind: 'review';
      readonly question: string;
      readonly run: string;
      readonly person: string;
      readonly verdict: RecordedVerdict;
      readonly reason: string;
      /** Of the material that the verdict is about; see `digestOf`. */
      readonly digest: string;
    };

/** `clear`: earlier votes no longer count, since the material changed. `expire`: nobody answered in time. */
export type RecordedVerdict = 'approve' | 'refuse' | 'redact' | 'expire' | 'clear';

/** The ledger as far as the desk uses it. */
export interface VerdictLedger {
  /** Resolves once the entry is on disk. */
  append(event: VerdictEvent): Promise<unknown>;
  entries(filter: {
    kinds: VerdictEvent['kind'][];
    run: string;
  }): AsyncIterable<{ readonly at: string; readonly event: object }>;
}
