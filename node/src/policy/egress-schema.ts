import { RE2JS } from 're2js';
import { z } from 'zod';
import { byteCount, duration } from './quantities.ts';

const choice = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.enum(words, { error: `write ${words.map((word) => `\`${word}\``).join(' or ')}` });

const orWord = <Item extends z.ZodType>(word: string, item: Item) =>
  z.union([z.literal(word).transform(() => null), item], {
    error: (issue) => `"${String(issue.input)}" will not do; write \`${word}\` or a value`,
  });

const count = z.number().int().nonnegative();
const decimals = z.number().int().min(0).max(15);
const range = z
  .tuple([z.number(), z.number()])
  .refine(([least, most]) => least < most, 'the first number has to be below the second');

/** RE2, whose time grows with the text and not with what a program prints to make a pattern backtrack. */
const scrubRule = z.strictObject({
  pattern: z
    .string()
    .max(1000)
    .transform((source, context) => {
      try {
        return RE2JS.compile(RE2JS.translateRegExp(source));
      } catch (error) {
        context.addIssue({
          code: 'custom',
          message: `not a regular expression that this node takes (RE2: without look-around and references back): ${error instanceof Error ? error.message : source}`,
        });
        return z.NEVER;
      }
    }),
  replace: z.string().max(100).default('[removed]'),
});

/** Rules as written in the file: what is absent is taken from what they stand on, see `resolveEgress`. */
export const egressSchema = z.strictObject({
  scores: z
    .strictObject({
      most: count.optional(),
      decimals: orWord('any', decimals).optional(),
      min_cases: count.optional(),
      require_range: z.boolean().optional(),
      columns: z
        .union([
          z.literal('declared'),
          z.record(
            z.string(),
            z.strictObject({
              type: choice('decimal', 'integer').optional(),
              range: range.optional(),
              decimals: decimals.optional(),
              min_cases: count.optional(),
            }),
          ),
        ])
        .optional(),
    })
    .optional(),
  logs: choice('none', 'codes', 'scrubbed', 'full').optional(),
  log_bytes: byteCount.optional(),
  scrub: z.array(scrubRule).max(100).optional(),
  reports: choice('no', 'review', 'yes').optional(),
  report_bytes: byteCount.optional(),
  outputs: choice('no', 'yes').optional(),
  review: z
    .strictObject({
      scores: choice('never', 'first', 'always').optional(),
      logs: choice('never', 'always').optional(),
      reviewers: z.union([z.literal(1), z.literal(2)], { error: 'write 1 or 2' }).optional(),
      blind: z.boolean().optional(),
      remind_after: duration.optional(),
      refuse_after: duration.optional(),
    })
    .optional(),
  timing: z.strictObject({ bucket: orWord('exact', duration).optional() }).optional(),
  budget: z
    .strictObject({
      per_submitter_bits: orWord('unlimited', z.number().nonnegative()).optional(),
      per_dataset_bits: orWord('unlimited', z.number().nonnegative()).optional(),
    })
    .optional(),
  record: choice('bytes', 'digest').optional(),
});

/** For data of the site: what programs print or write there may be the data. */
export const siteDataEgressSchema = egressSchema.extend({
  logs: z
    .enum(['none', 'codes', 'scrubbed'], {
      error:
        'write `none`, `codes` or `scrubbed`: `full` logs leave of rehearsals and of data of the hub alone',
    })
    .optional(),
  outputs: z
    .literal('no', { error: 'write `no`: archives leave of rehearsals and of data of the hub alone' })
    .optional(),
});

export type WrittenEgress = z.infer<typeof egressSchema>;
