import type { Question } from '#lib/api/types.ts';

export type Answers = Record<string, string | boolean>;

export function emptyAnswers(questions: readonly Question[]): Answers {
  return Object.fromEntries(questions.map(({ key, type }) => [key, type === 'checkbox' ? false : '']));
}
