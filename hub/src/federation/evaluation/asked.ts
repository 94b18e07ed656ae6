import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Assignment, AssignmentSchema } from '@weir/proto/node/v1';
import { filesOf } from '../../dispatch/guests/assignment.ts';
import { isDigest } from '../../storage/blob-store.ts';
import { OfferRefusedError } from './errors.ts';

/** One file of a run; sites keep their own data, so these are programs and submissions. */
const LARGEST_FILE = 16n << 30n;
const LONGEST_NAME = 150;
const MOST_ATTRIBUTES = 100;
const MOST_COLUMNS = 1_000;
const MOST_ATTESTATIONS = 8;

/** What another hub asks for, read as something that anybody may have written. */
export interface AskedRun {
  readonly assignment: Assignment;
  readonly competitionId: number;
  readonly dataset: { readonly name: string; readonly version: string };
}

/** @throws OfferRefusedError evaluation_invalid */
export function readAssignment(base64: string): AskedRun {
  const assignment = decode(base64);
  const { siteData, submitter, submitterAttributes, scoreColumns, attestations } = assignment;
  if (!siteData) throw invalid('it names no dataset of the site');
  if (assignment.competitionId < 1n || assignment.competitionId >= 2n ** 31n)
    throw invalid('there can be no such competition');
  for (const { digest, size, url } of filesOf(assignment)) {
    if (!isDigest(digest) || size > LARGEST_FILE) throw invalid('a file is too large, or has no digest');
    if (!url.startsWith(`/node/v1/artifacts/${digest.replace(':', '/')}?`))
      throw invalid('the address of a file is not where files of runs are');
  }
  if (!assignment.submission) throw invalid('there is no submission');
  const isModest =
    submitter.length > 0 &&
    submitter.length <= LONGEST_NAME &&
    Object.keys(submitterAttributes).length <= MOST_ATTRIBUTES &&
    scoreColumns.length <= MOST_COLUMNS &&
    attestations.length <= MOST_ATTESTATIONS;
  if (!isModest) throw invalid('it says more than there is to say about a run');
  const title = assignment.competitionTitle.replace(/[\p{C}\p{Z}]+/gu, ' ').slice(0, 200);
  return {
    assignment: Object.assign(assignment, { competitionTitle: title }),
    competitionId: Number(assignment.competitionId),
    dataset: siteData,
  };
}

export function encodeAssignment(assignment: Assignment): Buffer {
  return Buffer.from(toBinary(AssignmentSchema, assignment));
}

function decode(base64: string): Assignment {
  try {
    return fromBinary(AssignmentSchema, Buffer.from(base64, 'base64'));
  } catch {
    throw invalid('it is no assignment');
  }
}

function invalid(detail: string): OfferRefusedError {
  return new OfferRefusedError(
    'evaluation_invalid',
    `this hub does not take the run: what is asked for is not as agreed, ${detail}`,
  );
}
