import { z } from 'zod';
import { readFileIfThere, writeAtomically } from '../home/atomic-file.ts';

const resultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('scores'), values: z.record(z.string(), z.number()) }),
  z.object({ kind: z.literal('failure'), code: z.number().int() }),
  /** `rule` and `why` are for the people of the site. */
  z.object({ kind: z.literal('refusal'), code: z.number().int(), rule: z.string(), why: z.string() }),
]);

const costsSchema = z.object({
  scores: z.number(),
  code: z.number(),
  logs: z.enum(['none', 'codes', 'scrubbed']),
  logRoom: z.number(),
  reportRoom: z.number().nullable(),
});

const draftSchema = z.object({
  account: z.object({ submitter: z.string(), datasets: z.array(z.string()) }),
  result: resultSchema,
  logs: z.object({ prediction: z.string(), scoring: z.string() }),
  /** base64 */
  report: z.string().nullable(),
  /** Identity of the computation. */
  key: z.string(),
  /** What it costs; null when its containers saw no data of the site, or never ran. */
  costs: costsSchema.nullable(),
  /** What a person has to see before it leaves. */
  review: z.object({ scores: z.boolean(), logs: z.boolean(), report: z.boolean() }),
  /** What the moment at which it leaves is rounded up to; null for milliseconds. */
  bucketSeconds: z.number().nullable(),
  imageDigest: z.string(),
  datasetDigest: z.string().nullable(),
});

/**
 * What would leave of an attempt, as the gate let it pass: the one thing that people review, the ledger records and the hub is sent. It is on
 * disk before any of them sees it, so that a later life of the process goes on with the same bytes and runs nothing again.
 */
export type Draft = z.infer<typeof draftSchema>;

export async function readDraft(path: string): Promise<Draft | null> {
  const text = await readFileIfThere(path);
  return text === null ? null : draftSchema.parse(JSON.parse(text));
}

export async function writeDraft(path: string, draft: Draft): Promise<void> {
  await writeAtomically(path, JSON.stringify(draft));
}
