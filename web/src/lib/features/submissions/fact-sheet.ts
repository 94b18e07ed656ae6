import type { Question } from '#lib/api/types.ts';

export type Answers = Record<string, string | boolean>;

/** An answer to each question that is asked now, of what was given so far. */
export function answersTo(questions: readonly Question[], given: Readonly<Answers>): Answers {
  return Object.fromEntries(
    questions.map(({ key, type }) => [key, given[key] ?? (type === 'checkbox' ? false : '')]),
  );
}
