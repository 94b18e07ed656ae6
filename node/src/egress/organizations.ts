import type { Assignment } from '@weir/proto/node/v1';

/** What hubs vouch for that says whom somebody belongs to: by name, or by a domain, alone or behind an `@` (`member@hospital.example`). */
const TELLING = ['organization', 'email_domain', 'affiliation', 'visa:AffiliationAndRole'];

/** Whom the submitter belongs to, as the hub vouches, each on a line of its own; null when it vouches for none. */
export function organizationsOf({
  submitterAttributes,
}: Pick<Assignment, 'submitterAttributes'>): string | null {
  const values = TELLING.flatMap((name) =>
    Object.hasOwn(submitterAttributes, name) ? (submitterAttributes[name]?.split('\n') ?? []) : [],
  );
  const organizations = new Set(values.map((value) => value.slice(value.lastIndexOf('@') + 1).trim()));
  organizations.delete('');
  return organizations.size === 0 ? null : [...organizations].join('\n');
}
