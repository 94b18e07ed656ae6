import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { LogLevel, OutputKind } from '@weir/proto/node/v1';
import type { ArtifactGrant, ArtifactUrls, OutputKindName } from './artifact-urls.ts';
import type { PhaseSpec } from './phase-specs.ts';
import type { AssignmentInit } from './sessions.ts';
import { attributesOf, type Submitter } from './submitter.ts';
import type { StoredArtifact, TaskSpec } from './task-specs.ts';

/** A run that has just been leased. */
export interface LeasedRun extends Submitter {
  readonly runId: number;
  readonly attempt: number;
  readonly nodeId: string;
  readonly leaseExpiresAt: number;
  /** The root submission, as the participant knows it. */
  readonly submissionId: number;
  /** On the synthetic part of the site's data, with everything shown. */
  readonly isRehearsal: boolean;
  readonly submission: StoredArtifact;
  readonly factSheetAnswers: Readonly<Record<string, unknown>> | null;
}

/** What a competition may keep of a run besides scores. */
export const OUTPUTS: readonly { kind: OutputKind; name: OutputKindName; maxBytes: bigint }[] = [
  { kind: OutputKind.PREDICTION_RESULT, name: 'prediction_result', maxBytes: 256n << 20n },
  { kind: OutputKind.SCORING_RESULT, name: 'scoring_result', maxBytes: 256n << 20n },
  { kind: OutputKind.DETAILED_RESULT, name: 'detailed_result', maxBytes: 20n << 20n },
];

/** How long a node may take from the lease to its last transfer. */
export const GRANT_SECONDS = 24 * 3600;

export function toAssignment(
  run: LeasedRun,
  phase: PhaseSpec,
  task: TaskSpec,
  urls: ArtifactUrls,
): AssignmentInit {
  const grant: ArtifactGrant = {
    nodeId: run.nodeId,
    runId: run.runId,
    attempt: run.attempt,
    expires: Math.ceil(Date.now() / 1000) + GRANT_SECONDS,
  };
  const artifact = (stored: StoredArtifact) => ({
    digest: stored.digest,
    size: BigInt(stored.size),
    url: urls.artifact(stored.digest, grant),
  });
  // What the site's own data stands in for does not travel.
  const inputData = task.siteData?.input ? null : task.inputData;
  const referenceData = task.siteData?.reference ? null : task.referenceData;
  return {
    runId: BigInt(run.runId),
    attempt: run.attempt,
    leaseExpiresAt: timestampFromMs(run.leaseExpiresAt),
    competitionId: BigInt(phase.competitionId),
    competitionTitle: phase.competitionTitle,
    phaseId: BigInt(phase.phaseId),
    submissionId: BigInt(run.submissionId),
    submitter: run.submitter,
    submitterId: BigInt(run.submitterId),
    submitterAttributes: attributesOf(run),
    taskKey: task.key,
    image: phase.image,
    limits: phase.limits,
    submission: artifact(run.submission),
    ...(task.ingestionProgram && { ingestionProgram: artifact(task.ingestionProgram) }),
    ...(task.scoringProgram && { scoringProgram: artifact(task.scoringProgram) }),
    ...(inputData && { inputData: artifact(inputData) }),
    ...(referenceData && { referenceData: artifact(referenceData) }),
    ...(task.siteData && { siteData: task.siteData }),
    ingestionOnlyDuringScoring: task.ingestionOnlyDuringScoring,
    logLevel: run.isRehearsal ? LogLevel.FULL : phase.logLevel,
    scoreColumns: [...phase.scoreColumns],
    rehearsal: run.isRehearsal,
    attestations: [...task.attestations],
    // Beside data of a site a report may leave, if the site reviews it or lets it out; archives never.
    outputs: OUTPUTS.filter(({ name }) =>
      name === 'detailed_result' ? phase.keepsReport : !task.siteData || run.isRehearsal,
    ).map(({ kind, name, maxBytes }) => ({ kind, url: urls.output(name, grant), maxBytes })),
    factSheetAnswers: run.factSheetAnswers ? JSON.stringify(run.factSheetAnswers) : '',
  };
}
