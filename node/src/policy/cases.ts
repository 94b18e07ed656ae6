import { RefusalCode, WaitReason } from '@weir/proto/node/v1';
import { z } from 'zod';
import { type Decision, decide, type HubFacts, type PolicyFacts, type PolicyRequest } from './decide.ts';
import { parseYamlAs } from './parse.ts';
import { byteCount } from './quantities.ts';
import type { Policy } from './schema.ts';

const word = z.union([z.string(), z.number()]).transform(String);
const count = z.number().int().nonnegative();

/** A run in the words of the policy. What is left out is as small as it can be: nobody, no programs, no data, no memory. */
const runSchema = z.strictObject({
  /** The hub that competition and submitter belong to; left out: the one that the node is enrolled at. */
  hub: z.string().default(''),
  competition: word.default('0'),
  submitter: z.string().default(''),
  attributes: z.record(z.string(), z.string()).default({}),
  image: z.string().default(''),
  /** As the engine finds it; left out: it has not looked yet. */
  image_digest: z.string().nullable().default(null),
  programs: z.array(z.string()).default([]),
  /** Files with envelopes, beside the file of cases. */
  attestations: z.array(z.string()).default([]),
  dataset: z
    .string()
    .regex(/^[^@]+@[^@]+$/, 'write it like NAME@VERSION')
    .nullable()
    .default(null),
  rehearsal: z.boolean().default(false),
  resources: z
    .strictObject({
      memory: byteCount.default(0),
      cpus: z.number().nonnegative().default(0),
      step_seconds: count.default(0),
      disk: byteCount.default(0),
      gpus: count.default(0),
    })
    .prefault({}),
  /** When it arrives; left out: now. */
  at: z.iso
    .datetime({ offset: true, error: 'write a moment like "2026-01-05T12:00:00Z", with quotes' })
    .optional(),
  moment: z.enum(['assignment', 'container', 'release']).default('assignment'),
  engine: z.string().default('docker'),
  runs_today: count.default(0),
  runs_today_of_submitter: count.default(0),
});

const REFUSALS = Object.keys(RefusalCode).filter((name) => Number.isNaN(Number(name)));

const caseSchema = z.strictObject({
  name: z.string().min(1),
  run: runSchema,
  expect: z.enum(['permitted', 'refused', 'later'], { error: 'write `permitted`, `refused` or `later`' }),
  /** The place in the policy that decides, or the beginning of it: `datasets` is also `datasets.sepsis@1.submitters`. */
  rule: z.string().optional(),
  /** Of a refusal, such as COMPETITION. */
  code: z.enum(REFUSALS, { error: `write one of ${REFUSALS.join(', ')}` }).optional(),
  /** Of a permission: which rules of egress apply. */
  kind: z.enum(['hub_data', 'site_data', 'rehearsal']).optional(),
  approval: z.enum(['automatic', 'per_competition', 'per_run']).optional(),
});

const fileSchema = z.strictObject({ cases: z.array(caseSchema).min(1) });

export type PolicyCase = z.infer<typeof caseSchema>;

export interface CaseResult {
  readonly name: string;
  /** Null when the policy decides as expected; otherwise what it decides, in words. */
  readonly problem: string | null;
}

/** Where a case is tried: at which hub, and how its files are read. */
export interface CaseContext {
  readonly hub: HubFacts;
  readonly now: Date;
  readFile(name: string): Uint8Array;
}

/** Reads a file of cases, or throws PolicyUnreadableError with every problem at once. */
export function parseCases(path: string, text: string): readonly PolicyCase[] {
  return parseYamlAs(fileSchema, path, text).cases;
}

/** Asks the policy about a case: what a steward means it to decide against what it does. */
export function tryCase(policy: Policy, tried: PolicyCase, context: CaseContext): CaseResult {
  const decision = decide(policy, toRequest(tried, context), toFacts(tried, context));
  const asExpected = describeExpected(tried) === describeDecided(tried, decision);
  return { name: tried.name, problem: asExpected ? null : `is ${describeDecision(decision)}` };
}

export function describeDecision(decision: Decision): string {
  switch (decision.permitted) {
    case true:
      return `permitted as ${decision.kind}, approval ${decision.approval} (${decision.rule})`;
    case false:
      return `refused with ${RefusalCode[decision.code]} (${decision.rule})`;
    case 'later': {
      const until = decision.until === null ? '' : ` until ${decision.until.toISOString()}`;
      return `later, waiting for ${WaitReason[decision.waitsFor]}${until} (${decision.rule})`;
    }
    default:
      return decision satisfies never;
  }
}

const WORDS = new Map<Decision['permitted'], PolicyCase['expect']>([
  [true, 'permitted'],
  [false, 'refused'],
  ['later', 'later'],
]);

function describeExpected({ expect, rule, code, kind, approval }: PolicyCase): string {
  return JSON.stringify([expect, rule, code, kind, approval]);
}

/** The decision in the words of the case; what the case leaves open is left out here too. */
function describeDecided({ rule, code, kind, approval }: PolicyCase, decision: Decision): string {
  const place = rule !== undefined && isAt(decision.rule, rule) ? rule : decision.rule;
  const refused = decision.permitted === false ? RefusalCode[decision.code] : null;
  const permitted = decision.permitted === true ? decision : null;
  return JSON.stringify([
    WORDS.get(decision.permitted),
    rule && place,
    code && refused,
    kind && (permitted?.kind ?? null),
    approval && (permitted?.approval ?? null),
  ]);
}

function isAt(place: string, rule: string): boolean {
  return place === rule || place.startsWith(`${rule}.`) || place.startsWith(`${rule} `);
}

function toRequest({ run }: PolicyCase, { readFile }: CaseContext): PolicyRequest {
  const [name = '', version = ''] = run.dataset?.split('@') ?? [];
  return {
    hub: run.hub,
    competition: { id: run.competition, title: '' },
    submitter: run.submitter,
    submitterId: '',
    attributes: run.attributes,
    image: run.image,
    imageDigest: run.image_digest,
    programs: run.programs,
    attestations: run.attestations.map(readFile),
    dataset: run.dataset === null ? null : { name, version },
    rehearsal: run.rehearsal,
    resources: {
      memoryBytes: run.resources.memory,
      cpuMillis: run.resources.cpus * 1000,
      stepSeconds: run.resources.step_seconds,
      diskBytes: run.resources.disk,
      gpus: run.resources.gpus,
    },
  };
}

function toFacts({ run }: PolicyCase, { hub, now }: CaseContext): PolicyFacts {
  return {
    moment: run.moment,
    now: run.at === undefined ? now : new Date(run.at),
    runsToday: run.runs_today,
    runsTodayOfSubmitter: run.runs_today_of_submitter,
    engine: run.engine,
    ...hub,
  };
}
