import type { ResourceType, TaskDetails } from '#lib/api/types.ts';

export type Slot = keyof TaskDetails['files'];

/** What a task consists of, in the order in which it is shown. */
export const slots: readonly { slot: Slot; type: ResourceType; label: string }[] = [
  { slot: 'scoringProgram', type: 'scoring_program', label: 'Scoring program' },
  { slot: 'ingestionProgram', type: 'ingestion_program', label: 'Ingestion program' },
  { slot: 'inputData', type: 'input_data', label: 'Input data' },
  { slot: 'referenceData', type: 'reference_data', label: 'Reference data' },
];

/** Labels of what differs between a version and the one before it. */
export function changesBetween(
  version: TaskDetails['versions'][number],
  before: TaskDetails['versions'][number] | undefined,
): string[] {
  if (!before) return [];
  const changed = slots
    .filter(({ slot }) => version.files[slot]?.key !== before.files[slot]?.key)
    .map(({ label }) => label);
  if (version.ingestionOnlyDuringScoring !== before.ingestionOnlyDuringScoring)
    changed.push('When the ingestion runs');
  if (version.siteDataset !== before.siteDataset) changed.push('Dataset of the sites');
  if (JSON.stringify(version.siteRule) !== JSON.stringify(before.siteRule))
    changed.push('Which sites, and how their scores become one');
  return changed;
}
