import { lstat, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FailureCode } from '@weir/proto/node/v1';
import { executeStep, type StepDeps } from './execute-step.ts';
import { readProgram, type StepTimes, stepMetadata } from './metadata.ts';
import { planScoring } from './plan.ts';
import { RESERVED_NAME } from './predictions.ts';
import { failed, failureOf, type StepFailure, type StepInput } from './result.ts';
import { readScores } from './scores.ts';

export interface ScoringInput extends StepInput {
  /** What `runPrediction` answered for this attempt; scoring programs read it as `metadata` among the predictions. */
  readonly prediction: StepTimes;
  /** The keys that scores may have. */
  readonly scoreKeys: readonly string[];
}

export type ScoringResult =
  | {
      readonly kind: 'completed';
      readonly scores: Readonly<Record<string, number>>;
      readonly times: StepTimes;
    }
  | StepFailure;

const limits = {
  program: {
    time: FailureCode.SCORING_TIME_LIMIT,
    memory: FailureCode.SCORING_MEMORY_LIMIT,
    disk: FailureCode.SCORING_DISK_LIMIT,
  },
  // Ingestion beside scoring runs the participant's code.
  ingestion: {
    time: FailureCode.PREDICTION_TIME_LIMIT,
    memory: FailureCode.PREDICTION_MEMORY_LIMIT,
    disk: FailureCode.PREDICTION_DISK_LIMIT,
  },
};

/**
 * The scoring step, from `predictions` to scores. The scoring program's exit code decides, the ingestion's does not. A scoring program without
 * metadata or command never runs, so that its scores are missing.
 *
 * After a restart it is called again with the same workspace, like `runPrediction`.
 */
export async function runScoring(input: ScoringInput, deps: StepDeps): Promise<ScoringResult> {
  const { workspace, ingestionDuringScoring, siteData } = input;
  const [program, ingestion, inputData, reference, factSheet] = await Promise.all([
    readProgram(await workspace.find('scoring')),
    readProgram(await workspace.find('ingestion')),
    workspace.find('input-data'),
    workspace.find('reference'),
    workspace.find('fact-sheet'),
  ]);
  if (program.kind !== 'command') return failed(FailureCode.SCORES_MISSING);
  const output = await workspace.make('score-output');
  await workspace.make('shared');
  if (ingestionDuringScoring) await workspace.make('ingestion-output');
  const predictions = await workspace.make('predictions');
  await writeAnew(join(predictions, RESERVED_NAME), stepMetadata(input.prediction));

  const containers = planScoring({
    program,
    ingestion,
    ingestionDuringScoring,
    siteData,
    hasInputData: inputData !== null,
    hasReference: reference !== null,
    hasFactSheet: factSheet !== null,
    path: (part) => workspace.path(part),
  });
  const end = await executeStep({ ...input, containers }, true, deps);
  if (end.kind !== 'completed') return failureOf(end, limits, FailureCode.SCORING_FAILED);
  if (await lstat(join(output, RESERVED_NAME)).catch(() => null)) {
    return failed(FailureCode.SCORING_RESERVED_NAME);
  }
  const read = await readScores(output, input.scoreKeys);
  return read.kind === 'scores' ? { kind: 'completed', scores: read.values, times: end.times } : read;
}

/** After a restart a program may still be at work in the folder: what it left under that name, such as a link to elsewhere, is not written through. */
async function writeAnew(path: string, content: string): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, content, { flag: 'wx' });
}
