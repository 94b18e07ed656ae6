import { z } from 'zod';
import { readPublicKey } from '../attestations/public-key.ts';
import { egressSchema, siteDataEgressSchema } from './egress-schema.ts';
import { byteCount } from './quantities.ts';
import { windowSchema } from './windows.ts';

const listOf = (item: z.ZodType<string>) =>
  z.union([z.literal('any'), z.array(item)], {
    error: 'write `any` or a list; an empty list permits nothing',
  });

/** Ids alone: anybody may make a competition and give it the title of another. */
const competitions = listOf(
  z
    .union([z.number(), z.string()])
    .transform(String)
    .refine((id) => /^[1-9]\d*(@[^@\s]+)?$/.test(id), {
      error:
        'not the id of a competition; it is the number in the address of its page (7, or 7@hub for another hub’s), and titles do not count',
    }),
);
const submitters = listOf(z.string().min(1));

const SIGNED_BY = /^signed_by:([A-Za-z0-9._-]+)$/;

/** The name in `signed_by:NAME`. */
export function signerIn(word: string): string | null {
  return SIGNED_BY.exec(word)?.[1] ?? null;
}

const programs = listOf(
  z.string().refine((item) => /^sha256:[0-9a-f]{64}$/.test(item) || SIGNED_BY.test(item), {
    error: 'not a digest; write it like sha256:<64 hex digits>, or signed_by:NAME',
  }),
);
const images = listOf(
  z
    .string()
    .refine(
      (item) =>
        !/^(sha256|signed_by):/.test(item) || /^sha256:[0-9a-f]{64}$/.test(item) || SIGNED_BY.test(item),
      {
        error: 'write a reference like python:3.12-slim, sha256:<64 hex digits>, or signed_by:NAME',
      },
    ),
);

const FOR_EVER =
  'has to be above 0, or runs would wait for ever; an empty list of competitions keeps them out';
const NAME = /^[A-Za-z0-9._-]+$/;
const BAD_NAME = 'names are letters, digits, ".", "_" and "-"';

const publicKey = z.string().transform((text, context) => {
  const key = readPublicKey(text);
  if (key !== null) return key;
  context.addIssue({
    code: 'custom',
    message: 'not an Ed25519 public key; write the base64 that `weir-node attest keygen` prints',
  });
  return z.NEVER;
});

/** Attribute -> values of which one has to be vouched for by the submitter's hub. All attributes that are named have to fit. */
const attributes = z.record(z.string(), z.array(z.string()));

const approval = z.enum(['automatic', 'per_competition', 'per_run'], {
  error: 'write `automatic`, `per_competition` or `per_run`',
});
export type Approval = z.infer<typeof approval>;

const datasetRule = z.strictObject({
  competitions,
  submitters: submitters.default('any'),
  attributes: attributes.default({}),
  approval: approval.optional(),
  nodes: z
    .int()
    .min(1, { error: 'write by how many nodes of the site these data are held, this one counted' })
    .optional(),
  egress: siteDataEgressSchema.optional(),
});
export type DatasetRule = z.infer<typeof datasetRule>;

const DATASET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(@[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$/;

const appData = z.strictObject({
  /** NAME@VERSION of a dataset that `datasets` permits for the run; otherwise nothing is shown. Its reference part never is. */
  dataset: z.string().regex(/^[^@]+@[^@]+$/, 'not a dataset; write it like NAME@VERSION'),
  /** In which steps. The prediction step runs participants' code. */
  steps: z.array(z.enum(['prediction', 'scoring'])).min(1),
});

/**
 * The site's policy file, key by key; README.md has the table for stewards. What it does not name is not permitted: lists that are absent would have to mean "nobody", so the file has to say
 * them, and everything that lets something out is off unless it is switched on.
 */
const shape = z.strictObject({
  version: z.literal(1, { error: 'this version of the node reads policies of `version: 1`' }),
  /** Names, or sha256:<fingerprint> of the hub's certificate authority. */
  hubs: listOf(z.string().min(1)),
  /** Ids, as in the addresses of their pages. */
  competitions,
  submitters,
  attributes: attributes.default({}),
  /** The organizer's programs (scoring and ingestion): sha256:<hex> or signed_by:NAME. */
  programs,
  /** References as competitions name them, sha256:<hex> as the engine finds it, or signed_by:NAME. */
  images,
  /** NAME -> base64 of a raw or SPKI Ed25519 public key. */
  signers: z.record(z.string().regex(NAME, BAD_NAME), publicKey).default({}),
  engines: listOf(z.string().min(1)).default('any'),
  /** The most that one run may be given; a run that wants more is refused. */
  resources: z.strictObject(
    {
      memory: byteCount,
      cpus: z.number().positive(),
      step_seconds: z.number().int().positive(),
      disk: byteCount,
      gpus: z.number().int().nonnegative().default(0),
    },
    {
      error: ({ code }) =>
        code === 'invalid_type'
          ? 'write { memory: 8GiB, cpus: 2, step_seconds: 3600, disk: 20GiB }'
          : undefined,
    },
  ),
  /** When runs may begin; absent: at any time. Outside of them they wait. */
  windows: z
    .array(windowSchema)
    .min(1, 'an empty list would have every run wait for ever; leave `windows` out instead')
    .optional(),
  /** How many runs may begin in a day; those above wait for the next one. */
  rate: z
    .strictObject({
      runs_per_day: z.number().int().positive(FOR_EVER).optional(),
      per_submitter_per_day: z.number().int().positive(FOR_EVER).optional(),
    })
    .default({}),
  /** Whether a person at the site is asked before a run begins. */
  approval: approval.default('automatic'),
  /** NAME@VERSION or NAME -> who may have it evaluated. A dataset that is not named is not used. */
  datasets: z
    .record(z.string().regex(DATASET, 'not a dataset; write it like NAME@VERSION or NAME'), datasetRule)
    .default({}),
  egress: z
    .strictObject({
      hub_data: egressSchema.optional(),
      site_data: siteDataEgressSchema.optional(),
      rehearsal: egressSchema.optional(),
    })
    .default({}),
  /** Organization -> domains by which hubs vouch for people of it (`hospital.example`, with all below it). Nobody reviews for their own. */
  organizations: z
    .record(
      z.string().min(1),
      z.array(
        z.string().regex(/^[^\s@]+\.[^\s@.]+$/, 'not a domain; write it like hospital.example, without an @'),
      ),
    )
    .default({}),
  /** People of the console, who may approve and review. */
  reviewers: z.record(z.string(), z.strictObject({ organization: z.string().min(1) })).default({}),
  /** Codabench shows a folder of the host at /app/data to every container. Here the input part of one dataset, where this says so. */
  mount_at_app_data: appData.optional(),
});

export const policySchema = shape.superRefine(({ programs, images, signers }, context) => {
  for (const [key, list] of Object.entries({ programs, images })) {
    for (const [index, word] of list === 'any' ? [] : list.entries()) {
      const signer = signerIn(word);
      if (signer === null || Object.hasOwn(signers, signer)) continue;
      const message = `nobody is called "${signer}" in \`signers\`; add the name and its public key there`;
      context.addIssue({ code: 'custom', path: [key, index], message });
    }
  }
});

export type Policy = z.infer<typeof shape>;
export type PermittedList = 'any' | readonly string[];
