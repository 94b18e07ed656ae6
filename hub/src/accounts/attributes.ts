import { z } from 'zod';

/**
 * Something that somebody vouches for about a person: an institution that they signed in with, or their home hub. Nothing that people say of
 * themselves is one.
 *
 * - `email_domain`: they have an address there
 * - `affiliation`: such as `member@uni.example` (eduPersonScopedAffiliation)
 * - `orcid`: such as `0000-0002-1825-0097`
 * - `visa:<type>`: value of a GA4GH passport visa whose signature was checked, such as `visa:ControlledAccessGrants`
 */
export const attribute = z.object({
  name: z.string().regex(/^(email_domain|affiliation|orcid|visa:[A-Za-z0-9_.:/-]{1,100})$/),
  value: z.string().min(1).max(500).regex(/^\S+$/),
  /** Who vouched first: an issuer's address. */
  source: z.string().max(300),
  /** ISO 8601; from then on it says nothing. */
  until: z.iso.datetime(),
});
export type Attribute = z.output<typeof attribute>;
export const attributes = z.array(attribute).max(100);

export function stillValid(all: readonly Attribute[], now = Date.now()): Attribute[] {
  return all.filter(({ until }) => Date.parse(until) > now);
}

/** Of several sources, each name and value once, with the longest life. */
export function unite(...sources: (readonly Attribute[])[]): Attribute[] {
  const united = new Map<string, Attribute>();
  for (const each of sources.flat()) {
    const key = `${each.name} ${each.value}`;
    const other = united.get(key);
    if (!other || Date.parse(other.until) < Date.parse(each.until)) united.set(key, each);
  }
  return [...united.values()];
}
