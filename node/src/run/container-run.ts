import { type Assignment, FailureCode, RefusalCode, RunState } from '@weir/proto/node/v1';
import type { ArtifactCache } from '../cache/artifact-cache.ts';
import type { StepDeps, StepLimits } from '../contract/execute-step.ts';
import type { StepTimes } from '../contract/metadata.ts';
import { runPrediction } from '../contract/prediction-step.ts';
import type { StepFailure, StepInput } from '../contract/result.ts';
import { runScoring } from '../contract/scoring-step.ts';
import type { DatasetRegistry } from '../data/registry.ts';
import { releaseScores, type ScoreRelease } from '../egress/gate.ts';
import { undeclaredKeys } from '../egress/undeclared-keys.ts';
import type { Engine, PreparedImage } from '../engine/engine.ts';
import type { Logger } from '../logging/logger.ts';
import { decide, type Permission, type PolicyFacts, type PolicyMoment } from '../policy/decide.ts';
import type { PolicyFile } from '../policy/policy-file.ts';
import { policyRequest } from '../policy/request.ts';
import type { AttemptFolder } from './attempt-folder.ts';
import type { CapturedLogs } from './captured-logs.ts';
import { deliverOutputs } from './deliver-outputs.ts';
import type { Execution, RunResult, RunWatch } from './executor.ts';
import { failureCodeOf } from './failure-code.ts';
import { fetchArtifacts, openSiteData, type SiteFolders } from './prepare.ts';

export interface ContainerRunOptions {
  readonly assignment: Assignment;
  readonly limits: StepLimits;
  readonly folder: AttemptFolder;
  readonly watch: RunWatch;
  readonly nodeId: string;
  readonly hubUrl: string;
  /** The hub at the other end of the link, for the policy. */
  readonly hub: Pick<PolicyFacts, 'hub' | 'hubFingerprint'>;
  readonly engine: Engine;
  readonly cache: ArtifactCache;
  readonly policy: PolicyFile;
  readonly registry: DatasetRegistry;
  readonly logger: Logger;
  openLogs(permission: Permission): Promise<CapturedLogs>;
}

/** What comes next, with what the states before it have made. */
type Next =
  | { readonly state: RunState.AWAITING_SITE }
  | { readonly state: RunState.PREPARING }
  | { readonly state: RunState.PREDICTING; readonly ready: Ready }
  | { readonly state: RunState.SCORING; readonly ready: Ready; readonly prediction: StepTimes }
  | { readonly state: RunState.REVIEWING; readonly scored: Scored }
  | { readonly state: RunState.REPORTING; readonly result: RunResult };

interface Ready {
  readonly image: PreparedImage;
  readonly folders: SiteFolders;
}

interface Scored {
  readonly scores: Readonly<Record<string, number>>;
  readonly prediction: StepTimes;
  readonly scoring: StepTimes;
}

/**
 * The work of one attempt in containers. The policy is asked anew in every state.
 *
 *   awaiting_site   the run as a whole
 *     -> preparing    data of the site checked, artifacts fetched and unpacked, image at hand
 *     -> predicting   the prediction step
 *     -> scoring      the scoring step
 *     -> reviewing    the egress gate; outputs delivered
 *     -> reporting    the result stands
 *
 *   every state -> reporting   when the policy says no, or something fails
 *
 * After a restart it begins at the top and passes over what its folder says is done.
 */
export class ContainerRun {
  readonly #run: ContainerRunOptions;
  #logs: CapturedLogs | null = null;
  #imageDigest = '';
  /** A run that was shown data of the site stays one, however lax the policy becomes meanwhile. */
  #sawSiteData = false;

  constructor(options: ContainerRunOptions) {
    this.#run = options;
  }

