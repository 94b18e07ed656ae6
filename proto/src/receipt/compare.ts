import { ASSIGNED_NAMES, type Assigned, type Statement } from './statement.ts';

/** Names of what a statement says otherwise than what was assigned. */
export function differencesFrom(
  assigned: Assigned,
  statement: Pick<Statement, 'predicate'>,
): (keyof Assigned)[] {
  return ASSIGNED_NAMES.filter((name) => statement.predicate.assigned[name] !== assigned[name]);
}

/** Keys whose score is another one, or on one side alone. */
export function scoreDifferences(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): string[] {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].filter((key) => one[key] === undefined || one[key] !== other[key]);
}
