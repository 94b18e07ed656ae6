import type { FactSheetQuestion } from '../bundles/model.ts';
import { FactSheetError } from './errors.ts';

const MAX_ANSWER_LENGTH = 10_000;

export type FactSheetAnswers = Record<string, string | boolean>;

/**
 * Checks the answers to a competition's questions. What was not asked is an error; what was not answered is one where an answer is required,
 * and an empty answer elsewhere.
 * @returns exactly one answer for each question, or null when nothing is asked
 * @throws FactSheetError
 */
export function checkAnswers(
  questions: readonly FactSheetQuestion[] | null,
  given: Readonly<Record<string, unknown>> | null | undefined,
): FactSheetAnswers | null {
  if (!questions || questions.length === 0) return null;
  const answers: FactSheetAnswers = {};
  const fields: Record<string, string> = {};
  for (const question of questions) {
    const answer = given?.[question.key];
    const problem = problemWith(question, answer);
    if (problem) fields[question.key] = problem;
    else answers[question.key] = normalise(question, answer);
  }
  for (const key of Object.keys(given ?? {})) {
    if (!questions.some((question) => question.key === key)) fields[key] = `Nobody asked for "${key}".`;
  }
  if (Object.keys(fields).length > 0) throw new FactSheetError(fields);
  return answers;
}

function isBlank(answer: unknown): boolean {
  return answer === undefined || answer === null || (typeof answer === 'string' && answer.trim() === '');
}

function problemWith(
  { title, type, selection, isRequired }: FactSheetQuestion,
  answer: unknown,
): string | null {
  if (isBlank(answer)) return isRequired ? `"${title}" needs an answer.` : null;
  switch (type) {
    case 'checkbox':
      if (toBoolean(answer) === null) return `"${title}" is answered with true or false.`;
      // As on Codabench: what is to be checked is not answered by leaving it unchecked.
      return isRequired && toBoolean(answer) === false ? `"${title}" has to be checked.` : null;
    case 'select':
      return selection.includes(String(answer)) ? null : `"${title}" is one of: ${selection.join(', ')}.`;
    case 'text':
      if (typeof answer !== 'string') return `"${title}" is answered with text.`;
      return answer.length > MAX_ANSWER_LENGTH ? `The answer to "${title}" is too long.` : null;
    default:
      return type satisfies never;
  }
}

function normalise({ type }: FactSheetQuestion, answer: unknown): string | boolean {
  if (type === 'checkbox') return toBoolean(answer) ?? false;
  return isBlank(answer) ? '' : String(answer);
}

/** Scripts send Codabench's fact sheets as form fields, where true is "true". */
function toBoolean(answer: unknown): boolean | null {
  if (typeof answer === 'boolean') return answer;
  if (answer === 'true') return true;
  return answer === 'false' ? false : null;
}
