import { chmod, cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FailureCode } from '@weir/proto/node/v1';
import { executeStep, type StepDeps } from './execute-step.ts';
import { type Program, readProgram, type StepTimes } from './metadata.ts';
import { planPrediction } from './plan.ts';
import { inspectPredictions, RESERVED_NAME } from './predictions.ts';
import { failed, failureOf, type StepFailure, type StepInput } from './result.ts';
import type { Workspace } from './workspace.ts';

export type PredictionResult = { readonly kind: 'completed'; readonly times: StepTimes } | StepFailure;

const participantsLimits = {
  time: FailureCode.PREDICTION_TIME_LIMIT,
  memory: FailureCode.PREDICTION_MEMORY_LIMIT,
  disk: FailureCode.PREDICTION_DISK_LIMIT,
};

/**
 * The prediction step, from unpacked artifacts to `predictions`. It runs for every submission:
 *
 *   submission                       program container   its files
 *   without metadata (a result)      -                   become the predictions
 *   metadata without a command       -                   are for ingestion alone; a failure when the task has none
 *   metadata with a command          runs it             -
 *
 * and the ingestion program runs beside it, unless it runs during scoring. Exit codes decide nothing; limits and what lies in the output do.
 *
 * After a restart it is called again with the same workspace: containers that outlived the node are adopted, and what was there stays.
 */
export async function runPrediction(input: StepInput, deps: StepDeps): Promise<PredictionResult> {
  const { workspace, ingestionDuringScoring, siteData } = input;
  const [program, ingestion, inputData] = await Promise.all([
    readProgram(await workspace.find('submission')),
    readProgram(await workspace.find('ingestion')),
    workspace.find('input-data'),
  ]);
  const hasIngestion = ingestion.kind !== 'absent';
  if (program.kind === 'without-command' && !hasIngestion) {
    return failed(FailureCode.SUBMISSION_WITHOUT_COMMAND);
  }
  const containers = planPrediction({
    program,
    ingestion,
    ingestionDuringScoring,
    siteData,
    hasInputData: inputData !== null,
    hasReference: false,
    hasFactSheet: false,
    path: (part) => workspace.path(part),
  });
  await handOn(workspace, program, ingestionDuringScoring, containers.length > 0);
  const end = await executeStep({ ...input, containers }, false, deps);
  if (end.kind !== 'completed') {
    const limits = { program: participantsLimits, ingestion: participantsLimits };
    return failureOf(end, limits, FailureCode.NODE_INTERNAL);
  }
  const refusal = await inspectPredictions(workspace.path('predictions'), input.limits.diskBytes);
  return refusal === null ? end : failed(refusal);
}

/**
 * Makes the predictions' folder, with the submission's own files where they belong there. With ingestion during scoring that also goes for a
 * submission without a command: the predictions are where that ingestion finds it.
 *
 * The node may be killed at any moment of it: the folder is there as a whole or not at all, and what is there is left alone, since a container that
 * outlived the node may be at work in it.
 */
async function handOn(
  workspace: Workspace,
  program: Program,
  ingestionDuringScoring: boolean,
  submissionStillNeeded: boolean,
): Promise<void> {
  const isResult = program.kind === 'without-metadata';
  const isForLater = program.kind === 'without-command' && ingestionDuringScoring;
  if (!isResult && !isForLater) {
    await workspace.make('predictions');
    return;
  }
  const [submission, predictions] = [workspace.path('submission'), workspace.path('predictions')];
  // The platform's own file of that name comes in the place of the submission's.
  const leaveName = (folder: string) =>
    isForLater ? rm(join(folder, RESERVED_NAME), { force: true }) : Promise.resolve();
  if (submissionStillNeeded) {
    await workspace.makeFilled('predictions', async (folder) => {
      await cp(submission, folder, { recursive: true, verbatimSymlinks: true });
      await leaveName(folder);
    });
  } else {
    await chmod(submission, 0o755);
    await leaveName(submission);
    await rename(submission, predictions);
  }
}
