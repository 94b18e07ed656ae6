import { AnswerRefusedError } from '../people/errors.ts';
import type { Person } from '../people/question.ts';
import type { Policy } from '../policy/schema.ts';

/**
 * Somebody of the console as a reviewer. Where the policy names its reviewers, only those may answer, and they belong to whom the policy says;
 * where it names nobody, everybody who may open the console may.
 */
export function reviewerOf(
  person: Person,
  policy: Policy | null,
): { person: Person; obstacle: string | null } {
  const reviewers = policy?.reviewers ?? {};
  if (Object.keys(reviewers).length === 0) return { person, obstacle: null };
  const named = Object.hasOwn(reviewers, person.name) ? reviewers[person.name] : undefined;
  if (!named) return { person, obstacle: new AnswerRefusedError('not_a_reviewer').message };
  return { person: { name: person.name, organization: named.organization }, obstacle: null };
}
