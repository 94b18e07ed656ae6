import { z } from 'zod';

const id = z.string().min(1);
const attempt = z.number().int().positive();
const key = z.base64().length(44);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
/** NAME@VERSION of the site's dataset, null for a run that sees none. */
const dataset = z.string().min(1).nullable();

/**
 * What a ledger records, all of it. Ids are those of the hub, as text. An event says what was decided or done, when it was: nothing is
 * ever corrected, only followed by something else.
 */
export const ledgerEventSchema = z.discriminatedUnion('kind', [
  /** The node was started: what follows was done by this software. */
  z.object({ kind: z.literal('start'), softwareVersion: z.string(), engine: z.string() }),
  /** A hub asked for a run: all that the policy was asked about it. */
  z.object({
    kind: z.literal('assignment'),
    run: id,
    attempt,
    hub: z.string(),
    competition: id,
    phase: id,
    submission: id,
    /** id@hub */
    submitter: z.string(),
    submitterName: z.string(),
    /** What the hub vouches for about the submitter. */
    attributes: z.record(z.string(), z.string()),
    dataset,
    programs: z.array(digest),
    image: z.string(),
    resources: z.object({
      memoryBytes: z.number(),
      cpuMillis: z.number(),
      stepSeconds: z.number(),
      diskBytes: z.number(),
      gpus: z.number(),
    }),
    engine: z.string(),
    /** base64 of the envelopes that came along. */
    attestations: z.array(z.string()),
    rehearsal: z.boolean(),
  }),
  /** What the policy said, at each of the three moments at which it is asked. */
  z.object({
    kind: z.literal('decision'),
    run: id,
    attempt,
    at: z.enum(['assignment', 'container', 'release']),
    permitted: z.union([z.boolean(), z.literal('later')]),
    /** The place in the policy that decided. */
    rule: z.string(),
    /** Digest of the policy; null when there is none that can be read. */
    policy: digest.nullable(),
    /** Of the image that was at hand; null while there was none. */
    imageDigest: digest.nullable(),
  }),
  /** Something leaves the site. On disk before it does. */
  z.object({
    kind: z.literal('release'),
    run: id,
    attempt,
    /** id@hub */
    submitter: z.string(),
    dataset,
    what: z.enum(['scores', 'logs', 'report', 'code', 'output']),
    /** Identity of the computation: the same one gives the same release again, and is charged once. */
    key: z.string(),
    /** The upper bound of what it tells, as charged. */
    bits: z.number().nonnegative(),
    digest,
    /** base64 of exactly what leaves; null where the policy keeps its digest alone. */
    bytes: z.string().nullable(),
    /** Digest of the policy that let it out; null for a code that says that there was none. */
    policy: digest.nullable(),
    reviewers: z.array(z.string()),
  }),
  /** Something does not leave, or does not run. */
  z.object({
    kind: z.literal('refusal'),
    run: id,
    attempt,
    code: z.string(),
    rule: z.string(),
    /** For the people of the site; never leaves. */
    reason: z.string(),
  }),
  /**
   * An attempt ended before it came to an answer: the hub cancelled it, the site interrupted it, its lease went elsewhere, or the node failed.
   * What that tells of data that it had seen is in a release of its own.
   */
  z.object({
    kind: z.literal('end'),
    run: id,
    attempt,
    how: z.enum(['cancelled', 'interrupted', 'lost', 'failed']),
  }),
  /** Somebody at the site permitted a run, or did not. */
  z.object({
    kind: z.literal('approval'),
    question: id,
    run: id,
    person: z.string(),
    verdict: z.string(),
    reason: z.string(),
  }),
  /** Somebody at the site looked at what would leave. */
  z.object({
    kind: z.literal('review'),
    question: id,
    run: id,
    person: z.string(),
    verdict: z.string(),
    reason: z.string(),
    /** Of exactly what was looked at. */
    digest: digest.nullable(),
  }),
  /** Another policy is in force. */
  z.object({ kind: z.literal('policy'), digest, text: z.string() }),
  z.object({
    kind: z.literal('dataset'),
    name: z.string(),
    version: z.string(),
    digest: digest.nullable(),
    change: z.string(),
  }),
  /** Somebody took a copy of these entries. */
  z.object({
    kind: z.literal('export'),
    by: z.string(),
    from: z.number().int().positive(),
    to: z.number().int().nonnegative(),
    digest,
  }),
  /**
   * Another key signs receipts and the head of the ledger from the next entry on. Announced by the one before: `signature` is its own, see
   * `successionBytes`. Keys are raw Ed25519 public keys, all bytes are base64.
   */
  z.object({
    kind: z.literal('key'),
    node: id,
    from: key,
    to: key,
    at: z.iso.datetime(),
    signature: z.base64().length(88),
  }),
  z.object({ kind: z.literal('control'), what: z.enum(['pause', 'resume', 'drain']), by: z.string() }),
]);

export type LedgerEvent = z.infer<typeof ledgerEventSchema>;
export type LedgerEventKind = LedgerEvent['kind'];

export const LEDGER_EVENT_KINDS = ledgerEventSchema.options.map(({ shape }) => shape.kind.value);

/** The run that an event is about, if it is about one. */
export function runOf(event: LedgerEvent): string | null {
  return 'run' in event ? event.run : null;
}
