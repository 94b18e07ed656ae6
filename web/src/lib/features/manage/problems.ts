import type { Problem } from '#lib/api/types.ts';

/** "competition.yaml:42:5", as editors and terminals understand it. */
export function placeOf(problem: Pick<Problem, 'file' | 'line' | 'column'>): string | null {
  if (problem.file === null) return null;
  return [problem.file, problem.line, problem.column].filter((part) => part !== null).join(':');
}

/** In the order in which somebody goes through the files of the bundle; what has no place comes first. */
export function byPlace(problems: readonly Problem[]): Problem[] {
  return problems.toSorted(
    (a, b) =>
      (a.file ?? '').localeCompare(b.file ?? '') ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}

/** One line for each problem and one for its cure, to paste into a mail or an issue. */
export function problemsAsText(problems: readonly Problem[]): string {
  return problems
    .map((problem) => {
      const place = placeOf(problem) ?? problem.where ?? 'bundle';
      return `${place}: ${problem.severity}: ${problem.message} [${problem.code}]\n  ${problem.cure}`;
    })
    .join('\n');
}
