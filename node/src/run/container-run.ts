import { type Assignment, FailureCode, RunState } from '@weir/proto/node/v1';
import type { ArtifactCache } from '../cache/artifact-cache.ts';
import type { StepDeps, StepLimits } from '../contract/execute-step.ts';
import type { StepTimes } from '../contract/metadata.ts';
import { runPrediction } from '../contract/prediction-step.ts';
import type { StepFailure, StepInput } from '../contract/result.ts';
import { runScoring } from '../contract/scoring-step.ts';
import type { DatasetRegistry } from '../data/registry.ts';
import type { Books } from '../egress/books.ts';
import type { BucketEnds } from '../egress/bucket-ends.ts';
import type { Budgets } from '../egress/budgets.ts';
import type { EgressDesk } from '../egress/desk.ts';
import { type Draft, readDraft } from '../egress/draft.ts';
import type { PeoplePort } from '../egress/people-port.ts';
import { settleTerms, type Terms } from '../egress/terms.ts';
import type { Engine, PreparedImage } from '../engine/engine.ts';
import { LedgerFailedError } from '../ledger/errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { Step } from '../logs/held-logs.ts';
import type { HubFacts, Permission } from '../policy/decide.ts';
import type { PolicyFile } from '../policy/policy-file.ts';
import type { AttemptFolder } from './attempt-folder.ts';
import type { CapturedLogs } from './captured-logs.ts';
import { type Ending, findAnswer, frameOf, makeDraft } from './drafting.ts';
import type { Execution, RunWatch } from './executor.ts';
import { failureCodeOf } from './failure-code.ts';
import { giveUp, type Seen } from './giving-up.ts';
import { Leaving } from './leaving.ts';
import { fetchArtifacts, openSiteData, type SiteFolders } from './prepare.ts';
import { type NotPermitted, type Permitted, SiteDecisions } from './site-decisions.ts';
import { stepInputOf } from './step-input.ts';
import { sentenceOfFailure, sentenceOfTimes } from './step-sentence.ts';
import { stricter } from './stricter.ts';

export interface ContainerRunOptions {
  readonly assignment: Assignment;
  readonly limits: StepLimits;
  readonly folder: AttemptFolder;
  readonly watch: RunWatch;
  readonly nodeId: string;
  readonly hubUrl: string;
  /** The hub at the other end of the link, for the policy. */
  readonly hub: HubFacts;
  readonly engine: Engine;
  /** To be kept free on the disk. */
  readonly minFreeBytes: number;
  readonly cache: ArtifactCache;
  readonly policy: PolicyFile;
  readonly registry: DatasetRegistry;
  readonly books: Books;
  readonly budgets: Budgets;
  readonly bucketEnds: BucketEnds;
  readonly desk: EgressDesk;
  readonly people: PeoplePort;
  readonly logger: Logger;
  openLogs(permission: Permission): Promise<CapturedLogs>;
}

/** What comes next, with what the states before it have made. */
type Next =
  | { readonly state: RunState.AWAITING_SITE }
  | { readonly state: RunState.PREPARING }
  | { readonly state: RunState.PREDICTING; readonly ready: Ready }
  | { readonly state: RunState.SCORING; readonly ready: Ready; readonly prediction: StepTimes }
  | { readonly state: RunState.REVIEWING; readonly ending: Ending | Draft };

interface Ready {
  readonly image: PreparedImage;
  readonly folders: SiteFolders;
}

/**
 * The work of one attempt in containers. The policy is asked at assignment, before each container and before anything leaves.
 *
 *   awaiting_site   the policy, its hours, a person
 *     -> preparing    data of the site checked, artifacts fetched and unpacked, image at hand; then what may leave at most is settled, and
 *                     the bits put aside
 *     -> predicting   the prediction step
 *     -> scoring      the scoring step; next to data of the site the hub is not told of it, since the moment tells something
 *     -> reviewing    the gate, people, the ledger: see Leaving
 *
 *   preparing -> reviewing     when the ledger has the answer to the same question: no container runs
 *   every state -> reviewing   when the policy says no, or something fails: codes leave through the same door
 *
 * After a restart it begins at the top and passes over what its folder says is done; with a draft on disk it goes on with that.
 */
export class ContainerRun {
  readonly #run: ContainerRunOptions;
  readonly #decisions: SiteDecisions;
  #logs: CapturedLogs | null = null;
  #imageDigest = '';
  /** What the run may do: only ever stricter from the moment on at which it was first permitted. */
  #permitted: Permitted | null = null;
  #terms: Terms | null = null;
  #folders: SiteFolders | null = null;
  /** Whether containers were shown data of the site. From then on everything that leaves may tell of them. */
  #hasSeen = false;
  /** Of an earlier life, which came so far. */
  #draft: Draft | null = null;

  constructor(options: ContainerRunOptions) {
    this.#run = options;
    const { folder, engine } = options;
    const pathOf = (name: string) => folder.outgoing(name);
    this.#decisions = new SiteDecisions({ ...options, engine: engine.kind, pathOf });
  }

