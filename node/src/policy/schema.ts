import { z } from 'zod';

const DIGEST = /^sha256:[0-9a-f]{64}$/;

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  K: 1000,
  M: 1000 ** 2,
  G: 1000 ** 3,
  T: 1000 ** 4,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** `8Gi`, `8GiB`, `500M` or a plain number of bytes. */
const byteCount = z.union([z.number(), z.string()]).transform((value, context) => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]i?)?B?\s*$/.exec(String(value));
  if (!match) {
    context.addIssue({ code: 'custom', message: 'not a size; write it like 8GiB, 500MB or 1073741824' });
    return z.NEVER;
  }
  return Math.floor(Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1));
});

const listOf = (item: z.ZodType<string>) =>
  z.union([z.literal('any'), z.array(item)], {
    error: 'write `any` or a list; an empty list permits nothing',
  });

/** Ids alone: anybody may make a competition and give it the title of another. */
const competitions = listOf(
  z
    .union([z.number(), z.string()])
    .transform(String)
    .refine((id) => /^[1-9]\d*$/.test(id), {
      error:
        'not the id of a competition; it is the number in the address of its page, and titles do not count',
    }),
);
const names = listOf(z.string());

const logLevel = z.enum(['none', 'full'], { error: 'write `none` or `full`' });

const datasetRule = z.strictObject({ competitions, submitters: names.default('any') });

const appData = z.strictObject({
  /** NAME@VERSION of a dataset that `datasets` permits for the run; otherwise nothing is shown. Its reference part never is. */
  dataset: z.string().regex(/^[^@]+@[^@]+$/, 'not a dataset; write it like NAME@VERSION'),
  /** In which steps. The prediction step runs participants' code. */
  steps: z.array(z.enum(['prediction', 'scoring'])).min(1),
});

/**
 * The site's policy file. What it does not name is not permitted: lists that are absent would have to mean "nobody", so the file has to say
 * them, and everything that lets something out is off unless it is switched on.
 */
export const policySchema = z.strictObject({
  version: z.literal(1, { error: 'this version of the node reads policies of `version: 1`' }),
  /** Ids, as in the addresses of their pages. */
  competitions,
  submitters: names,
  /** Image references as competitions name them. */
  images: names,
  /** Digests of the organizer's programs (scoring and ingestion): sha256:<hex>. */
  programs: listOf(z.string().regex(DIGEST, 'not a digest; write it like sha256:<64 hex digits>')),
  /** The most that one run may be given; a run that wants more is refused. */
  resources: z.strictObject({
    memory: byteCount,
    cpus: z.number().positive(),
    step_seconds: z.number().int().positive(),
    disk: byteCount,
  }),
  /** How much of what containers print may leave, for tasks without data of the site and for tasks with it. */
  logs: z
    .strictObject({ hub_data: logLevel.default('none'), site_data: logLevel.default('none') })
    .default({ hub_data: 'none', site_data: 'none' }),
  /** Archives and reports besides scores; never for tasks with data of the site. */
  outputs: z.enum(['none', 'hub_data_only']).default('none'),
  /** NAME@VERSION or NAME -> who may have it evaluated. A dataset that is not named is not used. */
  datasets: z.record(z.string(), datasetRule).default({}),
  /** Codabench shows a folder of the host at /app/data to every container. Here the input part of one dataset, where this says so. */
  mount_at_app_data: appData.optional(),
});

export type Policy = z.infer<typeof policySchema>;
export type PermittedList = 'any' | readonly string[];
