import type { Assignment } from '@weir/proto/node/v1';
import type { LedgerEvent } from '../ledger/events.ts';
import type { PolicyFacts, PolicyRequest } from './decide.ts';
import { policyRequest } from './request.ts';

type AssignmentEvent = LedgerEvent & { kind: 'assignment' };

/** An assignment for the ledger: all that the policy is asked about it, so that its decisions can be explained years later. */
export function assignmentEvent(
  assignment: Assignment,
  { hub, engine }: Pick<PolicyFacts, 'hub' | 'engine'>,
): AssignmentEvent {
  const request = policyRequest(assignment, null);
  const owner = request.hub || hub;
  return {
    kind: 'assignment',
    run: String(assignment.runId),
    attempt: assignment.attempt,
    hub: owner,
    competition: request.competition.id,
    phase: String(assignment.phaseId),
    submission: String(assignment.submissionId),
    submitter: `${request.submitterId}@${owner}`,
    submitterName: request.submitter,
    attributes: { ...request.attributes },
    dataset: request.dataset && `${request.dataset.name}@${request.dataset.version}`,
    programs: [...request.programs],
    image: request.image,
    resources: { ...request.resources },
    engine,
    attestations: request.attestations.map((each) => Buffer.from(each).toString('base64')),
    rehearsal: request.rehearsal,
  };
}

/** The other way round: what the policy was asked then, to ask it again. */
export function requestOf(event: AssignmentEvent, imageDigest: string | null): PolicyRequest {
  const [name = '', version = ''] = event.dataset?.split('@') ?? [];
  const [submitterId = ''] = event.submitter.split('@');
  return {
    hub: event.hub,
    competition: { id: event.competition, title: '' },
    submitter: event.submitterName,
    submitterId,
    attributes: event.attributes,
    image: event.image,
    imageDigest,
    programs: event.programs,
    attestations: event.attestations.map((each) => Buffer.from(each, 'base64')),
    dataset: event.dataset === null ? null : { name, version },
    rehearsal: event.rehearsal,
    resources: event.resources,
  };
}
