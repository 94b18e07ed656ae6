import { z } from 'zod';
import { NoSuchAddressError } from './errors.ts';
import { number } from './request.ts';

const COLUMNS = 10_000;

/**
 * A score has no number of its own here: it is one submission's in one column. Clients want one, and hand it back to edit the score.
 * In a column whose index is out of the ordinary it has 0, which is no score's.
 */
export function toScoreId(submissionId: number, columnIndex: number): number {
  return columnIndex >= 0 && columnIndex < COLUMNS ? submissionId * COLUMNS + columnIndex : 0;
}

/** @throws NoSuchAddressError */
export function fromScoreId(params: unknown): { submissionId: number; index: number } {
  const { data } = z.object({ id: number }).safeParse(params);
  const submissionId = Math.trunc((data?.id ?? 0) / COLUMNS);
  if (!data || submissionId < 1 || submissionId > 2 ** 31 - 1) throw new NoSuchAddressError();
  return { submissionId, index: data.id % COLUMNS };
}
