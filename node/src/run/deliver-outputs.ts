import { writeFile } from 'node:fs/promises';
import { OutputKind, type OutputSlot } from '@weir/proto/node/v1';
import type { StepTimes } from '../contract/metadata.ts';
import { stepMetadata } from '../contract/metadata.ts';
import { zipOutput } from '../contract/outputs.ts';
import { readReport } from '../contract/report.ts';
import { deliverOutput } from '../egress/outputs.ts';
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
}

/** Delivers what the competition keeps besides scores. Best effort: what cannot be made or delivered is left out and logged. */
export async function deliverOutputs(run: OutputsOfRun, deps: DeliveryDeps): Promise<void> {
  await Promise.all(
    run.slots.map(async (slot) => {
      try {
        const made = await makeOutput(slot, run);
        if (made) await deliverOutput({ slot, ...made }, deps);
      } catch (error) {
        deps.signal.throwIfAborted();
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
  const output = folder.workspace.path('score-output');
  switch (slot.kind) {
    case OutputKind.PREDICTION_RESULT:
      return zip(folder, 'predictions', stepMetadata(prediction), maxBytes, 'prediction.zip');
    case OutputKind.SCORING_RESULT:
      return zip(folder, 'score-output', stepMetadata(scoring), maxBytes, 'scoring.zip');
    case OutputKind.DETAILED_RESULT: {
      const report = await readReport(output, maxBytes);
      if (report === null) return null;
      const path = folder.outgoing('report.html');
      await writeFile(path, report, { mode: 0o600 });
      return { path, contentType: 'text/html' };
    }
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
