import type { Transaction } from '../db/database.ts';
import type { NewRehearsal } from './rehearse.ts';

/** What the submissions feature hands to dispatch once everything about a submission but its limits has been checked. */
export interface NewSubmission {
  /** Reserved beforehand, so that whoever must not enter it twice finds it again; without, the next one. */
  readonly id?: number | undefined;
  readonly phaseId: number;
  readonly ownerId: number;
  readonly resourceId: number;
  readonly name: string;
  readonly description: string;
  readonly fileName: string;
  readonly factSheetAnswers: Record<string, unknown> | null;
  /** Tasks of the phase, in its order: one leaf submission for each; with one task the submission itself is the leaf. */
  readonly taskIds: readonly number[];
  /** Robots and re-runs are not limited. */
  readonly limited: boolean;
  readonly isSpecificTaskReRun: boolean;
  /** False: wait in `Submitting` until an organizer runs it. */
  readonly start: boolean;
}

export interface Admitted {
  readonly submissionId: number;
}

/**
 * The heart of the hub: admits submissions, keeps the queue, leases runs to nodes, and records what comes of them. Work of the same kind that
 * waits at the same moment shares one transaction.
 */
export interface Dispatch {
  /**
   * Checks the phase's dates and limits and creates the submission with its runs, all in one statement: exact under concurrency.
   * Resolves after the commit.
   * @throws LimitReachedError | SubmitterBlockedError | PhaseNotOpenError | NoSuchSiteDataError
   */
  admit(submission: NewSubmission): Promise<Admitted>;

  /**
   * Enters a copy of a submission beside the limits, in one transaction with what `record` writes; false when `record` says that it exists already.
   * Its runs wait, and begin as nodes have room.
   * @throws PhaseMissingError | NoSuchSiteDataError
   */
  copy(
    submission: NewSubmission,
    record: (tx: Transaction, submissionId: number) => Promise<boolean>,
  ): Promise<boolean>;

  /**
   * Creates a rehearsal: a run on the synthetic data of each site that offers it, or of one, beside the limits of the phase.
   * @throws RehearsalNotOfferedError | RehearsalLimitError
   */
  rehearse(rehearsal: NewRehearsal): Promise<Admitted>;

  /** Starts a submission that waits in `Submitting`. */
  release(submissionId: number): Promise<void>;

  /** Cancels every run of a submission that is not over, and tells the nodes. Idempotent. */
  cancel(submissionId: number): Promise<void>;

  /** Cancels every submission of a competition that is not over. */
  cancelCompetition(competitionId: number): Promise<void>;

  /** Takes from a node that was revoked what is leased to it: the runs wait again, and nothing that it reports of them counts. */
  cutOff(nodeId: string): Promise<void>;

  /** Why each waiting run waits, for the participant; runs that do not wait are left out. */
  waitingReasons(runIds: readonly number[]): Promise<Map<number, string>>;

  /** Forgets what it remembers of a phase (dates, limits, tasks, columns) after an edit. */
  phaseChanged(phaseId: number): void;
}
