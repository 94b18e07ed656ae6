import { randomUUID } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader, errors, SignJWT } from 'jose';
import { z } from 'zod';
import { attributes } from '../../accounts/attributes.ts';
import { type ChainKey, publicKeyOf } from '../../keys/chain.ts';
import type { KeyRing } from '../../keys/ring.ts';
import { CLOCK_SKEW_S } from '../calls/token.ts';
import { keyId } from '../hub-document.ts';
import { AssertionRefusedError } from './errors.ts';
import { PURPOSES, type Purpose } from './model.ts';

/** Seconds between `iat` and `exp`: an assertion is made for one call. */
export const ASSERTION_LIFE_S = 120;
const TYPE = 'weir-assertion+jwt';
const LONGEST_ASSERTION = 48 * 1024;

/**
 * What a home hub says about one of its people, to one peer, for one purpose. It can be used once.
 *
 * Header: `alg` EdDSA, `typ` weir-assertion+jwt, `kid` the key of the home hub's chain.
 */
const claims = z.object({
  /** Home hub: fingerprint of its oldest key. */
  iss: keyId,
  /** The peer that is told: fingerprint of its oldest key. */
  aud: keyId,
  /** The person, for ever the same at this peer; with `iss`, the identity. */
  sub: z.string().regex(/^[A-Za-z0-9_-]{20,64}$/),
  iat: z.int(),
  exp: z.int(),
  jti: z.uuid(),
  pur: z.enum(PURPOSES),
  /** User name at home: to be shown as name@hub, never to know somebody by. */
  usr: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,49}$/),
  /** Display name, when the person shares it. */
  dsp: z.string().max(100).default(''),
  /** What is vouched for, as far as the person shares it. */
  att: attributes,
  /** What the person agreed to, and when. */
  con: z.object({ purposes: z.array(z.enum(PURPOSES)).max(10), givenAt: z.iso.datetime() }),
  /** Of the sign-in that it answers. */
  non: z.string().max(100).optional(),
});
const header = z.object({ alg: z.literal('EdDSA'), typ: z.literal(TYPE), kid: keyId });

export type Assertion = z.output<typeof claims>;
export type Asserted = Omit<Assertion, 'iss' | 'iat' | 'exp' | 'jti'>;
/** As it says of itself: not believed yet. */
export type ClaimedAssertion = Assertion & { readonly kid: string };

export async function signAssertion(
  keys: Pick<KeyRing, 'signing' | 'rootId'>,
  asserted: Asserted,
  now = Date.now(),
): Promise<string> {
  const { id, key } = keys.signing;
  const iat = Math.floor(now / 1_000);
  const all: Assertion = {
    ...asserted,
    iss: keys.rootId,
    iat,
    exp: iat + ASSERTION_LIFE_S,
    jti: randomUUID(),
  };
  return new SignJWT({ ...all }).setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid: id }).sign(key);
}

/** Reads it without believing it. @throws AssertionRefusedError */
export function readAssertion(assertion: string): ClaimedAssertion {
  try {
    if (assertion.length > LONGEST_ASSERTION) throw new Error('too long');
    const { kid } = header.parse(decodeProtectedHeader(assertion));
    return { ...claims.parse(decodeJwt(assertion)), kid };
  } catch {
    throw new AssertionRefusedError(
      'assertion_unreadable',
      'what your hub says about the person cannot be read',
    );
  }
}

export interface Expected {
  /** Keys of the hub that is to have said it. */
  readonly chain: readonly ChainKey[];
  readonly issuer: string;
  readonly audience: string;
  /** Any of these. */
  readonly purposes: readonly Purpose[];
  /** Of the sign-in that is to be answered; null: none. */
  readonly nonce: string | null;
  readonly now: number;
}

/** Holds an assertion against whom it is to be from and what it is to be for. @throws AssertionRefusedError */
export async function verifyAssertion(
  assertion: string,
  claimed: ClaimedAssertion,
  { chain, issuer, audience, purposes, nonce, now }: Expected,
): Promise<void> {
  if (claimed.iss !== issuer)
    throw new AssertionRefusedError('assertion_issuer_wrong', 'a hub speaks for its own people alone');
  await verifySignature(assertion, claimed.kid, chain, now);
  if (claimed.aud !== audience)
    throw new AssertionRefusedError('assertion_audience_wrong', 'the assertion is for another hub');
  if (!purposes.includes(claimed.pur) || !claimed.con.purposes.includes(claimed.pur))
    throw new AssertionRefusedError('assertion_purpose_wrong', `the assertion is for: ${claimed.pur}`);
  const seconds = now / 1_000;
  const isTimely =
    claimed.exp > claimed.iat &&
    claimed.exp - claimed.iat <= ASSERTION_LIFE_S &&
    claimed.iat - CLOCK_SKEW_S <= seconds &&
    seconds < claimed.exp + CLOCK_SKEW_S;
  if (!isTimely)
    throw new AssertionRefusedError(
      'assertion_expired',
      `the assertion is of ${new Date(claimed.iat * 1_000).toISOString()}, and here it is ${new Date(now).toISOString()}`,
    );
  if ((claimed.non ?? null) !== nonce)
    throw new AssertionRefusedError('assertion_nonce_wrong', 'the assertion answers another sign-in');
}

async function verifySignature(
  assertion: string,
  kid: string,
  chain: readonly ChainKey[],
  now: number,
): Promise<void> {
  const entry = chain.find(({ id }) => id === kid);
  const key = entry && publicKeyOf(entry);
  if (!entry || !key || (entry.until !== null && Date.parse(entry.until) <= now))
    throw new AssertionRefusedError(
      'assertion_key_unknown',
      `${kid} is none of the keys in force of that hub`,
    );
  try {
    await compactVerify(assertion, key, { algorithms: ['EdDSA'] });
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new AssertionRefusedError(
      'assertion_signature_invalid',
      'the assertion is not signed by the key it names',
    );
  }
}
