import type { Batch } from '#lib/api/types.ts';
import type { Shown } from '#lib/features/submissions/status.ts';
import { formatCount } from '#lib/time/format.ts';

type Progress = Pick<Batch, 'finishedAt' | 'total' | 'entered' | 'over'>;

/** Everything is entered, and all of it has come to its end. */
export function isDone({ finishedAt, entered, over }: Progress): boolean {
  return finishedAt !== null && over >= entered;
}

export function showBatch(batch: Progress): Shown {
  if (isDone(batch)) return { label: 'Done', tone: 'good' };
  if (batch.finishedAt !== null) return { label: 'Running', tone: 'active' };
  return batch.total === null ? { label: 'Waiting', tone: 'waiting' } : { label: 'Entering', tone: 'active' };
}

/** "12 of 30 entered, 5 of them over" */
export function tellProgress({ finishedAt, total, entered, over }: Progress): string {
  if (total === null) return 'Not begun yet';
  if (total === 0) return 'There was nothing to enter';
  const all =
    finishedAt === null
      ? `${entered} of ${formatCount(total, 'submission')}`
      : formatCount(entered, 'submission');
  return `${all} entered, ${over} of them over`;
}
