import { create, fromBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type Artifact,
  type Assignment,
  AssignmentSchema,
  AttemptRefSchema,
  OutputSlotSchema,
} from '@weir/proto/node/v1';
import type { ArtifactGrant, ArtifactUrls } from '../artifact-urls.ts';
import { GRANT_SECONDS, OUTPUTS } from '../assignment.ts';

/** A run of another hub, as it is claimed. */
export interface GuestOrder {
  /** Name of the hub that the run belongs to. */
  readonly hub: string;
  /** As that hub counts. */
  readonly run: number;
  readonly attempt: number;
  /** base64 of what that hub asks for. */
  readonly assignment: string;
}

export interface LeasedGuest {
  readonly runId: number;
  readonly attempt: number;
  readonly nodeId: string;
  readonly leaseExpiresAt: number;
  readonly guest: GuestOrder;
}

/** Files that an assignment names. */
export function filesOf(assignment: Assignment): Artifact[] {
  const { submission, ingestionProgram, scoringProgram, inputData, referenceData } = assignment;
  return [submission, ingestionProgram, scoringProgram, inputData, referenceData].filter(
    (file) => file !== undefined,
  );
}

/**
 * What a node of this hub is assigned for another hub: what that hub asks for, with this hub's run and attempt, its own copies of the files, and the name
 * under which this hub knows the other, whatever that calls itself.
 */
export function toGuestAssignment(
  { runId, attempt, nodeId, leaseExpiresAt, guest }: LeasedGuest,
  urls: ArtifactUrls,
): Assignment {
  const assignment = fromBinary(AssignmentSchema, Buffer.from(guest.assignment, 'base64'));
  const grant = { nodeId, runId, attempt, expires: Math.ceil(Date.now() / 1000) + GRANT_SECONDS };
  for (const file of filesOf(assignment)) file.url = urls.artifact(file.digest, grant);
  return Object.assign(assignment, {
    runId: BigInt(runId),
    attempt,
    leaseExpiresAt: timestampFromMs(leaseExpiresAt),
    hub: guest.hub,
    origin: create(AttemptRefSchema, { runId: BigInt(guest.run), attempt: guest.attempt }),
    outputs: outputsOf(assignment, grant, urls),
  });
}

/** What that hub would keep, left at this one first. The site decides what leaves. */
function outputsOf({ outputs, rehearsal }: Assignment, grant: ArtifactGrant, urls: ArtifactUrls) {
  return OUTPUTS.flatMap(({ kind, name, maxBytes }) => {
    const asked = outputs.find((slot) => slot.kind === kind);
    if (!asked || (name !== 'detailed_result' && !rehearsal)) return [];
    const most = asked.maxBytes < maxBytes ? asked.maxBytes : maxBytes;
    return [create(OutputSlotSchema, { kind, url: urls.output(name, grant), maxBytes: most })];
  });
}