  /** As `Executor.execute`. */
  async execute(): Promise<Execution> {
    if (!(await this.#begins())) {
      return { result: { kind: 'failure', code: FailureCode.ASSIGNMENT_INVALID }, imageDigest: '' };
    }
    try {
      return await this.#leave(await this.#work());
    } catch (error) {
      if (error instanceof LedgerFailedError) throw error;
      return await giveUp(error, { ...this.#run, imageDigest: this.#imageDigest, seen: this.#seen() });
    } finally {
      this.#terms?.reservation?.[Symbol.dispose]();
      await this.#logs?.end();
    }
  }

  /** False for an assignment that no ledger could hold, so that nothing of it is done. */
  async #begins(): Promise<boolean> {
    try {
      await this.#decisions.begin();
      return true;
    } catch (error) {
      if (error instanceof LedgerFailedError) throw error;
      this.#failed(FailureCode.ASSIGNMENT_INVALID, error);
      return false;
    }
  }

  /** Everything up to what would leave. */
  async #work(): Promise<Ending | Draft> {
    const { watch } = this.#run;
    try {
      let next: Next = { state: RunState.AWAITING_SITE };
      while (next.state !== RunState.REVIEWING) {
        watch.signal.throwIfAborted();
        if (next.state !== RunState.SCORING || !this.#hasSeen) watch.enter(next.state);
        next = await this.#advance(next);
      }
      return next.ending;
    } catch (error) {
      watch.signal.throwIfAborted();
      if (error instanceof LedgerFailedError) throw error;
      return this.#failed(failureCodeOf(error), error).ending;
    }
  }

  async #advance(next: Exclude<Next, { state: RunState.REVIEWING }>): Promise<Next> {
    switch (next.state) {
      case RunState.AWAITING_SITE:
        return await this.#await();
      case RunState.PREPARING:
        return await this.#prepare();
      case RunState.PREDICTING:
        return await this.#predict(next.ready);
      case RunState.SCORING:
        return await this.#score(next.ready, next.prediction);
      default:
        return next satisfies never;
    }
  }

  async #await(): Promise<Next> {
    const { assignment, folder, openLogs } = this.#run;
    const draft = await readDraft(folder.draft);
    this.#draft = draft;
    if (draft) return { state: RunState.REVIEWING, ending: draft };
    const decision = await this.#decisions.ask('assignment', null);
    if (decision.kind === 'refused') return refuse(decision);
    const { permission } = decision;
    const refusal = await this.#decisions.approve(permission, namesOfSeen(assignment, permission));
    if (refusal) return refuse(refusal);
    this.#permitted = decision;
    this.#logs = await openLogs(permission);
    return { state: RunState.PREPARING };
  }

