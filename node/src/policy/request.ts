import type { Assignment } from '@weir/proto/node/v1';
import type { PolicyRequest } from './decide.ts';

/** An assignment as the policy sees it. */
export function policyRequest(assignment: Assignment): PolicyRequest {
  const { limits, siteData } = assignment;
  const programs = [assignment.scoringProgram, assignment.ingestionProgram];
  return {
    competition: { id: String(assignment.competitionId), title: assignment.competitionTitle },
    submitter: assignment.submitter,
    image: assignment.image,
    programs: programs.flatMap((program) => (program ? [program.digest] : [])),
    dataset: siteData ? { name: siteData.name, version: siteData.version } : null,
    resources: {
      memoryBytes: Number(limits?.memoryBytes ?? 0n),
      cpuMillis: limits?.cpuMillis ?? 0,
      stepSeconds: limits?.stepSeconds ?? 0,
      diskBytes: Number(limits?.diskBytes ?? 0n),
    },
  };
}
