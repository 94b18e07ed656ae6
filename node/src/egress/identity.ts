import { createHash } from 'node:crypto';
import type { Assignment } from '@weir/proto/node/v1';
import type { Column } from './columns.ts';

export interface Computation {
  readonly assignment: Assignment;
  /** As the engine found it; null for engines without images, whose reference then stands for it. */
  readonly imageDigest: string | null;
  /** Every dataset of the site that the run is shown, with the steps that see it. */
  readonly datasets: readonly { readonly digest: string; readonly seen: readonly string[] }[];
  readonly columns: readonly Column[];
}

/**
 * The identity of a computation: sha256:<hex> over everything that its scores depend on, and over how they are rounded. Two runs with the
 * same key ask the same question of the same data, whatever competition, phase or hub they come through.
 */
export function computationKey({ assignment, imageDigest, datasets, columns }: Computation): string {
  const { siteData } = assignment;
  const parts = [
    'weir-computation-v1',
    assignment.submission?.digest ?? null,
    assignment.ingestionProgram?.digest ?? null,
    assignment.scoringProgram?.digest ?? null,
    siteData?.input ? null : (assignment.inputData?.digest ?? null),
    siteData?.reference ? null : (assignment.referenceData?.digest ?? null),
    imageDigest ?? assignment.image,
    assignment.ingestionOnlyDuringScoring,
    assignment.factSheetAnswers,
    datasets.map(({ digest, seen }) => [digest, [...seen].sort()]),
    columns.map(({ key, type, range, decimals, minCases }) => [key, type, range, decimals, minCases]),
  ];
  return `sha256:${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
}
