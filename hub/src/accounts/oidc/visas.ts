import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Attribute } from '../attributes.ts';
import { boundedJson } from './bounded-json.ts';

const MOST_VISAS = 50;
/** Even a visa for years is asked for again after so long. */
const LONGEST_LIFE_MS = 90 * 86_400_000;

const visa = z.object({
  exp: z.int(),
  ga4gh_visa_v1: z.object({
    type: z.string().regex(/^[A-Za-z0-9_.:/-]{1,100}$/),
    value: z.string().regex(/^\S{1,500}$/),
    asserted: z.int(),
    /** Good only together with other visas: those are not vouched for. */
    conditions: z.array(z.unknown()).length(0).optional(),
  }),
});
const metadata = z.object({ issuer: z.string(), jwks_uri: z.url() });

/**
 * GA4GH passport visas among what an institution said. One counts if an issuer that the administrators named has signed it, in a way that needs its
 * published keys alone, and ends with the visa itself at the latest. Whatever cannot be checked is left out: it is not vouched for.
 */
export async function checkVisas(
  passport: unknown,
  issuers: readonly string[],
  log: Logger,
  now = Date.now(),
): Promise<Attribute[]> {
  const tokens = z.array(z.string().max(20_000)).max(MOST_VISAS).safeParse(passport);
  if (!tokens.success || issuers.length === 0) return [];
  const checked: Attribute[] = [];
  for (const token of tokens.data) {
    try {
      const attribute = await checkVisa(token, issuers, now);
      if (attribute) checked.push(attribute);
    } catch (error) {
      log.info({ err: error }, 'a visa is left out: it does not hold');
    }
  }
  return checked;
}

async function checkVisa(token: string, issuers: readonly string[], now: number): Promise<Attribute | null> {
  const issuer = issuers.find((each) => each === decodeJwt(token).iss);
  if (!issuer) return null;
  const { jwks_uri } = metadata
    .refine((found) => found.issuer === issuer)
    .parse(await boundedJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`));
  const keys = createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: 5_000 });
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    algorithms: ['RS256', 'ES256', 'ES384', 'PS256', 'EdDSA'],
    currentDate: new Date(now),
  });
  const { exp, ga4gh_visa_v1: said } = visa.parse(payload);
  if (said.asserted * 1_000 > now) return null;
  return {
    name: `visa:${said.type}`,
    value: said.value,
    source: issuer,
    until: new Date(Math.min(exp * 1_000, now + LONGEST_LIFE_MS)).toISOString(),
  };
}
