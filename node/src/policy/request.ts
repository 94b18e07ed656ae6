import type { Assignment } from '@weir/proto/node/v1';
import type { PolicyRequest } from './decide.ts';

/** An assignment as the policy sees it, with the image's digest once the engine has found it. */
export function policyRequest(assignment: Assignment, imageDigest: string | null): PolicyRequest {
  const { limits, siteData } = assignment;
  const programs = [assignment.scoringProgram, assignment.ingestionProgram];
  return {
    hub: assignment.hub,
    competition: { id: String(assignment.competitionId), title: assignment.competitionTitle },
    submitter: assignment.submitter,
    submitterId: String(assignment.submitterId),
    attributes: assignment.submitterAttributes,
    image: assignment.image,
    imageDigest,
    programs: programs.flatMap((program) => (program ? [program.digest] : [])),
    attestations: assignment.attestations,
    dataset: siteData ? { name: siteData.name, version: siteData.version } : null,
    rehearsal: assignment.rehearsal,
    resources: {
      memoryBytes: Number(limits?.memoryBytes ?? 0n),
      cpuMillis: limits?.cpuMillis ?? 0,
      stepSeconds: limits?.stepSeconds ?? 0,
      diskBytes: Number(limits?.diskBytes ?? 0n),
      gpus: limits?.gpus ?? 0,
    },
  };
}
