import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { FailureCode } from '@weir/proto/node/v1';
import { UnwalkableFolderError, walkFolder } from './walk-folder.ts';

/** The name under which the platform tells scoring programs how the prediction step went. */
export const RESERVED_NAME = 'metadata';
const MOST_ENTRIES = 100_000;

/**
 * Decides whether what participant code left behind can be handed to the side that sees reference data: folders and plain files alone. A link could
 * point to the reference data, a pipe would block its reader for ever, and a file with another name outside could still be written to. Returns the
 * participant's failure, or null. To be called when nothing writes any more.
 */
export async function inspectPredictions(folder: string, byteLimit: number): Promise<FailureCode | null> {
  if (await lstat(join(folder, RESERVED_NAME)).catch(() => null)) {
    return FailureCode.PREDICTION_RESERVED_NAME;
  }
  let entries = 0;
  let bytes = 0;
  let refused = false;
  try {
    await walkFolder(folder, 'settled', ({ stats }) => {
      entries += 1;
      bytes += stats.isFile() ? stats.size : 0;
      refused ||= stats.isFile() ? stats.nlink > 1 : !stats.isDirectory();
      if (entries > MOST_ENTRIES) throw new UnwalkableFolderError(`more than ${MOST_ENTRIES} entries`);
    });
  } catch (error) {
    if (error instanceof UnwalkableFolderError) return FailureCode.PREDICTION_OUTPUT_REFUSED;
    throw error;
  }
  if (refused) return FailureCode.PREDICTION_OUTPUT_REFUSED;
  // Sizes as they are read, which for a file with holes is more than what it takes on disk.
  return bytes > byteLimit ? FailureCode.PREDICTION_DISK_LIMIT : null;
}
