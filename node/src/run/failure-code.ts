import { FailureCode } from '@weir/proto/node/v1';
import { ArtifactUnavailableError } from '../cache/errors.ts';
import { DatasetChangedError, DatasetMissingError, DatasetUnreadableError } from '../data/errors.ts';
import { EngineError, ImageUnavailableError } from '../engine/errors.ts';
import { hasCode } from '../home/atomic-file.ts';

/** What an error means to the hub: the only place where errors become codes. Whose fault each is, the contract says. */
export function failureCodeOf(error: unknown): FailureCode {
  if (error instanceof ArtifactUnavailableError) return FailureCode.ARTIFACT_UNAVAILABLE;
  if (error instanceof DatasetMissingError) return FailureCode.DATASET_MISSING;
  if (error instanceof DatasetUnreadableError) return FailureCode.DATASET_MISSING;
  if (error instanceof DatasetChangedError) return FailureCode.DATASET_CHANGED;
  if (error instanceof ImageUnavailableError) return FailureCode.IMAGE_UNAVAILABLE;
  if (error instanceof EngineError) return FailureCode.ENGINE_FAILED;
  if (hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT')) return FailureCode.NODE_DISK_FULL;
  return FailureCode.NODE_INTERNAL;
}
