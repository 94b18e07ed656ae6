import type { FailureCode } from '@weir/proto/node/v1';
import type { PreparedImage } from '../engine/engine.ts';
import type { AttemptLabels, StepEnd, StepLimits } from './execute-step.ts';
import type { ContainerKind, SiteData } from './plan.ts';
import type { Workspace } from './workspace.ts';

/** What both steps of an attempt start from. The artifacts are unpacked in the workspace already, and the image is at hand. */
export interface StepInput {
  readonly labels: AttemptLabels;
  readonly image: PreparedImage;
  readonly workspace: Workspace;
  readonly limits: StepLimits;
  readonly ingestionDuringScoring: boolean;
  readonly siteData: SiteData;
}

/** How a step went wrong. `cause`, where there is one, is for the node's own log and must not leave the site. */
export type StepFailure =
  | { readonly kind: 'failed'; readonly failure: FailureCode; readonly cause?: unknown }
  | { readonly kind: 'cancelled' };

/** The code of each limit, for the container that went over it. */
export type LimitCodes = Readonly<Record<'time' | 'memory' | 'disk', FailureCode>>;

export function failed(failure: FailureCode): StepFailure {
  return { kind: 'failed', failure };
}

/** What the end of a step means, given whose fault each container's limits are and what a program's failure counts as. */
export function failureOf(
  end: Exclude<StepEnd, { kind: 'completed' }>,
  limits: Readonly<Record<ContainerKind, LimitCodes>>,
  programFailed: FailureCode,
): StepFailure {
  switch (end.kind) {
    case 'cancelled':
      return end;
    case 'limit':
      return failed(limits[end.by][end.limit]);
    case 'program-failed':
      return failed(programFailed);
    case 'engine-failed':
      return { kind: 'failed', failure: end.failure, cause: end.cause };
  }
}
