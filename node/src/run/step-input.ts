import type { Assignment } from '@weir/proto/node/v1';
import type { StepLimits } from '../contract/execute-step.ts';
import type { StepInput } from '../contract/result.ts';
import type { PreparedImage } from '../engine/engine.ts';
import type { Step } from '../logs/held-logs.ts';
import type { Permission } from '../policy/decide.ts';
import type { AttemptFolder } from './attempt-folder.ts';
import type { SiteFolders } from './prepare.ts';

export interface StepParts {
  readonly assignment: Assignment;
  readonly limits: StepLimits;
  readonly folder: AttemptFolder;
  readonly nodeId: string;
  readonly image: PreparedImage;
  readonly folders: SiteFolders;
  /** As of now: a folder that the policy has withdrawn meanwhile is not shown. */
  readonly permitted: Permission;
}

/** What a step of an attempt starts from. */
export function stepInputOf(parts: StepParts, step: Step): StepInput {
  const { assignment, limits, folder, nodeId, image, permitted } = parts;
  const { input, reference, appData } = parts.folders;
  const showsAppData = appData?.steps.includes(step) && permitted.appData?.steps.includes(step);
  return {
    labels: { node: nodeId, run: String(assignment.runId), attempt: String(assignment.attempt) },
    image,
    workspace: folder.workspace,
    limits,
    ingestionDuringScoring: assignment.ingestionOnlyDuringScoring,
    siteData: {
      ...(input !== null && { input }),
      ...(reference !== null && { reference }),
      ...(appData && showsAppData && { data: appData.path }),
    },
  };
}
