import type { ContainerRole, Mount } from '../engine/engine.ts';
import { commandWords } from './command-words.ts';
import type { Program } from './metadata.ts';
import { type CommandContext, replacePlaceholders } from './placeholders.ts';
import type { Part } from './workspace.ts';

/** Which container of a step: the submission or the scoring program, or the ingestion program beside it. */
export type ContainerKind = CommandContext['kind'];

/** Folders of the host that stand in for artifacts. Always mounted read-only. */
export interface SiteData {
  readonly input?: string;
  readonly reference?: string;
  /** Shown at /app/data in every container, participant code's included: it must hold no answers. */
  readonly data?: string;
}

export interface PlanInput {
  /** What the step's programs say about themselves. */
  readonly program: Program;
  readonly ingestion: Program;
  readonly ingestionDuringScoring: boolean;
  readonly hasInputData: boolean;
  readonly hasReference: boolean;
  readonly hasFactSheet: boolean;
  readonly siteData: SiteData;
  /** Where a part lies on the host. */
  readonly path: (part: Part) => string;
}

/** One container of a step; the rest of its specification is the same for all. */
export interface PlannedContainer {
  readonly kind: ContainerKind;
  readonly role: ContainerRole;
  readonly command: readonly string[];
  readonly mounts: readonly Mount[];
  readonly denyLinks: boolean;
}

/**
 * The containers of the prediction step. Both may run participant code (the ingestion program imports it), so neither sees reference data.
 *
 *   /app/program           submission | ingestion program
 *   /app/output            predictions
 *   /app/ingested_program  submission, for the ingestion program
 *   /app/input_data        input data
 */
export function planPrediction(input: PlanInput): PlannedContainer[] {
  const { path } = input;
  const output = writable(path('predictions'), '/app/output');
  const program = container(input, 'program', 'prediction', 'prediction', [
    writable(path('submission'), '/app/program'),
    output,
    ...inputData(input),
  ]);
  if (input.ingestionDuringScoring) return program;
  const ingestion = container(input, 'ingestion', 'prediction', 'prediction-ingestion', [
    writable(path('ingestion'), '/app/program'),
    output,
    writable(path('submission'), '/app/ingested_program'),
    ...inputData(input),
  ]);
  return [...program, ...ingestion];
}

/**
 * The containers of the scoring step. Only the scoring program sees reference data and writes what the scores are read from. Ingestion side by side
 * with it runs participant code: it gets an output of its own, and may make no links in the folders that both see.
 *
 *   /app/program           scoring program | ingestion program
 *   /app/output            score output | an output that nobody reads
 *   /app/shared            shared by both
 *   /app/input/res         predictions, which are the submission itself when ingestion runs here
 *   /app/input/ref         reference data, for the scoring program alone
 *   /app/input/fact_sheet  the participant's answers, for the scoring program alone; where the competition asks questions
 *   /app/ingested_program  predictions, for the ingestion program
 *   /app/input_data        input data, when ingestion runs here
 */
export function planScoring(input: PlanInput): PlannedContainer[] {
  const { path } = input;
  const exchanged = [
    writable(path('shared'), '/app/shared'),
    writable(path('predictions'), '/app/input/res'),
    ...(input.ingestionDuringScoring ? inputData(input) : []),
  ];
  const program = container(input, 'program', 'scoring', 'scoring', [
    writable(path('scoring'), '/app/program'),
    writable(path('score-output'), '/app/output'),
    ...exchanged,
    ...reference(input),
    ...(input.hasFactSheet ? [readOnly(path('fact-sheet'), '/app/input/fact_sheet')] : []),
  ]);
  if (!input.ingestionDuringScoring) return program;
  const ingestion = container(input, 'ingestion', 'scoring', 'scoring-ingestion', [
    writable(path('ingestion'), '/app/program'),
    writable(path('ingestion-output'), '/app/output'),
    writable(path('predictions'), '/app/ingested_program'),
    ...exchanged,
  ]);
  return [...program, ...ingestion];
}

/** No container for a program that is absent or says no command. */
function container(
  input: PlanInput,
  kind: ContainerKind,
  step: CommandContext['step'],
  role: ContainerRole,
  mounts: readonly Mount[],
): PlannedContainer[] {
  const program = input[kind];
  if (program.kind !== 'command') return [];
  const context = { kind, step, ingestionDuringScoring: input.ingestionDuringScoring };
  const { data } = input.siteData;
  return [
    {
      kind,
      role,
      command: commandWords(replacePlaceholders(program.command, context)),
      mounts: data === undefined ? mounts : [...mounts, readOnly(data, '/app/data')],
      denyLinks: role === 'scoring-ingestion',
    },
  ];
}

function inputData({ siteData, hasInputData, path }: PlanInput): Mount[] {
  if (siteData.input !== undefined) return [readOnly(siteData.input, '/app/input_data')];
  return hasInputData ? [writable(path('input-data'), '/app/input_data')] : [];
}

function reference({ siteData, hasReference, path }: PlanInput): Mount[] {
  if (siteData.reference !== undefined) return [readOnly(siteData.reference, '/app/input/ref')];
  return hasReference ? [writable(path('reference'), '/app/input/ref')] : [];
}

function writable(source: string, target: string): Mount {
  return { source, target, readOnly: false };
}

function readOnly(source: string, target: string): Mount {
  return { source, target, readOnly: true };
}
