import { FailureCode, LogStream } from '@weir/proto/node/v1';
import type { ContainerExit, ContainerRole, ContainerSpec, Engine, PreparedImage } from '../engine/engine.ts';
import { ImageUnavailableError } from '../engine/errors.ts';
import { type DiskTrouble, diskUse, watchDisk } from './disk-watch.ts';
import type { StepTimes } from './metadata.ts';
import type { ContainerKind, PlannedContainer } from './plan.ts';

export interface StepLimits {
  readonly stepSeconds: number;
  readonly memoryBytes: number;
  readonly cpuMillis: number;
  readonly pids: number;
  readonly gpus: number;
  readonly diskBytes: number;
}

export interface AttemptLabels {
  readonly node: string;
  readonly run: string;
  readonly attempt: string;
}

export interface StepDeps {
  readonly engine: Engine;
  /** To be kept free on the disk; below it the step ends. */
  readonly minFreeBytes: number;
  /** Cancels the step. */
  readonly signal: AbortSignal;
  /** What the containers print, as it comes. Never awaited, so it must not be slow. */
  onLog(stream: LogStream, bytes: Uint8Array): void;
}

export interface Step {
  readonly containers: readonly PlannedContainer[];
  readonly labels: AttemptLabels;
  readonly image: PreparedImage;
  readonly limits: StepLimits;
}

export type StepEnd =
  | { readonly kind: 'completed'; readonly times: StepTimes }
  | { readonly kind: 'cancelled' }
  /** `by`: whose container it was that went over the limit; the ingestion's when both may have been. */
  | { readonly kind: 'limit'; readonly limit: 'time' | 'memory' | 'disk'; readonly by: ContainerKind }
  /** Only of a step that was told to stop at it: see `stopAtFailure`. */
  | { readonly kind: 'program-failed' }
  | { readonly kind: 'engine-failed'; readonly failure: FailureCode; readonly cause: unknown };

/**
 * Runs the containers of a step side by side, under one time limit and one disk limit for all of them. The clock starts with the first container that runs,
 * at the moment since when it has run: waiting for a turn on a cluster does not count, and what ran before the node was restarted does. The first
 * thing that ends the step for all decides how it ended; the others are killed. Settles when all containers are gone.
 */
export async function executeStep(step: Step, stopAtFailure: boolean, deps: StepDeps): Promise<StepEnd> {
  if (deps.signal.aborted) return { kind: 'cancelled' };
  const writable = writableFolders(step.containers);
  const initialUse = await diskUse(writable, 'live');
  const running = new Set<ContainerKind>(step.containers.map(({ kind }) => kind));
  const over = new AbortController();
  let end: StepEnd | undefined;
  const stop = (why: StepEnd) => {
    end ??= why;
    over.abort();
  };
  const culprit = (): ContainerKind => (running.has('ingestion') ? 'ingestion' : 'program');
  const onCancel = () => stop({ kind: 'cancelled' });
  deps.signal.addEventListener('abort', onCancel);
  // It may have been while the folders were looked at.
  if (deps.signal.aborted) onCancel();
  let clock: NodeJS.Timeout | undefined;
  const startClock = (since: Date) => {
    const left = step.limits.stepSeconds * 1000 - (Date.now() - since.getTime());
    clock ??= setTimeout(() => stop({ kind: 'limit', limit: 'time', by: culprit() }), Math.max(0, left));
  };
  const allEnded = new AbortController();
  const bounds = { limit: initialUse + step.limits.diskBytes, minFree: deps.minFreeBytes };
  const diskWatched = watchDisk(writable, bounds, allEnded.signal).then(
    (trouble) => trouble && stop(diskEnd(trouble, culprit())),
    (cause) => stop({ kind: 'engine-failed', failure: FailureCode.NODE_INTERNAL, cause }),
  );

  const outcomes = new Map<ContainerKind, { code: number; seconds: number }>();
  await Promise.all(
    step.containers.map(async (planned) => {
      let began = Date.now();
      try {
        const exit = await deps.engine.run(specOf(step, planned), {
          signal: over.signal,
          onStarted: (since) => {
            began = since.getTime();
            startClock(since);
          },
          onOutput: (stream, bytes) => deps.onLog(logStreams[planned.role][stream], bytes),
        });
        const seconds = Math.max(0, Date.now() - began) / 1000;
        const reason = reasonToStop(exit, planned.kind, stopAtFailure);
        if (reason !== undefined) stop(reason);
        if (exit.kind === 'exited') outcomes.set(planned.kind, { code: exit.code, seconds });
      } catch (cause) {
        stop(engineFailure(cause));
      } finally {
        running.delete(planned.kind);
      }
    }),
  );
  clearTimeout(clock);
  allEnded.abort();
  deps.signal.removeEventListener('abort', onCancel);
  await diskWatched;
  if (end !== undefined) return end;
  if ((await diskUse(writable, 'settled')) > initialUse + step.limits.diskBytes) {
    return { kind: 'limit', limit: 'disk', by: step.containers.at(-1)?.kind ?? 'program' };
  }
  return { kind: 'completed', times: timesOf(outcomes) };
}

