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
  const { reviewers = {}, organizations = {} } = policy ?? {};
  const known = ({ name, organization }: Person) => {
    const own = Object.entries(organizations).filter(([each]) => isSame(each, organization));
    return { name, organization, domains: own.flatMap(([, domains]) => domains) };
  };
  if (Object.keys(reviewers).length === 0) return { person: known(person), obstacle: null };
  const named = Object.hasOwn(reviewers, person.name) ? reviewers[person.name] : undefined;
  if (!named) {
    const names = Object.keys(reviewers).join(', ');
    const obstacle = `The site's policy says who may answer: ${names}. They sign in with a token of their own, which the steward makes for them (see Help).`;
    return { person: known(person), obstacle };
  }
  return { person: known({ name: person.name, organization: named.organization }), obstacle: null };
}

function isSame(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}
