import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AssignmentSchema } from '../gen/weir/node/v1/link_pb.js';
import { digestOf } from './bytes.ts';
import type { Assigned } from './statement.ts';

type Assignment = MessageInitShape<typeof AssignmentSchema>;
type ScoreColumns = readonly NonNullable<Assignment['scoreColumns']>[number][];

const digests = new WeakMap<ScoreColumns, string>();

/**
 * What an assignment says, as receipts repeat it. The hub makes it of the assignment that it sends and the node of the one that it got, so
 * that neither can be of another mind about what was asked.
 *
 * @param hub the name of the hub at the other end, for assignments that name none
 * @param columns the columns of the assignment, as an object by which their digest is remembered
 */
export function assignedBy(
  assignment: Assignment,
  hub: string,
  columns: ScoreColumns = assignment.scoreColumns ?? [],
): Assigned {
  const { siteData } = assignment;
  // Who handed the run on counts its attempts, and checks the receipt.
  const { runId, attempt } = assignment.origin ?? assignment;
  return {
    hub: assignment.hub || hub,
    competition: String(assignment.competitionId ?? 0n),
    phase: String(assignment.phaseId ?? 0n),
    task: assignment.taskKey ?? '',
    submission: String(assignment.submissionId ?? 0n),
    submissionDigest: assignment.submission?.digest ?? '',
    run: String(runId ?? 0n),
    attempt: attempt ?? 0,
    ingestionProgram: assignment.ingestionProgram?.digest ?? null,
    scoringProgram: assignment.scoringProgram?.digest ?? null,
    inputData: assignment.inputData?.digest ?? null,
    referenceData: assignment.referenceData?.digest ?? null,
    image: assignment.image ?? '',
    dataset: siteData ? `${siteData.name ?? ''}@${siteData.version ?? ''}` : null,
    columns: columnsDigest(columns),
    rehearsal: assignment.rehearsal ?? false,
  };
}

/** SHA-256 of the declared columns as JSON: one array for each, [key, type, min, max, decimals, unit, minCases], null for what is left open. */
export function columnsDigest(columns: ScoreColumns): string {
  const known = digests.get(columns);
  if (known !== undefined) return known;
  const rows = columns.map(({ key, type, min, max, decimals, unit, minCases }) => [
    key ?? '',
    type ?? 0,
    min ?? null,
    max ?? null,
    decimals ?? null,
    unit ?? '',
    minCases ?? 0,
  ]);
  const digest = digestOf(JSON.stringify(rows));
  digests.set(columns, digest);
  return digest;
}
