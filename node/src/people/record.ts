import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Question, questionSchema, type VerdictEvent } from './question.ts';

const digest = z.string();

const pieceSchema = z.object({
  kind: z.enum(['scores', 'logs', 'report', 'run']),
  title: z.string().optional(),
  mediaType: z.string(),
  /** As asked. */
  digest,
  bytes: z.number(),
  /** The copy that stands in its place; null while it is as asked. */
  redacted: z.object({ digest, bytes: z.number() }).nullable(),
});

const voteSchema = z.object({
  person: z.string(),
  organization: z.string(),
  kind: z.enum(['approve', 'refuse']),
  reason: z.string(),
  at: z.string(),
});

const eventSchema: z.ZodType<VerdictEvent> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('approval'),
    question: z.string(),
    run: z.string(),
    person: z.string(),
    verdict: z.enum(['approve', 'refuse', 'redact', 'expire', 'clear']),
    reason: z.string(),
  }),
  z.object({
    kind: z.literal('review'),
    question: z.string(),
    run: z.string(),
    person: z.string(),
    verdict: z.enum(['approve', 'refuse', 'redact', 'expire', 'clear']),
    reason: z.string(),
    digest,
  }),
]);

export const QUESTION_STATES = [
  'open',
  'partly_answered',
  'disagreed',
  'approved',
  'refused',
  'expired',
  'withdrawn',
] as const;

/** A question as it is on disk: one file, replaced as a whole. */
export const recordSchema = z.object({
  question: questionSchema.omit({ material: true }),
  material: z.array(pieceSchema),
  state: z.enum(QUESTION_STATES),
  votes: z.array(voteSchema),
  /** When it came into its last state. */
  since: z.string(),
  /** When a run last asked. */
  askedAt: z.string(),
  reminded: z.boolean(),
  /** Not in the ledger yet, oldest first. An answer counts once there is nothing here. */
  outbox: z.array(z.object({ at: z.string(), event: eventSchema })),
});

export type QuestionRecord = z.infer<typeof recordSchema>;
export type QuestionState = QuestionRecord['state'];
export type Piece = QuestionRecord['material'][number];
export type Vote = QuestionRecord['votes'][number];

/** Names what is before a reviewer's eyes: the digest of the one piece of material, or of the list of digests. */
export function digestOf(material: readonly Piece[]): string {
  const digests = material.map(currentDigest);
  if (digests.length === 1) return digests[0]!;
  return `sha256:${createHash('sha256').update(digests.join('\n')).digest('hex')}`;
}

/** Of the bytes that would leave. */
export function currentDigest(piece: Piece): string {
  return piece.redacted?.digest ?? piece.digest;
}

export function newRecord(question: Question, now: string): QuestionRecord {
  const { material, ...rest } = question;
  return {
    question: rest,
    material: material.map(({ kind, title, mediaType, digest, bytes }) => ({
      kind,
      title,
      mediaType,
      digest,
      bytes,
      redacted: null,
    })),
    state: 'open',
    votes: [],
    since: now,
    askedAt: now,
    reminded: false,
    outbox: [],
  };
}