  /** As `Executor.execute`. */
  async execute(): Promise<Execution> {
    const { watch } = this.#run;
    try {
      let next: Next = { state: RunState.AWAITING_SITE };
      while (next.state !== RunState.REPORTING) {
        watch.signal.throwIfAborted();
        watch.enter(next.state);
        next = await this.#advance(next);
      }
      return { result: next.result, imageDigest: this.#imageDigest };
    } catch (error) {
      watch.signal.throwIfAborted();
      const { result } = this.#failed(failureCodeOf(error), error);
      return { result, imageDigest: this.#imageDigest };
    } finally {
      await this.#logs?.end();
    }
  }

  async #advance(next: Exclude<Next, { state: RunState.REPORTING }>): Promise<Next> {
    const { assignment, policy, openLogs, logger } = this.#run;
    const read = await policy.read();
    const request = policyRequest(assignment, this.#imageDigest || null);
    const decision = decide(read?.policy ?? null, request, this.#facts(momentOf(next.state)));
    if (decision.permitted !== true) {
      logger.warn({ rule: decision.rule, policy: read?.digest }, 'the policy of the site refuses this run');
      const code = decision.permitted === 'later' ? RefusalCode.RESOURCES : decision.code;
      return report({ kind: 'refusal', code });
    }
    this.#sawSiteData ||= decision.siteData;
    this.#logs?.restrict(decision);
    switch (next.state) {
      case RunState.AWAITING_SITE:
        this.#logs = await openLogs(decision);
        return { state: RunState.PREPARING };
      case RunState.PREPARING:
        return await this.#prepare(decision);
      case RunState.PREDICTING:
        return await this.#predict(next.ready);
      case RunState.SCORING:
        return await this.#score(next.ready, next.prediction);
      case RunState.REVIEWING:
        return await this.#review(decision, next.scored);
      default:
        return next satisfies never;
    }
  }

  #facts(moment: PolicyMoment): PolicyFacts {
    const { engine, hub } = this.#run;
    return { moment, now: new Date(), runsToday: 0, runsTodayOfSubmitter: 0, engine: engine.kind, ...hub };
  }

  async #prepare(permission: Permission): Promise<Next> {
    const { assignment, engine, folder, cache, registry, watch, logger } = this.#run;
    const { signal } = watch;
    const folders = await openSiteData(assignment, permission, registry);
    const progress = await folder.readProgress();
    const image = await engine.prepareImage(assignment.image, signal);
    this.#imageDigest = image.digest ?? '';
    if (!progress.prepared) {
      const unreadable = await fetchArtifacts(assignment, folder.workspace, { cache, signal, logger });
      if (unreadable !== null) return this.#failed(unreadable);
      await folder.writeProgress({ prepared: true, predicted: null });
    }
    const ready = { image, folders };
    if (progress.predicted) return { state: RunState.SCORING, ready, prediction: progress.predicted };
    return { state: RunState.PREDICTING, ready };
  }

  async #predict(ready: Ready): Promise<Next> {
    const step = await runPrediction(this.#stepInput(ready, 'prediction'), this.#stepDeps());
    if (step.kind !== 'completed') return this.#stepFailed(step);
    await this.#run.folder.writeProgress({ prepared: true, predicted: step.times });
    return { state: RunState.SCORING, ready, prediction: step.times };
  }

  async #score(ready: Ready, prediction: StepTimes): Promise<Next> {
    const scoreKeys = this.#run.assignment.scoreColumns.map(({ key }) => key);
    const input = { ...this.#stepInput(ready, 'scoring'), prediction, scoreKeys };
    const step = await runScoring(input, this.#stepDeps());
    if (step.kind !== 'completed') return this.#stepFailed(step);
    const scored = { scores: step.scores, prediction, scoring: step.times };
    return { state: RunState.REVIEWING, scored };
  }

  async #review(permission: Permission, { scores, prediction, scoring }: Scored): Promise<Next> {
    const { assignment, folder, hubUrl, logger, watch } = this.#run;
    const keys = assignment.scoreColumns.map(({ key }) => key);
    const undeclared = await undeclaredKeys(folder.workspace.path('score-output'), keys);
    const release = releaseScores(scores, { keys, undeclared, siteData: this.#sawSiteData });
    if (release.kind === 'released' && permission.egress.outputs === 'yes' && !this.#sawSiteData) {
      const run = { folder, slots: assignment.outputs, prediction, scoring };
      await deliverOutputs(run, { hubUrl, logger, signal: watch.signal });
    }
    return this.#released(release);
  }

  #released(release: ScoreRelease): Next {
    switch (release.kind) {
      case 'released':
        return report({ kind: 'scores', values: release.values });
      case 'out-of-range':
        return this.#failed(FailureCode.SCORES_OUT_OF_RANGE);
      case 'refused':
        this.#run.logger.warn(
          'the egress gate refuses the release: there are scores that were not announced',
        );
        return report({ kind: 'refusal', code: RefusalCode.RELEASE });
      default:
        return release satisfies never;
    }
  }

  #stepInput({ image, folders }: Ready, step: 'prediction' | 'scoring'): StepInput {
    const { assignment, limits, folder, nodeId } = this.#run;
    const { input, reference, appData } = folders;
    return {
      labels: { node: nodeId, run: String(assignment.runId), attempt: String(assignment.attempt) },
      image,
      workspace: folder.workspace,
      limits,
      ingestionDuringScoring: assignment.ingestionOnlyDuringScoring,
      siteData: {
        ...(input !== null && { input }),
        ...(reference !== null && { reference }),
        ...(appData?.steps.includes(step) && { data: appData.path }),
      },
    };
  }

  #stepDeps(): StepDeps {
    return {
      engine: this.#run.engine,
      signal: this.#run.watch.signal,
      onLog: (stream, bytes) => this.#logs?.write(stream, bytes),
    };
  }

  #stepFailed(step: StepFailure): Next {
    // Cancelled: the signal was aborted, and what is answered does not count.
    if (step.kind === 'cancelled') throw new Error('the step was cancelled');
    return this.#failed(step.failure, step.cause);
  }

  #failed(code: FailureCode, cause?: unknown): { state: RunState.REPORTING; result: RunResult } {
    const { logger } = this.#run;
    if (cause !== undefined) logger.error({ err: cause, code: FailureCode[code] }, 'the run failed');
    else logger.info({ code: FailureCode[code] }, 'the run failed');
    return report({ kind: 'failure', code });
  }
}

function momentOf(state: RunState): PolicyMoment {
  switch (state) {
    case RunState.PREDICTING:
    case RunState.SCORING:
      return 'container';
    case RunState.REVIEWING:
      return 'release';
    default:
      return 'assignment';
  }
}

function report(result: RunResult): { state: RunState.REPORTING; result: RunResult } {
  return { state: RunState.REPORTING, result };
}
