import { type Assignment, FailureCode } from '@weir/proto/node/v1';
import type { Account, Books } from '../egress/books.ts';
import type { BucketEnds } from '../egress/bucket-ends.ts';
import type { Costs } from '../egress/costs.ts';
import { datasetOf } from '../egress/desk.ts';
import { bucketEnd } from '../egress/moment.ts';
import { digestOf } from '../egress/review.ts';
import type { LedgerEvent } from '../ledger/events.ts';
import type { Logger } from '../logging/logger.ts';
import type { AttemptFolder } from './attempt-folder.ts';
import type { Execution, RunWatch } from './executor.ts';
import { failureCodeOf } from './failure-code.ts';
import type { StopReason } from './run.ts';

/** What is charged for a run that saw data of the site, whatever becomes of it. */
export interface Seen {
  readonly account: Account;
  /** Identity of the computation. */
  readonly key: string;
  readonly costs: Costs;
  readonly bucketSeconds: number | null;
  /** Of the policy under which it saw them; null after a restart. */
  readonly policyDigest: string | null;
}

export interface GivenUp {
  readonly assignment: Assignment;
  readonly watch: Pick<RunWatch, 'signal'>;
  readonly books: Books;
  readonly bucketEnds: BucketEnds;
  readonly logger: Logger;
  readonly folder: Pick<AttemptFolder, 'workspace'>;
  readonly imageDigest: string;
  /** Null for a run that saw no data of the site, or not yet. */
  readonly seen: Seen | null;
}

/**
 * The end of an attempt that was stopped, or that the node could not bring to an end. The ledger is told; and next to data of the site it is
 * charged like any code: that a run was still at work when somebody stopped it depends on what its programs make of the data, and whoever
 * may cancel it chooses the moment.
 *
 * A cancellation is answered at the end of the bucket, as every other end is, when what the programs left behind is gone. Of a lost attempt
 * nothing is sent, but it is held as long: the hub sees when its slot is free. An interruption is the site's own doing and not waited out: the
 * process is about to end.
 */
export async function giveUp(error: unknown, run: GivenUp): Promise<Execution> {
  const { assignment, folder, watch, logger, seen, imageDigest, books, bucketEnds } = run;
  const how = watch.signal.aborted ? (watch.signal.reason as StopReason) : 'failed';
  if (how === 'failed') logger.error({ err: error }, 'the run failed by a fault of the node');
  await Promise.all(eventsOf(run, how).map((event) => books.record(event)));
  const code = how === 'failed' ? failureCodeOf(error) : FailureCode.NODE_INTERRUPTED;
  const execution: Execution = { result: { kind: 'failure', code }, imageDigest };
  if (seen === null) return execution;
  if (how !== 'interrupted') {
    await folder.workspace.remove().catch((reason: unknown) => {
      logger.error({ err: reason }, 'what the programs wrote could not be removed');
    });
  }
  const finishedAt = bucketEnd(Date.now(), seen.bucketSeconds);
  if (how !== 'interrupted')
    await bucketEnds.wait(finishedAt, assignment.runId, new AbortController().signal);
  return { ...execution, moments: { bucketSeconds: seen.bucketSeconds, finishedAt } };
}

function eventsOf({ assignment, seen }: GivenUp, how: StopReason | 'failed'): LedgerEvent[] {
  const attempt = { run: String(assignment.runId), attempt: assignment.attempt };
  const end: LedgerEvent = { kind: 'end', ...attempt, how };
  if (seen === null) return [end];
  const release: LedgerEvent = {
    kind: 'release',
    ...attempt,
    submitter: seen.account.submitter,
    dataset: datasetOf(seen.account),
    what: 'code',
    key: seen.key,
    bits: seen.costs.code,
    digest: digestOf(how),
    bytes: Buffer.from(how).toString('base64'),
    policy: seen.policyDigest,
    reviewers: [],
  };
  return [release, end];
}