function reasonToStop(exit: ContainerExit, kind: ContainerKind, stopAtFailure: boolean): StepEnd | undefined {
  switch (exit.kind) {
    case 'out-of-memory':
      return { kind: 'limit', limit: 'memory', by: kind };
    case 'exited':
      return stopAtFailure && kind === 'program' && exit.code !== 0 ? { kind: 'program-failed' } : undefined;
    case 'killed':
      return undefined;
  }
}

function diskEnd(trouble: DiskTrouble, by: ContainerKind): StepEnd {
  if (trouble === 'limit') return { kind: 'limit', limit: 'disk', by };
  const cause = new Error('the disk of the node is nearly full, so the step was stopped');
  return { kind: 'engine-failed', failure: FailureCode.NODE_DISK_FULL, cause };
}

function engineFailure(cause: unknown): StepEnd {
  const failure =
    cause instanceof ImageUnavailableError ? FailureCode.IMAGE_UNAVAILABLE : FailureCode.ENGINE_FAILED;
  return { kind: 'engine-failed', failure, cause };
}

function specOf(step: Step, planned: PlannedContainer): ContainerSpec {
  const { labels, limits } = step;
  return {
    name: `weir-${labels.node}-${labels.run}-${labels.attempt}-${planned.role}`,
    labels: { ...labels, role: planned.role },
    image: step.image,
    command: planned.command,
    workingDirectory: '/app/program',
    environment: { PYTHONUNBUFFERED: '1' },
    mounts: planned.mounts,
    limits: {
      memoryBytes: limits.memoryBytes,
      cpuMillis: limits.cpuMillis,
      pids: limits.pids,
      gpus: limits.gpus,
      seconds: limits.stepSeconds,
      scratchBytes: limits.diskBytes,
      fileBytes: limits.diskBytes,
    },
    denyLinks: planned.denyLinks,
  };
}

function writableFolders(containers: readonly PlannedContainer[]): string[] {
  const mounts = containers.flatMap((container) => container.mounts).filter(({ readOnly }) => !readOnly);
  return [...new Set(mounts.map(({ source }) => source))];
}

function timesOf(outcomes: ReadonlyMap<ContainerKind, { code: number; seconds: number }>): StepTimes {
  const [program, ingestion] = [outcomes.get('program'), outcomes.get('ingestion')];
  return {
    exitCode: program?.code ?? null,
    elapsedSeconds: program?.seconds ?? null,
    ingestionExitCode: ingestion?.code ?? null,
    ingestionElapsedSeconds: ingestion?.seconds ?? null,
  };
}

const logStreams: Readonly<Record<ContainerRole, Readonly<Record<'stdout' | 'stderr', LogStream>>>> = {
  prediction: { stdout: LogStream.PREDICTION_STDOUT, stderr: LogStream.PREDICTION_STDERR },
  'prediction-ingestion': {
    stdout: LogStream.PREDICTION_INGESTION_STDOUT,
    stderr: LogStream.PREDICTION_INGESTION_STDERR,
  },
  scoring: { stdout: LogStream.SCORING_STDOUT, stderr: LogStream.SCORING_STDERR },
  'scoring-ingestion': {
    stdout: LogStream.SCORING_INGESTION_STDOUT,
    stderr: LogStream.SCORING_INGESTION_STDERR,
  },
};
