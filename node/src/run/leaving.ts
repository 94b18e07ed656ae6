import { writeFile } from 'node:fs/promises';
import { type Assignment, OutputKind, RunState } from '@weir/proto/node/v1';
import type { Books, Release as ReleaseEvent } from '../egress/books.ts';
import type { BucketEnds } from '../egress/bucket-ends.ts';
import type { Budgets, Reservation } from '../egress/budgets.ts';
import { worstBits } from '../egress/costs.ts';
import { datasetOf, type EgressDesk, type Release, refusedBy } from '../egress/desk.ts';
import { type Draft, writeDraft } from '../egress/draft.ts';
import { bucketEnd } from '../egress/moment.ts';
import { deliverOutput } from '../egress/outputs.ts';
import { reviewsOf } from '../egress/terms.ts';
import { LedgerFailedError } from '../ledger/errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { Permission } from '../policy/decide.ts';
import type { AttemptFolder } from './attempt-folder.ts';
import type { CapturedLogs } from './captured-logs.ts';
import { deliverArchives } from './deliver-outputs.ts';
import type { Ending } from './drafting.ts';
import type { Execution, RunWatch } from './executor.ts';
import type { NotPermitted, Permitted, SiteDecisions } from './site-decisions.ts';
import { stricter } from './stricter.ts';

export interface LeavingOptions {
  readonly assignment: Assignment;
  readonly folder: AttemptFolder;
  readonly hubUrl: string;
  readonly books: Books;
  readonly budgets: Budgets;
  readonly bucketEnds: BucketEnds;
  readonly desk: EgressDesk;
  readonly decisions: SiteDecisions;
  readonly watch: RunWatch;
  readonly logger: Logger;
  /** Whether containers were shown data of the site. */
  readonly hasSeen: boolean;
  /** What the run was permitted when it began; null after a restart, or when it never was. */
  readonly permitted: Permitted | null;
  readonly imageDigest: string;
  readonly logs: CapturedLogs | null;
  /** The bits that were put aside for it; null after a restart. */
  readonly reservation: Reservation | null;
  openLogs(permission: Permission): Promise<CapturedLogs>;
  /** The gate. */
  draftOf(ending: Ending, permission: Permission | null): Promise<Draft>;
}

/**
 * How something leaves, in this order, each step safe to come to again after a restart:
 *
 *   the policy, a third time -> the gate -> the draft on disk -> the end of the bucket -> people -> the ledger -> logs, report, outcome
 *
 * Runs without data of the site pass by the draft and the bucket. The slot stays taken up to the end of the bucket: a free slot tells the hub
 * that something ended.
 */
export class Leaving {
  readonly #run: LeavingOptions;

  constructor(options: LeavingOptions) {
    this.#run = options;
  }

  async leave(ended: Ending | Draft): Promise<Execution> {
    const { assignment, folder, budgets, bucketEnds, desk, watch, logger } = this.#run;
    const { permitted, refusal } = await this.#ask(ended);
    const draft = await this.#draftOf(ended, permitted, refusal);
    const seen = draft.costs !== null;
    using held =
      draft.costs && !this.#run.reservation ? budgets.hold(draft.account, worstBits(draft.costs)) : null;
    // Before the end of the bucket: how long it takes depends on what the programs wrote, and the slot is free only afterwards.
    if (seen) await folder.workspace.remove();
    const finishedAt = bucketEnd(Date.now(), draft.bucketSeconds);
    if (seen) await bucketEnds.wait(finishedAt, assignment.runId, watch.signal);
    watch.enter(RunState.REVIEWING);
    if (!seen && permitted) await this.#noteLogs(draft, permitted);
    const release = await desk.release(draft, {
      assignment,
      permission: permitted?.permission ?? null,
      policyDigest: permitted?.policyDigest ?? null,
      watch,
      logger,
      pathOf: (name) => folder.outgoing(name),
      askAgain: async () => (await this.#ask(ended)).refusal,
    });
    // It is charged now, and must not count twice while logs and report are on their way.
    (this.#run.reservation ?? held)?.[Symbol.dispose]();
    if (permitted) await this.#tryToDeliver(ended, draft, release, permitted);
    return {
      result: release.result,
      imageDigest: draft.imageDigest,
      provenance: { datasetDigest: draft.datasetDigest, policyDigest: permitted?.policyDigest ?? null },
      ...(seen && { moments: { bucketSeconds: draft.bucketSeconds, finishedAt } }),
    };
  }

  /** A run that the policy has refused, or that failed before it saw anything, has nothing to ask for. */
  async #ask(ended: Ending | Draft): Promise<{ permitted: Permitted | null; refusal: NotPermitted | null }> {
    const { decisions, permitted, imageDigest, hasSeen } = this.#run;
    if ('kind' in ended && ended.kind !== 'scored' && !hasSeen) return { permitted, refusal: null };
    const digest = 'kind' in ended ? imageDigest : ended.imageDigest;
    const decision = await decisions.ask('release', digest || null);
    if (decision.kind === 'refused') return { permitted, refusal: decision };
    return { permitted: permitted ? stricter(permitted, decision) : decision, refusal: null };
  }

  async #draftOf(
    ended: Ending | Draft,
    permitted: Permitted | null,
    refusal: NotPermitted | null,
  ): Promise<Draft> {
    const { folder, books, draftOf } = this.#run;
    if ('kind' in ended) {
      const draft = await draftOf(
        refusal ? { ...refusal, kind: 'refused' } : ended,
        permitted?.permission ?? null,
      );
      if (draft.costs !== null) await writeDraft(folder.draft, draft);
      return draft;
    }
    if (refusal) return refusedBy(ended, refusal.code, refusal.rule, refusal.why);
    if (ended.costs === null || !permitted) return ended;
    // The policy may have become stricter since the draft was made.
    const now = reviewsOf(permitted.permission.egress, ended.account, books);
    const { scores, logs, report } = ended.review;
    const review = {
      scores: scores || now.scores,
      logs: logs || now.logs,
      report: report || now.report,
    };
    return { ...ended, review };
  }

