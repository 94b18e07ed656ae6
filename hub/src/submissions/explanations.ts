import type { FailureCode, RefusalCode } from '@weir/proto/node/v1';
import type { Fault } from './outcome.ts';

type Name<Codes> = Lowercase<Exclude<keyof Codes & string, 'UNSPECIFIED'>>;

/** As dispatch stores them. */
export type FailureName =
  | Name<typeof FailureCode>
  | `refused_${Name<typeof RefusalCode>}`
  | 'attempts_exhausted'
  | 'node_revoked'
  | 'receipt_missing'
  | 'receipt_invalid'
  | 'refused_by_peer'
  | 'sites_missed';

export interface Explanation {
  readonly code: string;
  readonly fault: Fault;
  readonly sentence: string;
}

const AGAIN =
  'It does not count against your limits; submit again later, or ask the organizers to run it again.';
const ORGANIZERS = 'It does not count against your limits; tell the organizers.';
const SITE =
  'This is the decision of the site, not a fault of yours, and does not count against your limits.';

/** What happened, and what whoever submitted can do. Sites give codes alone, since free text could carry data. */
const SENTENCES: Readonly<Record<FailureName, string>> = {
  submission_unreadable:
    'Your submission is not a zip archive that can be unpacked. Zip plain files again, without links or a password, and submit the new archive.',
  submission_without_command:
    'Your submission has a metadata file without a command, so there is nothing to run. Add a line "command: ..." to it.',
  prediction_time_limit:
    'Execution time limit exceeded: your program ran longer than this phase allows and was stopped. Make it faster.',
  prediction_memory_limit:
    'Your program needed more memory than it may have and was stopped. Make it use less.',
  prediction_disk_limit:
    'Your program wrote more than it may. Write less, or delete what you no longer need as you go.',
  prediction_reserved_name:
    'Your program wrote a file called "metadata", a name that the platform itself needs there. Call it something else.',
  prediction_output_refused:
    'The output of your program has links, special files or too many files. Write ordinary files, and fewer of them.',
  scoring_failed: `The organizers' scoring program failed on your submission. See in the logs whether your own program ran to its end, and check the format of its predictions; if both are right, tell the organizers. It does not count against your limits.`,
  scoring_time_limit: `Execution time limit exceeded: the organizers' scoring program ran longer than it may. ${ORGANIZERS}`,
  scoring_memory_limit: `The organizers' scoring program needed more memory than it may have. ${ORGANIZERS}`,
  scoring_disk_limit: `The organizers' scoring program wrote more than it may. ${ORGANIZERS}`,
  scoring_reserved_name: `The organizers' scoring program wrote a file called "metadata", which the platform itself needs. ${ORGANIZERS}`,
  scores_missing: `The organizers' scoring program ended without writing scores. ${ORGANIZERS}`,
  scores_unreadable: `The organizers' scoring program wrote scores that cannot be read. ${ORGANIZERS}`,
  scores_out_of_range: `The organizers' scoring program wrote a score that is not a number, or too large for one. ${ORGANIZERS}`,
  task_unreadable: `A program or data archive of the task cannot be read. ${ORGANIZERS}`,
  image_unavailable: `The container image of this competition is not at the site and cannot be had there. ${ORGANIZERS}`,
  dataset_missing: `The site no longer has the dataset of this task. ${AGAIN}`,
  dataset_changed: `The dataset at the site is not the one that was registered, so nothing is run on it. ${AGAIN}`,
  engine_failed: `The container engine at the site failed. ${AGAIN}`,
  node_disk_full: `The disk of the node at the site is full. ${AGAIN}`,
  node_interrupted: `The node at the site was stopped in the middle of the run. ${AGAIN}`,
  node_internal: `The node at the site failed; its log at the site says why. ${AGAIN}`,
  artifact_unavailable: `The hub could not hand a file of the submission or the task to the site. ${AGAIN}`,
  assignment_invalid: `The hub asked the site for something that contradicts itself. ${AGAIN}`,
  attempts_exhausted: `The run was lost at the site several times in a row, and the hub gave up. ${AGAIN}`,
  node_revoked: `The node that had the run was cut off from the hub for good. ${AGAIN}`,
  sites_missed:
    'Fewer sites have brought scores than this task asks for, so there is no combined score. What happened is told at each site below.',
  receipt_missing: `The site reported scores without the receipt that vouches for them, so they do not count. ${AGAIN}`,
  receipt_invalid: `The site reported scores with a receipt that does not hold for them, so they do not count. ${AGAIN}`,
  refused_by_peer: `The hub that the site belongs to does not let this competition use it, or not any more. It does not count against your limits; tell the organizers, who ask the administrators of that hub.`,
  refused_no_policy: `The site has no policy that can be read, and runs nothing without one. ${SITE}`,
  refused_competition: `The policy of the site does not allow this competition. ${SITE}`,
  refused_submitter: `The policy of the site does not let your submissions run there. ${SITE}`,
  refused_program: `The policy of the site does not allow the scoring or ingestion program of this task. ${SITE}`,
  refused_image: `The policy of the site does not allow the container image of this competition. ${SITE}`,
  refused_dataset: `The policy of the site does not allow this use of its dataset. ${SITE}`,
  refused_resources: `The run asks for more than the site gives to one run. ${SITE}`,
  refused_release: `The scores did not pass the site's check of what may leave it. ${SITE}`,
  refused_hub: `The policy of the site does not allow runs from this hub. ${SITE}`,
  refused_engine: `The policy of the site does not allow the container engine of its node. ${SITE}`,
  refused_approval: `Somebody at the site did not permit the run, or nobody answered in time. ${SITE}`,
  refused_review: `Somebody at the site did not let the result out, or nobody answered in time. ${SITE}`,
  refused_budget: `Your submissions have drawn from the site's dataset as much as the site permits; identical submissions stay free. ${SITE}`,
  refused_score_range: `A score lies outside of the range that was declared for it, so the site keeps the result. ${ORGANIZERS}`,
  refused_score_cases: `A score rests on fewer cases than the site demands, so the site keeps the result. ${SITE}`,
  refused_score_type: `A score is not of the type that was declared for it, so the site keeps the result. ${ORGANIZERS}`,
};

/** Null when nothing failed. Codes that this version does not know are told as they are. */
export function explain(failureCode: string | null, fault: Fault | null): Explanation | null {
  if (failureCode === null) return null;
  const sentence = isKnown(failureCode)
    ? SENTENCES[failureCode]
    : `The run failed with the code "${failureCode}". Tell the organizers.`;
  return { code: failureCode, fault: fault ?? 'hub', sentence };
}

function isKnown(code: string): code is FailureName {
  return Object.hasOwn(SENTENCES, code);
}
