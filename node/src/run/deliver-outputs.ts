import { OutputKind, type OutputSlot } from '@weir/proto/node/v1';
import { sha256OfFile } from '../cache/digest.ts';
import type { StepTimes } from '../contract/metadata.ts';
import { stepMetadata } from '../contract/metadata.ts';
import { zipOutput } from '../contract/outputs.ts';
import { deliverOutput } from '../egress/outputs.ts';
import { LedgerFailedError } from '../ledger/errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { AttemptFolder } from './attempt-folder.ts';

export interface OutputsOfRun {
  readonly folder: AttemptFolder;
  readonly slots: readonly OutputSlot[];
  readonly prediction: StepTimes;
  readonly scoring: StepTimes;
}

export interface DeliveryDeps {
  readonly hubUrl: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Notes sha256:<hex> of what is about to leave. */
  record(digest: string): Promise<void>;
}

/** Delivers the archives that the competition keeps besides scores. Best effort: what cannot be made or delivered is left out and logged. */
export async function deliverArchives(run: OutputsOfRun, deps: DeliveryDeps): Promise<void> {
  await Promise.all(
    run.slots.map(async (slot) => {
      try {
        const made = await makeOutput(slot, run);
        if (!made) return;
        await deps.record(`sha256:${await sha256OfFile(made.path)}`);
        await deliverOutput({ slot, ...made }, deps);
      } catch (error) {
        deps.signal.throwIfAborted();
        if (error instanceof LedgerFailedError) throw error;
        deps.logger.warn({ err: error, kind: slot.kind }, 'an output could not be made');
      }
    }),
  );
}

async function makeOutput(
  slot: OutputSlot,
  { folder, prediction, scoring }: OutputsOfRun,
): Promise<{ path: string; contentType: string } | null> {
  const maxBytes = Number(slot.maxBytes);
  switch (slot.kind) {
    case OutputKind.PREDICTION_RESULT:
      return zip(folder, 'predictions', stepMetadata(prediction), maxBytes, 'prediction.zip');
    case OutputKind.SCORING_RESULT:
      return zip(folder, 'score-output', stepMetadata(scoring), maxBytes, 'scoring.zip');
    // The report goes through the gate, like scores.
    case OutputKind.DETAILED_RESULT:
    case OutputKind.UNSPECIFIED:
      return null;
    default:
      return slot.kind satisfies never;
  }
}

async function zip(
  folder: AttemptFolder,
  part: 'predictions' | 'score-output',
  metadata: string,
  maxBytes: number,
  name: string,
): Promise<{ path: string; contentType: string } | null> {
  const path = folder.outgoing(name);
  const made = await zipOutput({ folder: folder.workspace.path(part), extra: { metadata }, maxBytes }, path);
  return made ? { path, contentType: 'application/zip' } : null;
}