  async #prepare(): Promise<Next> {
    const { assignment, engine, folder, cache, registry, books, watch, logger } = this.#run;
    const { signal } = watch;
    const progress = await folder.readProgress();
    const image = await engine.prepareImage(assignment.image, signal);
    this.#imageDigest = image.digest ?? '';
    const refusal = await this.#permitContainer();
    if (refusal) return refuse(refusal);
    const { permission } = this.#mustBePermitted();
    const folders = await openSiteData(assignment, permission, registry, engine.user);
    this.#folders = folders;
    const answer = findAnswer({ ...this.#parts(), books });
    if (answer) return { state: RunState.REVIEWING, ending: answer };
    const settled = settleTerms(assignment, permission, this.#account(), this.#run.budgets);
    if (settled.kind === 'refused') return refuse(settled);
    this.#terms = settled.terms;
    if (!progress.prepared) {
      const unreadable = await fetchArtifacts(assignment, folder.workspace, { cache, signal, logger });
      if (unreadable !== null) return this.#failed(unreadable);
      await folder.writeProgress({ prepared: true, predicted: null, predictionText: '' });
    }
    const ready = { image, folders };
    this.#hasSeen = permission.siteData;
    if (progress.predicted === null) return { state: RunState.PREDICTING, ready };
    const { predicted, predictionText } = progress;
    this.#logs?.restoreStep('prediction', sentenceOfTimes(predicted), predictionText);
    return { state: RunState.SCORING, ready, prediction: predicted };
  }

  async #predict(ready: Ready): Promise<Next> {
    const step = await runPrediction(this.#stepInput(ready, 'prediction'), this.#stepDeps());
    if (step.kind !== 'completed') return this.#stepFailed('prediction', step);
    const predictionText = this.#logs?.endStep('prediction', sentenceOfTimes(step.times)) ?? '';
    await this.#run.folder.writeProgress({ prepared: true, predicted: step.times, predictionText });
    return { state: RunState.SCORING, ready, prediction: step.times };
  }

  async #score(ready: Ready, prediction: StepTimes): Promise<Next> {
    const refusal = await this.#permitContainer();
    if (refusal) return refuse(refusal);
    const scoreKeys = this.#run.assignment.scoreColumns.map(({ key }) => key);
    const input = { ...this.#stepInput(ready, 'scoring'), prediction, scoreKeys };
    const step = await runScoring(input, this.#stepDeps());
    if (step.kind !== 'completed') return this.#stepFailed('scoring', step);
    this.#logs?.endStep('scoring', sentenceOfTimes(step.times));
    const ending = { kind: 'scored', scores: step.scores, prediction, scoring: step.times } as const;
    return { state: RunState.REVIEWING, ending };
  }

  /** The last state: whatever came of the run goes through the gate, and leaves. */
  async #leave(ended: Ending | Draft): Promise<Execution> {
    const { watch, logger } = this.#run;
    watch.signal.throwIfAborted();
    const leaving = new Leaving({
      ...this.#run,
      decisions: this.#decisions,
      hasSeen: this.#hasSeen,
      permitted: this.#permitted,
      imageDigest: this.#imageDigest,
      logs: this.#logs,
      reservation: this.#terms?.reservation ?? null,
      draftOf: (ending, permission) => makeDraft(ending, { ...this.#parts(), permission, logs: this.#logs }),
    });
    try {
      return await leaving.leave(ended);
    } catch (error) {
      watch.signal.throwIfAborted();
      if (error instanceof LedgerFailedError) throw error;
      logger.error({ err: error }, 'the run could not let out what it came to');
      return await leaving.leave({ kind: 'failed', code: failureCodeOf(error) });
    }
  }

  /** Asks before a container, now that the image is known. What the run was permitted before is not widened. */
  async #permitContainer(): Promise<NotPermitted | null> {
    const decision = await this.#decisions.ask('container', this.#imageDigest || null);
    if (decision.kind === 'refused') return decision;
    this.#permitted = stricter(this.#mustBePermitted(), decision);
    this.#logs?.restrict(this.#run.assignment, this.#permitted.permission);
    return null;
  }

  #mustBePermitted(): Permitted {
    if (this.#permitted === null) throw new Error('the run has not been permitted');
    return this.#permitted;
  }

  #parts() {
    const { assignment, folder, books } = this.#run;
    return {
      assignment,
      books,
      account: this.#account(),
      permission: this.#permitted?.permission ?? null,
      terms: this.#terms,
      hasSeen: this.#hasSeen,
      imageDigest: this.#imageDigest,
      datasets: this.#folders?.datasets ?? [],
      output: folder.workspace.path('score-output'),
    };
  }

  /** What it costs that the run ends here; null while it has seen nothing. */
  #seen(): Seen | null {
    const policyDigest = this.#permitted?.policyDigest ?? null;
    if (this.#draft) return this.#draft.costs && { ...this.#draft, costs: this.#draft.costs, policyDigest };
    const costs = this.#terms?.costs;
    if (!costs || !this.#hasSeen) return null;
    const bucketSeconds = this.#mustBePermitted().permission.egress.timing.bucketSeconds;
    return { ...frameOf(this.#parts(), this.#terms?.columns ?? []), costs, bucketSeconds, policyDigest };
  }

  #account() {
    const datasets = this.#folders?.datasets ?? [];
    const names = this.#permitted?.permission.siteData ? datasets.map(({ place }) => place) : [];
    return { submitter: this.#decisions.submitter, datasets: [...new Set(names)].sort() };
  }

  #stepInput(ready: Ready, step: Step): StepInput {
    return stepInputOf({ ...this.#run, ...ready, permitted: this.#mustBePermitted().permission }, step);
  }

  #stepDeps(): StepDeps {
    return {
      engine: this.#run.engine,
      minFreeBytes: this.#run.minFreeBytes,
      signal: this.#run.watch.signal,
      onLog: (stream, bytes) => this.#logs?.write(stream, bytes),
    };
  }

  #stepFailed(step: Step, failure: StepFailure): Next {
    // Cancelled: the signal was aborted, and what is answered does not count.
    if (failure.kind === 'cancelled') throw new Error('the step was cancelled');
    this.#logs?.endStep(step, sentenceOfFailure(failure));
    return this.#failed(failure.failure, failure.cause);
  }

  #failed(code: FailureCode, cause?: unknown): { state: RunState.REVIEWING; ending: Ending } {
    const { logger } = this.#run;
    if (cause !== undefined) logger.error({ err: cause, code: FailureCode[code] }, 'the run failed');
    else logger.info({ code: FailureCode[code] }, 'the run failed');
    return { state: RunState.REVIEWING, ending: { kind: 'failed', code } };
  }
}

function refuse({ code, rule, why }: Omit<NotPermitted, 'kind'>): Next {
  return { state: RunState.REVIEWING, ending: { kind: 'refused', code, rule, why } };
}

/** NAME@VERSION of what a run is to be shown, before anything was opened. */
function namesOfSeen({ siteData }: Assignment, { appData }: Permission): string[] {
  return [siteData, appData].flatMap((seen) => (seen ? [`${seen.name}@${seen.version}`] : []));
}
