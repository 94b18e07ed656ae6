import { type Attribute, attribute, stillValid } from './attributes.ts';

/** One of these values has to be vouched for; with no values, any. */
export interface RequiredAttribute {
  /** As in `Attribute`: email_domain, affiliation, orcid, visa:<type>. */
  readonly name: string;
  readonly values: readonly string[];
}

export function isAttributeName(name: string): boolean {
  return attribute.shape.name.safeParse(name).success;
}

/** Those of the requirements that nothing valid meets. */
export function findLacking(
  required: readonly RequiredAttribute[],
  attributes: readonly Attribute[],
): RequiredAttribute[] {
  const valid = stillValid(attributes);
  return required.filter(
    ({ name, values }) =>
      !valid.some((has) => has.name === name && (values.length === 0 || values.includes(has.value))),
  );
}

/** For people: what has to be vouched for, such as "an e-mail address at a.example or b.example". */
export function inWords({ name, values }: RequiredAttribute): string {
  const any = values.join(' or ');
  if (name === 'email_domain') return any ? `an e-mail address at ${any}` : 'a checked e-mail address';
  if (name === 'affiliation') return any ? `the affiliation ${any}` : 'an affiliation';
  if (name === 'orcid') return any ? `the ORCID ${any}` : 'an ORCID';
  const visa = `a visa ${name.slice('visa:'.length)}`;
  return any ? `${visa} for ${any}` : visa;
}