  /** The scores do not depend on what accompanies them. */
  async #tryToDeliver(
    ended: Ending | Draft,
    draft: Draft,
    release: Release,
    permitted: Permitted,
  ): Promise<void> {
    const { watch, logger } = this.#run;
    try {
      await this.#deliver(ended, draft, release, permitted);
    } catch (error) {
      watch.signal.throwIfAborted();
      if (error instanceof LedgerFailedError) throw error;
      logger.error(
        { err: error },
        'logs, report or archives of the run could not be sent; the outcome leaves without them',
      );
    }
  }

  async #deliver(
    ended: Ending | Draft,
    draft: Draft,
    { result, logs: texts, report }: Release,
    permitted: Permitted,
  ): Promise<void> {
    const { openLogs, folder, books, hubUrl, logger, watch, assignment } = this.#run;
    const { permission } = permitted;
    const deps = { hubUrl, logger, signal: watch.signal };
    const logs = this.#run.logs ?? (draft.costs === null ? null : await openLogs(permission));
    if (draft.costs !== null) await logs?.deliver(texts, watch.signal);
    if (result.kind !== 'scores') return;
    const slot = assignment.outputs.find(({ kind }) => kind === OutputKind.DETAILED_RESULT);
    if (report !== null && report.length > 0 && slot) {
      const path = folder.outgoing('report.html');
      await writeFile(path, report, { mode: 0o600 });
      await deliverOutput({ slot, path, contentType: 'text/html' }, deps);
    }
    if (!('kind' in ended) || ended.kind !== 'scored') return;
    if (permission.siteData || permission.egress.outputs === 'no') return;
    const { prediction, scoring } = ended;
    const outputs = { folder, slots: assignment.outputs, prediction, scoring };
    await deliverArchives(outputs, {
      ...deps,
      record: (digest) => books.record(this.#wholeRelease('output', digest, draft, permitted)),
    });
  }

  /** What was sent live, of a run without data of the site, is noted at its end. */
  async #noteLogs(draft: Draft, permitted: Permitted): Promise<void> {
    const digest = await this.#run.logs?.end();
    if (digest) this.#run.books.note(this.#wholeRelease('logs', digest, draft, permitted));
  }

  /** Of a run without data of the site: its digest is enough. */
  #wholeRelease(
    what: 'logs' | 'output',
    digest: string,
    draft: Draft,
    { policyDigest }: Permitted,
  ): ReleaseEvent {
    const { runId, attempt } = this.#run.assignment;
    return {
      kind: 'release',
      run: String(runId),
      attempt,
      submitter: draft.account.submitter,
      dataset: datasetOf(draft.account),
      what,
      key: draft.key,
      bits: 0,
      digest,
      bytes: null,
      policy: policyDigest,
      reviewers: [],
    };
  }
}
