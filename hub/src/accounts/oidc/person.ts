import type { IDToken, UserInfoResponse } from 'openid-client';
import { z } from 'zod';
import type { Attribute } from '../attributes.ts';

/** What an institution says holds for so long after somebody last signed in there. */
const ATTRIBUTE_LIFE_MS = 90 * 86_400_000;

/** Somebody who has come back from an institution. */
export interface Arrived {
  readonly subject: string;
  /** Only if the institution has made sure that it is theirs. */
  readonly email: string | null;
  readonly displayName: string;
  /** What they may want to be called here. */
  readonly proposedUsername: string;
  /** For the person to tell this identity from others. */
  readonly label: string;
  readonly attributes: readonly Attribute[];
}

const text = z.string().trim().min(1).max(254).nullish().catch(null);
const many = z
  .union([z.string().transform((one) => [one]), z.array(z.string())])
  .nullish()
  .catch(null);

const claims = z.object({
  sub: z.string().min(1).max(255),
  email: z.email().max(254).nullish().catch(null),
  email_verified: z
    .union([z.boolean(), z.literal('true').transform(() => true)])
    .nullish()
    .catch(null),
  name: text,
  preferred_username: text,
  orcid: text,
  eduperson_orcid: many,
  eduperson_scoped_affiliation: many,
  voperson_external_affiliation: many,
});

/** @param visas as they were checked */
export function toArrived(
  issuer: string,
  said: IDToken & Partial<UserInfoResponse>,
  visas: readonly Attribute[],
  now = Date.now(),
): Arrived {
  const person = claims.parse(said);
  const until = new Date(now + ATTRIBUTE_LIFE_MS).toISOString();
  const vouched = (name: string, value: string): Attribute => ({ name, value, source: issuer, until });
  const email = person.email && person.email_verified ? person.email : null;
  const affiliations = [
    ...(person.eduperson_scoped_affiliation ?? []),
    ...(person.voperson_external_affiliation ?? []),
  ].filter((value) => /^[a-z-]{1,50}@[a-z0-9.-]{3,200}$/i.test(value));
  const orcids = [
    person.orcid,
    ...(person.eduperson_orcid ?? []),
    issuer === 'https://orcid.org' && person.sub,
  ]
    .map((value) => /^(?:https:\/\/orcid\.org\/)?((?:\d{4}-){3}\d{3}[\dX])$/.exec(value || '')?.[1])
    .filter((orcid) => orcid !== undefined);
  return {
    subject: person.sub,
    email,
    displayName: (person.name ?? '')
      .replace(/[@\p{C}]+/gu, ' ')
      .trim()
      .slice(0, 100),
    proposedUsername: toUsername(person.preferred_username ?? email ?? person.name ?? ''),
    label: email ?? person.preferred_username ?? person.name ?? person.sub,
    attributes: [
      ...(email ? [vouched('email_domain', email.slice(email.lastIndexOf('@') + 1).toLowerCase())] : []),
      ...affiliations.slice(0, 20).map((value) => vouched('affiliation', value.toLowerCase())),
      ...new Set(orcids).values().map((value) => vouched('orcid', value)),
      ...visas,
    ],
  };
}

function toUsername(said: string): string {
  const [local = ''] = said.split('@');
  return local
    .normalize('NFKD')
    .replace(/[^a-zA-Z0-9_.-]+/g, '-')
    .replace(/^[^a-zA-Z0-9]+|[-.]+$/g, '')
    .slice(0, 50);
}
