import type { Resource, ResourceType } from '#lib/api/types.ts';

/** The nine types, in the words that people see. */
export const resourceTypes: readonly { value: ResourceType; label: string }[] = [
  { value: 'scoring_program', label: 'Scoring program' },
  { value: 'ingestion_program', label: 'Ingestion program' },
  { value: 'input_data', label: 'Input data' },
  { value: 'reference_data', label: 'Reference data' },
  { value: 'public_data', label: 'Public data' },
  { value: 'starting_kit', label: 'Starting kit' },
  { value: 'solution', label: 'Solution' },
  { value: 'submission', label: 'Submission' },
  { value: 'competition_bundle', label: 'Bundle' },
];

export function typeLabel(type: ResourceType): string {
  return resourceTypes.find(({ value }) => value === type)?.label ?? type;
}

type Use = Resource['uses'][number];

const words: Record<Use['kind'], string> = {
  task: 'Task',
  former_version: 'Former version of a task',
  solution: 'Solution of the task',
  phase: 'Phase',
  submission: 'Submissions in',
  dump: 'Dump of',
  creation: 'Something is being made of',
};

export function useInWords({ kind, title }: Use): string {
  return `${words[kind]} “${title}”`;
}
