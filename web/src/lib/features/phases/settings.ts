import type { EditablePhase } from '#lib/api/types.ts';

/** What people type into a field for a moment in UTC; the seconds are shown as well, since phases end on them. */
export function toField(moment: string | null): string {
  return moment === null ? '' : new Date(moment).toISOString().slice(0, 19);
}

/** Null for an empty field. Browsers leave out seconds that are zero. */
export function fromField(value: string): string | null {
  return value === '' ? null : new Date(`${value}Z`).toISOString();
}

export const limits = [
  { name: 'maxSubmissionsPerDay', label: 'Submissions a day', unit: 'a day' },
  { name: 'maxSubmissionsPerMonth', label: 'Submissions a month', unit: 'a month' },
  { name: 'maxSubmissionsPerPerson', label: 'Submissions in all', unit: 'in all' },
  { name: 'maxConcurrentSubmissions', label: 'Submissions at a time', unit: 'at a time' },
] as const satisfies readonly { name: keyof EditablePhase; label: string; unit: string }[];

export type LimitName = (typeof limits)[number]['name'];

/** Each person's, in words. */
export function limitsInWords(phase: Pick<EditablePhase, LimitName>): string {
  const set = limits.flatMap(({ name, unit }) => (phase[name] === null ? [] : [`${phase[name]} ${unit}`]));
  return set.length === 0 ? 'No limits' : set.join(', ');
}
